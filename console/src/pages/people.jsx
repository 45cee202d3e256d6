import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { may, notify } from '../state.js';
import { t } from '../i18n/index.js';
import { Badge, Copy, Dialog, Failure, FullTime, PageHead, Panel, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { OpList } from '../ui/list.jsx';

const OneTime = ({ login, password, close }) => (
  <Dialog title={t('people.otp', { login })} onClose={close}><pre>{password}</pre><div class="row"><Copy text={password} /></div><p class="alert attention">{t('people.otp.once')}</p></Dialog>
);

function Person({ login, changed, showOtp }) {
  const { data, error, reload } = useLoad(() => call('person show', { login }), [login]);
  const certs = useLoad(() => call('cert list', { person: login }).catch(() => ({ items: [] })), [login]);
  const [open, setOpen] = useState('');
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet">{t('loading')}</p>;
  const done = (reply) => { setOpen(''); notify(reply.pending ? t('certs.pending') : t('people.saved'), reply.pending ? 'info' : 'good'); reload(); changed(); };
  const act = async (op) => { try { const r = await call(op, { login }); done(r); if (r.one_time_password) showOtp({ login, password: r.one_time_password }); } catch (e) { notify(e.message, 'bad'); } };
  return (
    <>
      <dl class="facts">
        <dt>{t('col.name')}</dt><dd>{data.name}</dd><dt>{t('col.login')}</dt><dd class="mono">{data.login}</dd><dt>{t('col.unit')}</dt><dd>{data.unit || '–'}</dd>
        <dt>{t('col.roles')}</dt><dd>{data.roles || '–'}</dd><dt>{t('col.state')}</dt><dd><Badge state={data.state} /></dd><dt>{t('col.created')}</dt><dd><FullTime at={data.created} /></dd>
      </dl>
      {may('person-manage') && (
        <div class="row">
          <button type="button" onClick={() => setOpen('roles')}>{t('people.roles')}</button>
          <button type="button" onClick={() => act('person reset')}>{t('people.reset')}</button>
          {data.state === 'active' ? <button type="button" class="danger" onClick={() => setOpen('disable')}>{t('people.disable')}</button> : <button type="button" onClick={() => act('person enable')}>{t('people.enable')}</button>}
        </div>
      )}
      {may('ca-read') && <><h3>{t('nav.certificates')}</h3><ul class="chain">{(certs.data?.items || []).map((c) => <li key={c.serial}><div class="row"><a href={`/certificate?serial=${c.serial}`} class="mono">{c.serial.slice(0, 16)}…</a><span class="grow" /><Badge state={c.state} /></div></li>)}</ul></>}
      {open === 'roles' && <Dialog title={t('people.roles')} onClose={() => setOpen('')}><OpForm op="person roles" preset={{ login }} initial={{ role: data.roles.split(' ').filter(Boolean) }} order={['role']} submit={t('people.roles')} onDone={done} onCancel={() => setOpen('')} /></Dialog>}
      {open === 'disable' && <Dialog title={`${t('people.disable')}: ${login}`} onClose={() => setOpen('')}><p>{t('people.disable.means')}</p><div class="row"><button type="button" class="danger primary" onClick={() => act('person disable')}>{t('people.disable')}</button><button type="button" onClick={() => setOpen('')}>{t('cancel')}</button></div></Dialog>}
    </>
  );
}

export function People() {
  const q = query.value;
  const [adding, setAdding] = useState(false);
  const [otp, setOtp] = useState();
  const [turn, setTurn] = useState(0);
  const args = q.find ? { find: q.find } : {};
  const added = (reply) => { setAdding(false); setTurn(turn + 1); notify(t('people.added', { login: reply.login })); if (reply.one_time_password) setOtp({ login: reply.login, password: reply.one_time_password }); };
  return (
    <>
      <PageHead title={t('people.title')} purpose={t('people.purpose')}>{may('person-manage') && <button type="button" class="primary" onClick={() => setAdding(true)}>{t('people.add')}</button>}</PageHead>
      <div class="filters"><input type="search" aria-label={t('people.find')} placeholder={t('people.find')} value={q.find || ''} onChange={(e) => go(withQuery({ find: e.target.value, after: '', from: '' }), true)} /></div>
      <OpList op="person list" args={args} refresh={turn} idOf={(p) => p.login} selected={q.login} onOpen={(p) => go(withQuery({ login: p.login }))} empty={t('people.empty')} />
      {q.login && <Panel key={q.login} title={q.login} onClose={() => go(withQuery({ login: '' }))}><Person login={q.login} changed={() => setTurn(turn + 1)} showOtp={setOtp} /></Panel>}
      {adding && <Dialog title={t('people.add')} onClose={() => setAdding(false)}><OpForm op="person add" order={['login', 'name', 'unit', 'role', 'password']} submit={t('people.add')} onDone={added} onCancel={() => setAdding(false)} /></Dialog>}
      {otp && <OneTime {...otp} close={() => setOtp()} />}
    </>
  );
}
