// What a person may enter, and the ticket that lets him in.
import { call } from '../api.js';
import { notify } from '../state.js';
import { errorText, t } from '../i18n/index.js';
import { Failure, PageHead, useLoad } from '../ui/basics.jsx';

async function enter(app) {
  try {
    const { ticket, url } = await call('ticket issue', { app: app.name });
    const to = new URL(url);
    to.searchParams.set('verb', 'ssoLogin');
    to.searchParams.set('st', ticket);
    location.assign(to);
  } catch (e) { notify(errorText(e), 'bad'); }
}

export function Portal() {
  const { data, error, reload } = useLoad(() => call('app mine'), []);
  return (
    <>
      <PageHead title={t('portal.title')} purpose={t('portal.purpose')} />
      <Failure error={error} retry={reload} />
      {data && !data.items.length && <div class="card empty"><span>{t('portal.empty')}</span></div>}
      <div class="tiles">{(data?.items || []).map((app) => (
        <section class="card stack tile" key={app.name} aria-label={app.title}><h2>{app.title}</h2><p class="quiet small grow">{app.open ? app.url || app.name : t('portal.stronger')}</p>
          <div><button type="button" class="primary" disabled={!app.open || !app.url} onClick={() => enter(app)}>{t('portal.enter')}</button></div></section>
      ))}</div>
    </>
  );
}
