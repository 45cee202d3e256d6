import { call } from '../api.js';
import { Link } from '../route.jsx';
import { may } from '../state.js';
import { number, t } from '../i18n/index.js';
import { Failure, PageHead, Time, useLoad } from '../ui/basics.jsx';
import { Chart } from '../ui/chart.jsx';

const ifMay = (permission, op, args) => (may(permission) ? call(op, args) : Promise.resolve(null));

const load = () => Promise.all([
  call('cert stats'), ifMay('person-read', 'signin stats', { hours: 24 }),
  ifMay('audit-read', 'audit status'), ifMay('approve', 'approval list'),
]).then(([certs, signins, chain, approvals]) => ({ certs, signins, chain, approvals }));

const Figure = ({ href, label, value, state }) => (
  <Link href={href} class="card figure"><span class={`quiet`}>{label}</span><b class={state}>{number(value || 0)}</b></Link>
);

function Waiting({ certs, approvals, chain }) {
  const soon = certs.expiring?.['30'] ?? certs.expiring_30 ?? 0;
  const pending = (approvals?.items || []).filter((i) => i.state === 'pending').length;
  const rows = [
    pending > 0 && <Link href="/approvals">{t('overview.approvals', { n: number(pending) })}</Link>,
    soon > 0 && <Link href="/certificates?state=active&within=30">{t('overview.expiring', { n: number(soon) })}</Link>,
  ].filter(Boolean);
  return (
    <section class="card stack"><h2>{t('overview.waiting')}</h2>
      {rows.length ? <ul>{rows.map((r, i) => <li key={i}>{r}</li>)}</ul> : <p class="quiet">{t('overview.nothing')}</p>}
    </section>
  );
}

function hours(signins) {
  const now = Math.floor(Date.now() / 3600000) * 3600;
  const x = Array.from({ length: 24 }, (_, i) => now - (23 - i) * 3600);
  const of = (result) => x.map((h) => (signins?.items || []).filter((i) => new Date(i.hour) / 1000 === h && (i.result === 'ok') === (result === 'ok')).reduce((n, i) => n + i.count, 0));
  return { x, ok: of('ok'), refused: of('refused') };
}

export function Overview() {
  const { data, error, reload } = useLoad(load, []);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p class="quiet" aria-busy="true">{t('loading')}</p>;
  const { certs, signins, chain, approvals } = data;
  const weeks = certs.weeks || [];
  const h = hours(signins);
  const within = (n) => certs.expiring?.[n] ?? certs['expiring_' + n] ?? 0;
  return (
    <>
      <PageHead title={t('overview.title')} purpose={t('overview.purpose')}>{may('cert-issue') && <Link class="button" href="/certificates/issue">{t('certs.issue')}</Link>}</PageHead>
      <div class="stack">
        <div class="cards wide"><Waiting certs={certs} approvals={approvals} />
          {chain && <section class="card stack"><h2>{t('overview.chain')}</h2><p>{t('overview.records', { n: number(chain.sealed ?? chain.length ?? 0) })} · {t('overview.unsealed', { n: number(chain.unsealed ?? 0) })}</p><p class="quiet">{t('audit.head')}: <Time at={chain.last_head ?? chain.head_at} /></p><Link href="/audit">{t('nav.audit')}</Link></section>}
        </div>
        <h2>{t('overview.states')}</h2>
        <div class="cards">
          {['active', 'suspended', 'revoked', 'expired'].map((s) => <Figure key={s} href={`/certificates?state=${s}`} label={t('state.' + s)} value={certs.states?.[s] ?? certs[s]} />)}
          {[30, 60, 90].map((n) => <Figure key={n} href={`/certificates?state=active&within=${n}`} label={`${t('overview.expiry')} ${t('overview.days', { n })}`} value={within(n)} />)}
        </div>
        <div class="cards wide">
          <section class="card stack"><div><h2>{t('overview.expiry')}</h2><p class="quiet small">{t('overview.expiry.help')}</p></div>
            <Chart title={t('overview.week')} step={604800} x={weeks.map((w) => new Date(w.week) / 1000)} series={[{ label: t('overview.count'), values: weeks.map((w) => w.count), colour: '--accent' }]} /></section>
          {signins && <section class="card stack"><div><h2>{t('overview.signins')}</h2><p class="quiet small">{t('overview.signins.help')}</p></div>
            <Chart title={t('overview.hour')} step={3600} x={h.x} series={[{ label: t('overview.ok'), values: h.ok, colour: '--good' }, { label: t('overview.refused'), values: h.refused, colour: '--bad' }]} /></section>}
        </div>
      </div>
    </>
  );
}
