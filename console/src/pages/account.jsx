import { call } from '../api.js';
import { me, notify } from '../state.js';
import { errorText, t, word } from '../i18n/index.js';
import { Failure, PageHead, Time, useLoad } from '../ui/basics.jsx';
import { ChangePassword } from './signin.jsx';

function Sessions() {
  const { data, error, reload } = useLoad(() => call('session list'), []);
  const end = async (s) => { try { await call('session end', { id: s.id }); reload(); } catch (e) { notify(errorText(e), 'bad'); } };
  return (
    <section class="card stack" aria-busy={!data && !error}><h2>{t('account.sessions')}</h2><Failure error={error} retry={reload} />
      <ul class="chain">{(data?.items || []).map((s) => (
        <li key={s.id}><div class="row"><strong>{word(s.method)}</strong><span class="mono">{s.address}</span>{s.own && <span class="badge info">{t('account.this')}</span>}<span class="grow" />{!s.own && <button type="button" onClick={() => end(s)}>{t('account.end')}</button>}</div>
          <span class="quiet small">{t('col.seen')}: <Time at={s.seen} /> · {t('col.ends')}: <Time at={s.ends} /></span></li>
      ))}</ul>
    </section>
  );
}

export const Account = () => (
  <>
    <PageHead title={t('account.title')} purpose={t('account.purpose')} />
    <div class="cards wide">
      <section class="card stack"><h2>{t('password.change')}</h2><ChangePassword oldLabel={t('password.old')} /></section>
      <Sessions />
      <section class="card stack"><h2>{t('account.may')}</h2><div class="row">{me.value.may.filter((m) => m !== 'anybody').map((m) => <span key={m} class="badge">{word(m)}</span>)}</div></section>
    </div>
  </>
);
