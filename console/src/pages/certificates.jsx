import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { Link, go, query, withQuery } from '../route.jsx';
import { may, notify } from '../state.js';
import { dateOnly, number, t, tOr } from '../i18n/index.js';
import { Badge, Code, Copy, Dialog, Failure, FullTime, PageHead, Panel, useLoad } from '../ui/basics.jsx';
import { Field, OpForm } from '../ui/form.jsx';
import { OpList } from '../ui/list.jsx';

const STATES = ['active', 'suspended', 'revoked', 'expired'];

const save = (name, text) => {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-pem-file' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

/* -- What can be done to one ------------------------------------------------------ */

function Revoke({ cert, close, done }) {
  const [typed, setTyped] = useState('');
  const last = cert.serial.slice(-4);
  return (
    <Dialog title={t('certs.revoke.what', { serial: cert.serial.slice(-8) })} onClose={close}>
      <p>{cert.subject}</p><p class="alert attention">{t('certs.revoke.means')}</p>
      <Field id="last4" label={t('certs.revoke.type', { last })}><input id="last4" class="mono" value={typed} autocomplete="off" onInput={(e) => setTyped(e.target.value)} /></Field>
      {typed.toLowerCase() === last ? <OpForm op="cert revoke" preset={{ serial: cert.serial }} submit={t('certs.revoke')} onCancel={close} onDone={done} /> : <div><button type="button" onClick={close}>{t('cancel')}</button></div>}
    </Dialog>
  );
}

function Actions({ cert, done }) {
  const [open, setOpen] = useState('');
  const finish = (reply) => { setOpen(''); notify(reply.pending ? t('certs.pending') : t('certs.done'), reply.pending ? 'info' : 'good'); done(); };
  const simple = async (op) => { try { finish(await call(op, { serial: cert.serial })); } catch (e) { notify(e.message, 'bad'); } };
  if (!may('cert-revoke')) return null;
  return (
    <div class="row">
      {cert.state === 'active' && <button type="button" onClick={() => simple('cert suspend')}>{t('certs.suspend')}</button>}
      {cert.state === 'suspended' && <button type="button" onClick={() => simple('cert resume')}>{t('certs.resume')}</button>}
      {['active', 'suspended'].includes(cert.state) && <button type="button" class="danger" onClick={() => setOpen('revoke')}>{t('certs.revoke')}</button>}
      {open === 'revoke' && <Revoke cert={cert} close={() => setOpen('')} done={finish} />}
    </div>
  );
}

function Validity({ cert }) {
  const from = new Date(cert.not_before), to = new Date(cert.not_after), now = Date.now();
  const part = Math.max(0, Math.min(100, ((now - from) / (to - from)) * 100));
  const days = Math.round((to - now) / 86400000);
  return (
    <div><svg class="validity" width="100%" height="14" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"><rect y="3" width="100" height="8" fill="var(--line)" /><rect y="3" width={part} height="8" fill="var(--accent)" /><rect x={part} width="0.6" height="14" fill="var(--ink)" /></svg>
      <div class="row small quiet"><span>{dateOnly(cert.not_before)}</span><span class="grow" /><strong>{days >= 0 ? t('certs.days.left', { n: number(days) }) : t('certs.days.over', { n: number(-days) })}</strong><span class="grow" /><span>{dateOnly(cert.not_after)}</span></div></div>
  );
}

const HIDDEN = ['pem', 'chain', 'certificate', 'decoded', 'history', 'der', 'text'];

function Facts({ thing, hide = HIDDEN }) {
  return (
    <dl class="facts">
      {Object.entries(thing).filter(([k, v]) => !hide.includes(k) && v !== null && v !== '' && typeof v !== 'object').map(([k, v]) => (
        <><dt>{tOr('col.' + k, k)}</dt><dd>{k === 'state' ? <Badge state={v} /> : /^\d{4}-\d\d-\d\dT/.test(v) ? <FullTime at={v} /> : /serial|fingerprint/.test(k) ? <Code value={v} keep={96} copy /> : String(v)}</dd></>
      ))}
    </dl>
  );
}

function Detail({ serial, done, page }) {
  const { data, error, reload } = useLoad(() => call('cert show', { certificate: serial }), [serial]);
  const history = useLoad(() => (may('audit-read') ? call('audit list', { object: serial, limit: 50 }) : Promise.resolve({ items: [] })), [serial]);
  const [tab, setTab] = useState('details');
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet">{t('loading')}</p>;
  const again = () => { reload(); history.reload(); done?.(); };
  return (
    <>
      <div class="row"><Badge state={data.state} /><span class="grow" /><Actions cert={data} done={again} /></div>
      <Validity cert={data} />
      <div class="tabs" role="tablist">{['details', 'history', 'raw'].map((x) => <button key={x} type="button" role="tab" aria-selected={tab === x} onClick={() => setTab(x)}>{t('certs.' + x)}</button>)}</div>
      {tab === 'details' && <Facts thing={data} />}
      {tab === 'history' && <ul class="chain">{(history.data?.items || []).map((r) => <li key={r.id ?? r.number ?? r.at}><div class="row"><strong>{r.event}</strong><span class="grow" /><FullTime at={r.at} /></div><span class="quiet">{r.actor} · {r.address} · {r.result}</span></li>)}</ul>}
      {tab === 'raw' && <div class="stack"><div class="row"><Copy text={data.pem || ''} /><button type="button" onClick={() => save(`${data.serial}.pem`, data.pem)}>{t('download')}</button></div><pre>{data.pem}</pre>{data.decoded && <pre>{JSON.stringify(data.decoded, null, 2)}</pre>}</div>}
      {!page && <Link href={`/certificate?serial=${serial}`}>{t('certs.show')}</Link>}
    </>
  );
}

/* -- Pages ------------------------------------------------------------------------------ */

export function Certificates() {
  const q = query.value;
  const [turn, setTurn] = useState(0);
  const args = {};
  if (q.find) args.find = q.find;
  if (q.state) args.state = q.state;
  if (q.within) Object.assign(args, { expires_to: new Date(Date.now() + q.within * 86400000).toISOString().slice(0, 19) + 'Z', expires_from: new Date().toISOString().slice(0, 19) + 'Z' });
  const filtered = Object.keys(args).length > 0;
  const filter = (changes) => go(withQuery({ after: '', from: '', ...changes }), true);
  return (
    <>
      <PageHead title={t('certs.title')} purpose={t('certs.purpose')}>{may('cert-issue') && <Link href="/certificates/issue" class="button"><strong>{t('certs.issue')}</strong></Link>}</PageHead>
      <div class="filters">
        <input type="search" aria-label={t('certs.find')} placeholder={t('certs.find')} value={q.find || ''} onChange={(e) => filter({ find: e.target.value })} />
        {STATES.map((s) => <button key={s} type="button" class="chip" aria-pressed={q.state === s} onClick={() => filter({ state: q.state === s ? '' : s })}>{t('state.' + s)}</button>)}
        <select aria-label={t('certs.expires')} value={q.within || ''} onChange={(e) => filter({ within: e.target.value })}><option value="">{t('certs.expires')}: {t('certs.all')}</option>{[30, 60, 90].map((n) => <option key={n} value={n}>{t('certs.within', { n })}</option>)}</select>
      </div>
      <OpList op="cert list" args={args} refresh={turn} idOf={(c) => c.serial} selected={q.serial} onOpen={(c) => go(withQuery({ serial: c.serial }))}
        empty={filtered ? t('certs.empty') : <><span>{t('certs.none')}</span>{may('cert-issue') && <Link href="/certificates/issue" class="button">{t('certs.issue')}</Link>}</>} />
      {q.serial && <Panel key={q.serial} title={t('nav.certificates')} onClose={() => go(withQuery({ serial: '' }))}><Detail serial={q.serial} done={() => setTurn(turn + 1)} /></Panel>}
    </>
  );
}

export function Certificate() {
  const { serial } = query.value;
  return <><PageHead title={t('nav.certificates')} purpose={serial}><Link href="/certificates" class="button">{t('certs.title')}</Link></PageHead><div class="card stack"><Detail serial={serial} page /></div></>;
}

export function Issue() {
  const profiles = useLoad(() => call('profile list'), []);
  const [made, setMade] = useState();
  const names = (profiles.data?.items || []).map((p) => p.name ?? p.profile);
  return (
    <>
      <PageHead title={t('certs.issue')} purpose={t('certs.issue.purpose')} />
      <div class="card stack" id="issue">
        {made?.pending && <div class="alert info">{t('certs.pending')}</div>}
        {made && !made.pending && (
          <div class="stack"><div class="alert good" role="status">{t('certs.issued', { serial: made.serial })}</div>
            <div class="row"><Copy text={made.pem || made.certificate} /><button type="button" onClick={() => save(`${made.serial}.pem`, made.pem || made.certificate)}>{t('download')}</button><Link class="button" href={`/certificate?serial=${made.serial}`}>{t('certs.show')}</Link><button type="button" onClick={() => setMade()}>{t('certs.again')}</button></div>
            <pre>{made.pem || made.certificate}</pre></div>
        )}
        {!made && profiles.data && <OpForm op="cert issue" order={['profile', 'csr', 'san', 'days']} choices={{ profile: names }} submit={t('certs.issue')} onDone={setMade} onCancel={() => go('/certificates')} />}
        <Failure error={profiles.error} retry={profiles.reload} />
      </div>
    </>
  );
}
