// Persons: who can sign in, what they may do, which certificates are theirs.
import { useState } from 'preact/hooks';
import { call, callOrNull } from '../api.js';
import { Link, go, query, withQuery } from '../route.jsx';
import { may, me, notify } from '../state.js';
import { dateOnly, errorText, t } from '../i18n/index.js';
import { Badge, Code, Copy, Dialog, Failure, PageHead, Panel, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { Facts, FilterText, OpList } from '../ui/list.jsx';

/** The one-time password, which is shown this once. */
export const OneTime = ({ login, password, close }) => (
  <Dialog title={t('people.otp', { login })} onClose={close}>
    <pre class="secret" tabIndex={0} aria-label={t('col.password')}>{password}</pre>
    <p class="alert attention">{t('people.otp.once')}</p>
    <div class="row"><button type="button" class="primary" onClick={close}>{t('people.otp.done')}</button><Copy text={password} /></div>
  </Dialog>
);

function Certificates({ login }) {
  const { data } = useLoad(() => callOrNull('cert list', { person: login, limit: 50 }), [login]);
  if (!data) return null;
  return (
    <>
      <h3>{t('nav.certificates')}</h3>
      {!data.items.length && <p class="quiet">{t('people.certs.none')}</p>}
      <ul class="chain">{data.items.map((c) => <li key={c.serial}><div class="row"><Link href={`/certificate?serial=${c.serial}`}><Code value={c.serial} /></Link><span class="grow" /><span class="quiet small">{dateOnly(c.not_after)}</span><Badge state={c.state} /></div></li>)}</ul>
    </>
  );
}

function Person({ login, changed, showOtp }) {
  const { data, error, reload } = useLoad(() => call('person show', { login }), [login]);
  const [open, setOpen] = useState('');
  const [busy, setBusy] = useState(false);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const close = () => setOpen('');
  const done = (reply) => {
    close();
    notify(reply.pending ? t('certs.pending') : t('people.saved'), reply.pending ? 'info' : 'good');
    if (reply.one_time_password) showOtp({ login, password: reply.one_time_password });
    reload();
    changed();
  };
  const act = async (op) => {
    setBusy(true);
    try { done(await call(op, { login })); } catch (e) { notify(errorText(e), 'bad'); }
    setBusy(false);
  };
  const self = login === me.value.login;
  return (
    <>
      <div class="row"><strong>{data.name}</strong><Badge state={data.state} />{self && <span class="badge info">{t('account.self')}</span>}</div>
      <Facts thing={data} hide={['name', 'state']} />
      {may('person-manage') && (
        <div class="row">
          <button type="button" onClick={() => setOpen('change')}>{t('people.change')}</button>
          <button type="button" onClick={() => setOpen('roles')}>{t('people.roles')}</button>
          {!self && <button type="button" disabled={busy} onClick={() => act('person reset')}>{t('people.reset')}</button>}
          {data.state !== 'active' && <button type="button" disabled={busy} onClick={() => act('person enable')}>{t('people.enable')}</button>}
          {data.state === 'active' && !self && <button type="button" class="danger" onClick={() => setOpen('disable')}>{t('people.disable')}</button>}
        </div>
      )}
      {may('ca-read') && <Certificates login={login} />}
      {open === 'change' && <Dialog title={`${t('people.change')}: ${login}`} onClose={close}><OpForm op="person change" preset={{ login }} initial={{ name: data.name, unit: data.unit || undefined }} order={['name', 'unit']} submit={t('people.change')} onDone={done} onCancel={close} /></Dialog>}
      {open === 'roles' && <Dialog title={`${t('people.roles')}: ${login}`} onClose={close}><OpForm op="person roles" preset={{ login }} initial={{ role: data.roles.split(' ').filter(Boolean) }} order={['role']} submit={t('people.roles')} onDone={done} onCancel={close} /></Dialog>}
      {open === 'disable' && <Dialog title={`${t('people.disable')}: ${login}`} onClose={close}><p class="alert attention">{t('people.disable.means')}</p><div class="row"><button type="button" class="danger primary" disabled={busy} onClick={() => act('person disable')}>{t('people.disable')}</button><button type="button" onClick={close}>{t('cancel')}</button></div></Dialog>}
    </>
  );
}

export function People() {
  const q = query.value;
  const [adding, setAdding] = useState(false);
  const [otp, setOtp] = useState();
  const [turn, setTurn] = useState(0);
  const filter = (changes) => go(withQuery({ after: '', from: '', ...changes }), true);
  const added = (reply, args) => {
    setAdding(false);
    setTurn(turn + 1);
    notify(reply.pending ? t('certs.pending') : t('people.added', { login: args.login }), reply.pending ? 'info' : 'good');
    if (reply.one_time_password) setOtp({ login: reply.login, password: reply.one_time_password });
  };
  return (
    <>
      <PageHead title={t('people.title')} purpose={t('people.purpose')}>{may('person-manage') && <button type="button" class="primary" onClick={() => setAdding(true)}>{t('people.add')}</button>}</PageHead>
      <div class="filters"><FilterText label={t('people.find')} value={q.find || ''} set={(find) => filter({ find })} /></div>
      <OpList op="person list" label={t('people.title')} args={q.find ? { find: q.find } : {}} refresh={turn} idOf={(p) => p.login} selected={q.login} onOpen={(p) => go(withQuery({ login: p.login }))} render={{ login: (p) => <span class="mono">{p.login}</span> }} empty={<span>{t(q.find ? 'people.empty' : 'people.none')}</span>} />
      {q.login && <Panel key={q.login} title={q.login} onClose={() => go(withQuery({ login: '' }))}><Person login={q.login} changed={() => setTurn(turn + 1)} showOtp={setOtp} /></Panel>}
      {adding && <Dialog title={t('people.add')} onClose={() => setAdding(false)}><OpForm op="person add" initial={{ password: true }} order={['login', 'name', 'unit', 'role', 'password']} submit={t('people.add')} onDone={added} onCancel={() => setAdding(false)} /></Dialog>}
      {otp && <OneTime {...otp} close={() => setOtp()} />}
    </>
  );
}
