// The audit trail: its chain, its records, and one record with everything it holds.
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { number, t, tOr } from '../i18n/index.js';
import { Failure, FullTime, PageHead, Panel, Time, useLoad } from '../ui/basics.jsx';
import { Facts, FilterText, OpList } from '../ui/list.jsx';
import en from '../i18n/en.js';

const EVENTS = Object.keys(en).filter((k) => k.startsWith('event.')).map((k) => k.slice(6));
const KINDS = [...new Set(EVENTS.map((e) => e.split('.')[0]))];

function Verdict({ verdict }) {
  if (verdict.error) return <Failure error={verdict.error} />;
  const { valid, records, findings, unsealed } = verdict.reply;
  if (valid) return <div class="alert good" role="status">{t('audit.ok', { n: number(records) })}{unsealed > 0 && ` · ${t('audit.unsealed', { n: number(unsealed) })}`}</div>;
  return <div class="alert" role="alert"><strong>{t('audit.bad')}</strong><h3>{t('audit.findings')}</h3><ul>{findings.map((f, i) => <li key={i}>{typeof f === 'string' ? f : Object.values(f).join(' · ')}</li>)}</ul></div>;
}

function ChainStatus() {
  const { data, error, reload } = useLoad(() => call('audit status'), []);
  const [verdict, setVerdict] = useState();
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    try { setVerdict({ reply: await call('audit verify') }); } catch (failure) { setVerdict({ error: failure }); }
    setBusy(false);
    reload();
  };
  return (
    <section class="card stack" aria-label={t('audit.status')} aria-busy={busy || (!data && !error)}>
      <div class="row"><h2 class="grow">{t('audit.status')}</h2><button type="button" class="primary" disabled={busy} onClick={verify}>{t('audit.verify')}</button></div>
      <Failure error={error} retry={reload} />
      {data && <div class="row wide-gap"><span><span class="quiet">{t('audit.sealed')}</span> <strong>{number(data.records)}</strong></span><span><span class="quiet">{t('audit.waiting')}</span> <strong>{number(data.unsealed)}</strong></span><span><span class="quiet">{t('audit.head')}</span> <Time at={data.last_head} /></span></div>}
      {verdict && <Verdict verdict={verdict} />}
    </section>
  );
}

function Record({ id }) {
  const { data, error, reload } = useLoad(() => call('audit show', { id }), [id]);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const { detail, ...rest } = data;
  return (
    <>
      <strong>{tOr('event.' + data.event, data.event)}</strong>
      <Facts thing={rest} hide={['actor_id', 'number']} render={{ at: (v) => <FullTime at={v} />, id: (v) => String(v), event: (v) => <code>{v}</code>, reason: (v) => v }} />
      {detail && Object.keys(detail).length > 0 && <><h3>{t('col.detail')}</h3><div class="inset"><Facts thing={detail} /></div></>}
    </>
  );
}

export function Audit() {
  const q = query.value;
  const args = Object.fromEntries(['event', 'actor', 'object', 'result', 'request'].filter((k) => q[k]).map((k) => [k, q[k]]));
  const filter = (changes) => go(withQuery({ after: '', from: '', ...changes }), true);
  return (
    <>
      <PageHead title={t('audit.title')} purpose={t('audit.purpose')} />
      <div class="stack"><ChainStatus />
        <div class="filters">
          <select aria-label={t('audit.event')} value={q.event || ''} onChange={(e) => filter({ event: e.target.value })}>
            <option value="">{t('audit.event.all')}</option>
            {KINDS.map((kind) => {
              const of = EVENTS.filter((e) => e.split('.')[0] === kind);
              return <optgroup key={kind} label={kind}>{of.length > 1 && <option value={kind + '.*'}>{kind}.*</option>}{of.map((e) => <option key={e} value={e}>{t('event.' + e)}</option>)}</optgroup>;
            })}
          </select>
          <FilterText label={t('audit.actor')} value={q.actor || ''} set={(actor) => filter({ actor })} />
          <FilterText label={t('audit.object')} value={q.object || ''} set={(object) => filter({ object })} />
          {Object.keys(args).length > 0 && <button type="button" class="plain" onClick={() => go('/audit', true)}>{t('audit.clear')}</button>}
        </div>
        <OpList op="audit list" label={t('audit.title')} args={args} hide={['seq']} idOf={(r) => String(r.id)} selected={q.record} onOpen={(r) => go(withQuery({ record: r.id }))}
          render={{ id: (r) => <span class="mono">{r.id}</span>, actor: (r) => r.actor || t('word.' + (r.actor_kind || 'system')), reason: (r) => r.reason || <span class="quiet">–</span> }} empty={<span>{t('audit.empty')}</span>} />
      </div>
      {q.record && <Panel key={q.record} title={`${t('audit.detail')} ${q.record}`} onClose={() => go(withQuery({ record: '' }))}><Record id={q.record} /></Panel>}
    </>
  );
}
