import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { number, t } from '../i18n/index.js';
import { Failure, PageHead, Panel, Time, useLoad } from '../ui/basics.jsx';
import { OpList, cell } from '../ui/list.jsx';
import { tOr } from '../i18n/index.js';

function Chain() {
  const { data } = useLoad(() => call('audit status'), []);
  const [verdict, setVerdict] = useState();
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    try { setVerdict({ reply: await call('audit verify') }); } catch (error) { setVerdict({ error }); }
    setBusy(false);
  };
  return (
    <div class="card stack">
      <div class="row"><h2 class="grow">{t('audit.status')}</h2><button type="button" disabled={busy} onClick={verify}>{t('audit.verify')}</button></div>
      {data && <div class="row"><span>{t('audit.sealed')}: <strong>{number(data.sealed ?? data.length ?? 0)}</strong></span><span>{t('audit.waiting')}: <strong>{number(data.unsealed ?? 0)}</strong></span><span>{t('audit.head')}: <Time at={data.last_head ?? data.head_at} /></span></div>}
      {verdict?.reply && <div class={`alert ${verdict.reply.valid === false ? '' : 'good'}`} role="status">{verdict.reply.valid === false ? `${t('audit.bad')}: ${verdict.reply.reason || ''}` : t('audit.ok', { n: number(verdict.reply.records ?? verdict.reply.verified ?? 0) })}</div>}
      <Failure error={verdict?.error} />
    </div>
  );
}

export function Audit() {
  const q = query.value;
  const [open, setOpen] = useState();
  const args = Object.fromEntries(['event', 'actor', 'object', 'result'].filter((k) => q[k]).map((k) => [k, q[k]]));
  const filter = (k) => (e) => go(withQuery({ [k]: e.target.value, after: '', from: '' }), true);
  return (
    <>
      <PageHead title={t('audit.title')} purpose={t('audit.purpose')} />
      <div class="stack"><Chain />
        <div class="filters">{['event', 'actor', 'object'].map((k) => <input key={k} type="search" aria-label={t('audit.' + k)} placeholder={t('audit.' + k)} value={q[k] || ''} onChange={filter(k)} />)}</div>
        <OpList op="audit list" args={args} idOf={(r) => String(r.id ?? r.number ?? r.seq)} onOpen={setOpen} empty={t('audit.empty')} />
      </div>
      {open && <Panel title={open.event} onClose={() => setOpen()}><dl class="facts">{Object.entries(open).map(([k, v]) => <><dt>{tOr('col.' + k, k)}</dt><dd>{cell(k === 'state' ? 'x' : k, v)}</dd></>)}</dl></Panel>}
    </>
  );
}
