// One certificate: validity, chain, what it says, its history, what depends on it, and what can be done to it.
import { useState } from 'preact/hooks';
import { call, callOrNull } from '../api.js';
import { Link, go } from '../route.jsx';
import { may, notify } from '../state.js';
import { dateOnly, errorText, number, t, tOr } from '../i18n/index.js';
import { Badge, Copy, Dialog, Failure, FullTime, Result, Tabs, save, useLoad } from '../ui/basics.jsx';
import { Field, OpForm } from '../ui/form.jsx';
import { Facts } from '../ui/list.jsx';
import { decodePem } from '../asn1.js';

const DAY = 86400000;
const REASONS = ['keyCompromise', 'superseded', 'cessationOfOperation', 'affiliationChanged', 'privilegeWithdrawn', 'unspecified'];

/* -- What can be done ---------------------------------------------------------------------- */

function Revoke({ cert, close, done }) {
  const [typed, setTyped] = useState('');
  const last = cert.serial.slice(-4);
  return (
    <Dialog title={t('certs.revoke.what', { serial: '…' + cert.serial.slice(-8) })} onClose={close}>
      <p><strong>{cert.subject}</strong></p><p class="alert attention">{t('certs.revoke.means')}</p>
      <Field id="last4" label={t('certs.revoke.type', { last })}><input id="last4" class="mono" maxLength={4} value={typed} autocomplete="off" autofocus onInput={(e) => setTyped(e.target.value)} /></Field>
      <OpForm op="cert revoke" preset={{ serial: cert.serial }} choices={{ reason: REASONS }} order={['reason', 'note']} danger ready={typed.toLowerCase() === last} submit={t('certs.revoke')} onCancel={close} onDone={done} />
    </Dialog>
  );
}

function Actions({ cert, done }) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const finish = (reply, key) => {
    setOpen(false);
    notify(reply.pending ? t('certs.pending') : t(key, { serial: '…' + cert.serial.slice(-8) }), reply.pending ? 'info' : 'good');
    done();
  };
  const simple = async (op, key) => {
    setBusy(true);
    try { finish(await call(op, { serial: cert.serial }), key); } catch (e) { notify(errorText(e), 'bad'); }
    setBusy(false);
  };
  if (!may('cert-revoke') || cert.authority) return null;
  return (
    <>
      {cert.state === 'active' && <button type="button" disabled={busy} title={t('certs.suspend.means')} onClick={() => simple('cert suspend', 'certs.suspended')}>{t('certs.suspend')}</button>}
      {cert.state === 'suspended' && <button type="button" disabled={busy} onClick={() => simple('cert resume', 'certs.resumed')}>{t('certs.resume')}</button>}
      {['active', 'suspended'].includes(cert.state) && <button type="button" class="danger" onClick={() => setOpen(true)}>{t('certs.revoke')}</button>}
      {open && <Revoke cert={cert} close={() => setOpen(false)} done={(reply) => finish(reply, 'certs.revoked')} />}
    </>
  );
}

/* -- Pictures ------------------------------------------------------------------------------ */

/** From the first day to the last as a bar, with today marked on it. */
export function Validity({ from, to }) {
  const begin = Date.parse(from), end = Date.parse(to), now = Date.now();
  const part = Math.max(0, Math.min(100, ((now - begin) / (end - begin)) * 100));
  const left = Math.ceil((end - now) / DAY);
  const words = now < begin ? t('certs.not.yet', { n: number(Math.ceil((begin - now) / DAY)) }) : left > 0 ? t('certs.days.left', { n: number(left) }) : t('certs.days.over', { n: number(-left) });
  const colour = left <= 0 ? 'var(--bad)' : left <= 30 ? 'var(--attention)' : 'var(--accent)';
  return (
    <div>
      <svg class="validity" width="100%" height="14" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"><rect y="4" width="100" height="6" fill="var(--line)" /><rect y="4" width={part} height="6" fill={colour} /><rect x={Math.min(part, 99.4)} width="0.6" height="14" fill="var(--ink)" /></svg>
      <div class="row small spread"><span class="quiet">{dateOnly(from)}</span><strong>{words}</strong><span class="quiet">{dateOnly(to)}</span></div>
    </div>
  );
}

/** The authorities above `name`, the root first. */
export function ancestors(authorities, name) {
  const chain = [];
  for (let ca = authorities.find((a) => a.name === name); ca && !chain.includes(ca); ca = authorities.find((a) => a.name === ca.parent)) chain.unshift(ca);
  return chain;
}

const cn = (subject) => /CN=((?:[^,\\]|\\.)*)/.exec(subject)?.[1] || subject;

/** The chain as a small picture: from the root down, each a step further in. last: what stands at its end. */
export function Chain({ above, last }) {
  return (
    <ol class="tree" aria-label={t('certs.chain')}>
      {above.map((ca) => <li key={ca.name}><Link href={`/authorities?ca=${ca.name}`}>{cn(ca.subject)}</Link> <span class="quiet small">{ca.alg} · {dateOnly(ca.not_after)}</span>{ca.state !== 'active' && <Badge state={ca.state} />}</li>)}
      {last && <li aria-current="true"><strong>{cn(last.subject)}</strong> <span class="quiet small">{last.alg} · {dateOnly(last.not_after)}</span></li>}
    </ol>
  );
}

