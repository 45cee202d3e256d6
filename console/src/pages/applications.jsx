import { useState } from 'preact/hooks';
import { go, query, withQuery } from '../route.jsx';
import { call } from '../api.js';
import { may, notify } from '../state.js';
import { t } from '../i18n/index.js';
import { Badge, Dialog, Failure, PageHead, Panel, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { OpList } from '../ui/list.jsx';

function Application({ name, changed }) {
  const { data, error, reload } = useLoad(() => call('app show', { app: name }), [name]);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet">{t('loading')}</p>;
  const done = () => { notify(t('people.saved')); reload(); changed(); };
  return (
    <>
      <dl class="facts"><dt>{t('col.title')}</dt><dd>{data.title}</dd><dt>{t('col.url')}</dt><dd>{data.url || '–'}</dd><dt>{t('col.min_strength')}</dt><dd>{data.min_strength}</dd><dt>{t('col.allow')}</dt><dd class="mono">{data.allow}</dd><dt>{t('col.state')}</dt><dd><Badge state={data.state} /></dd></dl>
      <h3>{t('apps.how')}</h3><pre>{`curl --cacert ca.pem \\\n  "${location.origin}/ssoAuthService?verb=validateServiceTicket&st=TICKET"`}</pre>
      {may('app-manage') && <details><summary>{t('apps.change')}</summary><OpForm key={JSON.stringify(data)} op="app change" preset={{ app: name }} initial={{ title: data.title, url: data.url || undefined, min_strength: data.min_strength, allow: data.allow.split(' '), state: data.state }} order={['title', 'url', 'allow', 'min_strength', 'state']} submit={t('apps.change')} onDone={done} /></details>}
    </>
  );
}

export function Applications() {
  const q = query.value;
  const [adding, setAdding] = useState(false);
  const [turn, setTurn] = useState(0);
  const again = () => setTurn(turn + 1);
  const added = (reply) => { setAdding(false); again(); notify(t('apps.added', { name: reply.name })); };
  const button = may('app-manage') && <button type="button" class="primary" onClick={() => setAdding(true)}>{t('apps.add')}</button>;
  return (
    <>
      <PageHead title={t('apps.title')} purpose={t('apps.purpose')}>{button}</PageHead>
      <OpList op="app list" args={{}} paged={false} refresh={turn} idOf={(a) => a.name} selected={q.app} onOpen={(a) => go(withQuery({ app: a.name }))} empty={t('apps.empty')} />
      {q.app && <Panel key={q.app} title={q.app} onClose={() => go(withQuery({ app: '' }))}><Application name={q.app} changed={again} /></Panel>}
      {adding && <Dialog title={t('apps.add')} onClose={() => setAdding(false)}><OpForm op="app add" order={['name', 'title', 'url', 'allow', 'min_strength']} submit={t('apps.add')} onDone={added} onCancel={() => setAdding(false)} /></Dialog>}
    </>
  );
}
