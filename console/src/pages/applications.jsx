// Relying applications: systems that let people in by ticket.
import { useState } from 'preact/hooks';
import { go, query, withQuery } from '../route.jsx';
import { call } from '../api.js';
import { may, notify } from '../state.js';
import { t } from '../i18n/index.js';
import { Badge, Copy, Dialog, Failure, PageHead, Panel, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { Facts, OpList } from '../ui/list.jsx';

const ORDER = ['title', 'url', 'allow', 'min_strength', 'state'];

function Application({ name, changed }) {
  const { data, error, reload } = useLoad(() => call('app show', { app: name }), [name]);
  const [changing, setChanging] = useState(false);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const close = () => setChanging(false);
  const done = (reply) => { close(); notify(reply.pending ? t('certs.pending') : t('people.saved'), reply.pending ? 'info' : 'good'); reload(); changed(); };
  const initial = { title: data.title, url: data.url || undefined, min_strength: data.min_strength, allow: data.allow.split(' '), state: data.state };
  const how = `curl --cacert ca.pem \\\n  "${location.origin}/ssoAuthService?verb=validateServiceTicket&st=TICKET"`;
  return (
    <>
      <div class="row"><strong>{data.title}</strong><Badge state={data.state} /></div>
      <Facts thing={data} hide={['title', 'state']} render={{ allow: (v) => <span class="mono">{v}</span>, name: (v) => <span class="mono">{v}</span> }} />
      {may('app-manage') && <div class="row"><button type="button" onClick={() => setChanging(true)}>{t('apps.change')}</button></div>}
      <div class="row"><h3 class="grow">{t('apps.how')}</h3><Copy text={how} /></div><pre tabIndex={0} aria-label={t('apps.how')}>{how}</pre>
      {changing && <Dialog title={`${t('apps.change')}: ${name}`} onClose={close}><OpForm op="app change" preset={{ app: name }} initial={initial} order={ORDER} submit={t('apps.change')} onDone={done} onCancel={close} /><p class="quiet small">{t('apps.disable.means')}</p></Dialog>}
    </>
  );
}

export function Applications() {
  const q = query.value;
  const [adding, setAdding] = useState(false);
  const [turn, setTurn] = useState(0);
  const again = () => setTurn(turn + 1);
  const added = (reply, args) => { setAdding(false); again(); notify(reply.pending ? t('certs.pending') : t('apps.added', { name: args.name }), reply.pending ? 'info' : 'good'); };
  const button = (kind) => may('app-manage') && <button type="button" class={kind} onClick={() => setAdding(true)}>{t('apps.add')}</button>;
  return (
    <>
      <PageHead title={t('apps.title')} purpose={t('apps.purpose')}>{button('primary')}</PageHead>
      <OpList op="app list" label={t('apps.title')} args={{}} paged={false} refresh={turn} idOf={(a) => a.name} selected={q.app} onOpen={(a) => go(withQuery({ app: a.name }))} render={{ allow: (a) => <span class="mono">{a.allow}</span>, name: (a) => <span class="mono">{a.name}</span> }} empty={<><span>{t('apps.empty')}</span>{button('')}</>} />
      {q.app && <Panel key={q.app} title={q.app} onClose={() => go(withQuery({ app: '' }))}><Application name={q.app} changed={again} /></Panel>}
      {adding && <Dialog title={t('apps.add')} onClose={() => setAdding(false)}><OpForm op="app add" order={['name', 'title', 'url', 'allow', 'min_strength']} submit={t('apps.add')} onDone={added} onCancel={() => setAdding(false)} /></Dialog>}
    </>
  );
}
