import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { notify } from '../state.js';
import { errorText, t } from '../i18n/index.js';
import { Badge, Copy, Failure, PageHead, Panel, save, useLoad } from '../ui/basics.jsx';
import { Facts, OpList } from '../ui/list.jsx';
import { Chain, Validity, ancestors } from './certificate.jsx';

async function exportAll() {
  try { save('ca.pem', (await call('ca export')).pem); } catch (e) { notify(errorText(e), 'bad'); }
}

function Authority({ name }) {
  const load = () => Promise.all([call('ca show', { ca: name }), call('ca list')]).then(([ca, all]) => ({ ca, all: all.items }));
  const { data, error, reload } = useLoad(load, [name]);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const { ca, all } = data;
  return (
    <>
      <div class="row"><strong>{ca.subject}</strong><Badge state={ca.state} /></div>
      <Validity from={ca.not_before} to={ca.not_after} />
      <h3>{t('authorities.chain')}</h3><Chain above={ancestors(all, ca.parent === ca.name ? '' : ca.parent)} last={ca} />
      <Facts thing={ca} hide={['pem', 'state', 'subject', 'not_before', 'not_after', 'name']} />
      <div class="row"><h3 class="grow">PEM</h3><Copy text={ca.pem} /><button type="button" onClick={() => save(`${ca.name}.pem`, ca.pem)}>{t('download')}</button></div>
      <pre tabIndex={0} aria-label="PEM">{ca.pem}</pre>
    </>
  );
}

export function Authorities() {
  const { ca } = query.value;
  return (
    <>
      <PageHead title={t('authorities.title')} purpose={t('authorities.purpose')}><button type="button" onClick={exportAll}>{t('authorities.export')}</button></PageHead>
      <OpList op="ca list" label={t('authorities.title')} args={{}} paged={false} idOf={(a) => a.name} selected={ca} onOpen={(a) => go(withQuery({ ca: a.name }))} empty={t('authorities.empty')} />
      {ca && <Panel key={ca} title={ca} onClose={() => go(withQuery({ ca: '' }))}><Authority name={ca} /></Panel>}
    </>
  );
}