/* -- Tabs ---------------------------------------------------------------------------------------- */

const HIDDEN = ['pem', 'state', 'not_before', 'not_after', 'authority', 'bits', 'changed', 'reason'];

function Details({ cert, authorities }) {
  return (
    <>
      <Chain above={ancestors(authorities, cert.ca)} last={cert} />
      <Facts thing={{ ...cert, alg: `${cert.alg} (${cert.bits} bit)`, key_usage: cert.key_usage.replaceAll(' ', ', '), ext_key_usage: cert.ext_key_usage.replaceAll(' ', ', ') }} hide={HIDDEN}
        render={{ issued: (at) => <FullTime at={at} />, person: (p) => (may('person-read') ? <Link href={`/people?login=${encodeURIComponent(p)}`}>{p}</Link> : p), serial: (s) => <span class="mono">{s} <Copy text={s} /></span>, fingerprint: (s) => <span class="mono">{s} <Copy text={s} /></span> }} />
    </>
  );
}

function History({ serial, turn }) {
  const { data, error } = useLoad(() => callOrNull('audit list', { object: serial, limit: 50 }), [serial, turn]);
  if (error) return <Failure error={error} />;
  if (!data) return null;
  if (!data.items.length) return <p class="quiet">{t('certs.history.none')}</p>;
  return (
    <ul class="chain">{data.items.map((r) => (
      <li key={r.id} class={r.result === 'ok' ? '' : 'bad'}>
        <div class="row"><Link href={`/audit?object=${serial}&record=${r.id}`}>{tOr('event.' + r.event, r.event)}</Link>{r.result !== 'ok' && <Result value={r.result} />}<span class="grow" /><span class="quiet small"><FullTime at={r.at} /></span></div>
        <span class="quiet small">{r.actor || t('word.system')}{r.address && ` · ${r.address}`}{r.reason && ` · ${r.reason}`}</span>
      </li>
    ))}</ul>
  );
}

function Related({ cert }) {
  return (
    <div class="stack">
      <h3>{t('certs.depends')}</h3>
      <p>{cert.person ? t('certs.depends.person', { who: cert.person }) : cert.profile === 'ocsp' ? t('certs.depends.own') : t('certs.depends.none')}</p>
      <ul class="plain-list">
        {cert.person && may('person-read') && <li><Link href={`/people?login=${encodeURIComponent(cert.person)}`}>{t('search.person')}: {cert.person}</Link></li>}
        {cert.ca && <li><Link href={`/authorities?ca=${cert.ca}`}>{t('col.ca')}: {cert.ca}</Link></li>}
        <li><Link href={`/certificates?profile=${cert.profile}`}>{t('certs.own.subject', { profile: cert.profile })}</Link></li>
      </ul>
    </div>
  );
}

function Raw({ cert }) {
  const { pem, ...rest } = cert;
  return (
    <div class="stack">
      <div class="row"><h3 class="grow">PEM</h3><Copy text={pem} /><button type="button" onClick={() => save(`${cert.serial}.pem`, pem)}>{t('download')}</button></div>
      <pre tabIndex={0} aria-label="PEM">{pem}</pre>
      <h3>{t('certs.asn1')}</h3><pre tabIndex={0} aria-label={t('certs.asn1')}>{decodePem(pem)}</pre>
      <h3>{t('certs.json')}</h3><pre tabIndex={0} aria-label={t('certs.json')}>{JSON.stringify(rest, null, 2)}</pre>
    </div>
  );
}

export function CertificateDetail({ serial, changed, page }) {
  const load = () => Promise.all([call('cert show', { certificate: serial }), call('ca list')]).then(([cert, cas]) => ({ cert, authorities: cas.items }));
  const { data, error, reload } = useLoad(load, [serial]);
  const [tab, setTab] = useState('details');
  const [turn, setTurn] = useState(0);
  if (error && !data) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const { cert, authorities } = data;
  const done = () => { reload(); setTurn(turn + 1); changed?.(); };
  const tabs = ['details', ...(may('audit-read') ? ['history'] : []), 'related', 'raw'];
  return (
    <>
      <div class="stack">
        <h2 class="subject">{cert.subject}</h2>
        <div class="row"><Badge state={cert.state} />{cert.reason && <span class="quiet">{tOr('word.' + cert.reason, cert.reason)} · <FullTime at={cert.changed} /></span>}<span class="grow" /><Actions cert={cert} done={done} /></div>
        <Validity from={cert.not_before} to={cert.not_after} />
      </div>
      <Tabs at={tab} set={setTab} names={tabs.map((x) => [x, t('certs.' + x)])} />
      {tab === 'details' && <Details cert={cert} authorities={authorities} />}
      {tab === 'history' && <History serial={serial} turn={turn} />}
      {tab === 'related' && <Related cert={cert} />}
      {tab === 'raw' && <Raw cert={cert} />}
      {!page && <div><button type="button" onClick={() => go(`/certificate?serial=${serial}`)}>{t('certs.show')}</button></div>}
    </>
  );
}
