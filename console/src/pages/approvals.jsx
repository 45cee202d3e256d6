import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { me, notify } from '../state.js';
import { t } from '../i18n/index.js';
import { Badge, Failure, FullTime, PageHead, Panel, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { OpList } from '../ui/list.jsx';

function Pending({ id, changed }) {
  const { data, error, reload } = useLoad(() => call('approval show', { id }), [id]);
  const [refusing, setRefusing] = useState(false);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet">{t('loading')}</p>;
  const own = data.asker === me.value.login;
  const done = (text) => () => { notify(text); reload(); changed(); };
  const approve = async () => { try { await call('approval approve', { id }); done(t('approvals.approved'))(); } catch (e) { notify(e.message, 'bad'); reload(); } };
  return (
    <>
      <div class="row"><strong>{data.op ?? data.operation}</strong><Badge state={data.state} /></div>
      <p>{t('approvals.asked', { who: data.asker })} · <FullTime at={data.asked ?? data.created} /></p>
      <h3>{t('approvals.args')}</h3><pre>{JSON.stringify(data.args, null, 2)}</pre>
      {data.state === 'pending' && own && <p class="alert info">{t('approvals.own')}</p>}
      {data.state === 'pending' && !own && <div class="row"><button type="button" class="primary" onClick={approve}>{t('approvals.approve')}</button><button type="button" class="danger" onClick={() => setRefusing(true)}>{t('approvals.reject')}</button></div>}
      {refusing && <OpForm op="approval reject" preset={{ id }} submit={t('approvals.reject')} onDone={done(t('approvals.rejected'))} onCancel={() => setRefusing(false)} />}
    </>
  );
}

export function Approvals() {
  const q = query.value;
  const [turn, setTurn] = useState(0);
  return (
    <>
      <PageHead title={t('approvals.title')} purpose={t('approvals.purpose')} />
      <OpList op="approval list" args={{}} paged={false} refresh={turn} idOf={(a) => String(a.id)} selected={q.id} onOpen={(a) => go(withQuery({ id: a.id }))} empty={t('approvals.empty')} />
      {q.id && <Panel key={q.id} title={t('approvals.title')} onClose={() => go(withQuery({ id: '' }))}><Pending id={q.id} changed={() => setTurn(turn + 1)} /></Panel>}
    </>
  );
}
