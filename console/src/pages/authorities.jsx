import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { notify } from '../state.js';
import { t, tOr } from '../i18n/index.js';
import { PageHead, Panel } from '../ui/basics.jsx';
import { OpList, cell } from '../ui/list.jsx';

async function exportAll() {
  try {
    const reply = await call('ca export');
    const url = URL.createObjectURL(new Blob([reply.pem], { type: 'application/x-pem-file' }));
    Object.assign(document.createElement('a'), { href: url, download: 'ca.pem' }).click();
  } catch (e) { notify(e.message, 'bad'); }
}

export function Authorities() {
  const [open, setOpen] = useState();
  return (
    <>
      <PageHead title={t('authorities.title')} purpose={t('authorities.purpose')}><button type="button" onClick={exportAll}>{t('authorities.export')}</button></PageHead>
      <OpList op="ca list" args={{}} paged={false} idOf={(a) => a.name} onOpen={setOpen} empty={t('authorities.empty')} />
      {open && <Panel title={open.name} onClose={() => setOpen()}><dl class="facts">{Object.entries(open).map(([k, v]) => <><dt>{tOr('col.' + k, k)}</dt><dd>{cell(k, v)}</dd></>)}</dl></Panel>}
    </>
  );
}
