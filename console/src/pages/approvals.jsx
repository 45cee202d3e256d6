// Operations that wait for a second person: to be seen by who asked, to be decided by who may approve.
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { may, me, notify, ops } from '../state.js';
import { t, tOr } from '../i18n/index.js';
import { Badge, Failure, FullTime, PageHead, Panel, Time, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { Facts, OpList } from '../ui/list.jsx';
import { OneTime } from './people.jsx';

const STATES = ['waiting', 'done', 'rejected', 'expired'];
const argument = (args) => Object.fromEntries(Object.entries(args || {}).map(([k, v]) => [k, Array.isArray(v) ? v.join(' ') : v]));

function Decide({ id, op, own, done }) {
  const [refusing, setRefusing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState();
  const approve = async () => {
    setBusy(true);
    setError();
    try { done(await call('approval approve', { id }), t('approvals.approved')); } catch (e) { setError(e); }
    setBusy(false);
  };
  if (refusing) return <OpForm op="approval reject" preset={{ id }} order={['note']} danger submit={t(own ? 'approvals.withdraw' : 'approvals.reject')} onDone={(r) => done(r, t('approvals.rejected'))} onCancel={() => setRefusing(false)} />;
  if (own) return <div class="stack"><p class="alert info">{t('approvals.own')}</p><div class="row"><button type="button" onClick={() => setRefusing(true)}>{t('approvals.withdraw')}</button></div></div>;
  if (!may('approve') || !ops.value[op]?.may) return <p class="alert info">{t('approvals.who')}</p>;
  return <div class="stack"><Failure error={error} /><div class="row"><button type="button" class="primary" disabled={busy} onClick={approve}>{t('approvals.approve')}</button><button type="button" class="danger" onClick={() => setRefusing(true)}>{t('approvals.reject')}</button></div></div>;
}

function Pending({ id, changed }) {
  const { data, error, reload } = useLoad(() => call('approval show', { id }), [id]);
  const [otp, setOtp] = useState();
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const done = (reply, text) => {
    notify(text);
    if (reply.result?.one_time_password) setOtp({ login: reply.result.login, password: reply.result.one_time_password });
    reload();
    changed();
  };
  return (
    <>
      <div class="row"><strong>{tOr('op.' + data.op, data.op)}</strong><Badge state={data.state} /></div>
      <p class="quiet">{t('approvals.asked', { who: data.asker })} · <FullTime at={data.asked} />{data.state === 'waiting' && <> · {t('approvals.until')} <FullTime at={data.expires} /></>}</p>
      <h3>{t('approvals.args')}</h3>
      <div class="inset"><Facts thing={argument(data.args)} /></div>
      {data.state === 'waiting' && <Decide id={id} op={data.op} own={data.asker === me.value.login} done={done} />}
      {data.decided_by && <p>{t('approvals.decided', { who: data.decided_by })} · <FullTime at={data.decided} />{data.note && <><br /><span class="quiet">{data.note}</span></>}</p>}
      {otp && <OneTime {...otp} close={() => setOtp()} />}
    </>
  );
}

export function Approvals() {
  const q = query.value;
  const [turn, setTurn] = useState(0);
  const filter = (changes) => go(withQuery({ after: '', from: '', ...changes }), true);
  return (
    <>
      <PageHead title={t('approvals.title')} purpose={t('approvals.purpose')} />
      <div class="filters">{STATES.map((s) => <button key={s} type="button" class="chip" aria-pressed={q.state === s} onClick={() => filter({ state: q.state === s ? '' : s })}>{t('state.' + s)}</button>)}</div>
      <OpList op="approval list" label={t('approvals.title')} args={q.state ? { state: q.state } : {}} hide={['id']} refresh={turn} idOf={(a) => a.id} selected={q.id} onOpen={(a) => go(withQuery({ id: a.id }))}
        render={{ expires: (a) => (a.state === 'waiting' ? <Time at={a.expires} /> : <span class="quiet">–</span>) }} empty={<span>{t(q.state ? 'approvals.empty' : 'approvals.none')}</span>} />
      {q.id && <Panel key={q.id} title={t('approvals.title')} onClose={() => go(withQuery({ id: '' }))}><Pending id={q.id} changed={() => setTurn(turn + 1)} /></Panel>}
    </>
  );
}
