// What waits for this person, then figures, then charts. Each figure is a link to the list behind it.
import { call } from '../api.js';
import { Link, go } from '../route.jsx';
import { may, me, ops } from '../state.js';
import { clock, dayMonth, number, t } from '../i18n/index.js';
import { Failure, Icon, PageHead, Time, useLoad } from '../ui/basics.jsx';
import { Chart } from '../ui/chart.jsx';

const HOUR = 3600, WEEK = 604800;
const ifMay = (permission, op, args) => (may(permission) ? call(op, args) : Promise.resolve(null));

const load = () => Promise.all([
  call('cert stats'), ifMay('person-read', 'signin stats', { hours: 24 }),
  ifMay('audit-read', 'audit status'), ifMay('approve', 'approval list', { state: 'waiting', limit: 100 }),
]).then(([certs, signins, chain, approvals]) => ({ certs, signins, chain, approvals }));

const Figure = ({ href, label, value, state }) => (
  <Link href={href} class={`card figure ${value ? state || '' : ''}`}><span>{label}</span><b>{number(value)}</b></Link>
);

function Waiting({ certs, approvals, chain }) {
  const soon = certs.expiring['30'];
  const pending = (approvals?.items || []).filter((i) => i.asker !== me.value.login && ops.value[i.op]?.may).length;
  const late = chain?.oldest_unsealed && Date.now() - Date.parse(chain.oldest_unsealed) > 60000;
  const rows = [
    pending > 0 && ['approvals', '/approvals?state=waiting', t('overview.approvals', { n: number(pending) })],
    soon > 0 && ['certificates', '/certificates?state=active&within=30', t('overview.expiring', { n: number(soon) })],
    late && ['audit', '/audit', t('overview.chain.help', { n: number(chain.unsealed) })],
  ].filter(Boolean);
  return (
    <section class="card stack"><h2>{t('overview.waiting')}</h2>
      {rows.length ? <ul class="todo">{rows.map(([icon, href, text]) => <li key={href}><Link href={href}><Icon name={icon} /><span class="grow">{text}</span><span aria-hidden="true">›</span></Link></li>)}</ul> : <p class="quiet">{t('overview.nothing')}</p>}
    </section>
  );
}

const ChainCard = ({ chain }) => (
  <section class="card stack"><h2>{t('overview.chain')}</h2>
    <p>{t('overview.records', { n: number(chain.records) })} · {t('overview.unsealed', { n: number(chain.unsealed) })}</p>
    <p class="quiet">{t('audit.head')}: <Time at={chain.last_head} /></p><div><Link href="/audit">{t('nav.audit')} ›</Link></div>
  </section>
);

/** The last 24 hours, whole ones, with zeros where nobody signed in. */
function byHour(signins) {
  const now = Math.floor(Date.now() / 3600000) * HOUR;
  const x = Array.from({ length: 24 }, (_, i) => now - (23 - i) * HOUR);
  const of = (good) => x.map((h) => signins.items.filter((i) => Date.parse(i.hour) / 1000 === h && (i.result === 'ok') === good).reduce((n, i) => n + i.count, 0));
  return { x, ok: of(true), refused: of(false) };
}

const byWeek = (weeks) => { const sorted = [...weeks].sort((a, b) => (a.week < b.week ? -1 : 1)); return { x: sorted.map((w) => Date.parse(w.week) / 1000), values: sorted.map((w) => w.count) }; };

const expiringIn = (ms) => go(`/certificates?state=active&week=${new Date(ms).toISOString().slice(0, 19)}Z`);

const Card = ({ title, help, children }) => <section class="card stack"><div><h2>{title}</h2><p class="quiet small">{help}</p></div>{children}</section>;

function Weeks({ title, help, weeks, colour, pick }) {
  const { x, values } = byWeek(weeks);
  return <Card title={title} help={help}><Chart title={t('overview.week')} step={WEEK} label={dayMonth} x={x} pick={pick} series={[{ label: t('overview.count'), values, colour }]} /></Card>;
}

function SignIns({ signins }) {
  const h = byHour(signins);
  const series = [{ label: t('overview.ok'), values: h.ok, colour: '--accent' }, { label: t('overview.refused'), values: h.refused, colour: '--bad' }];
  return <Card title={t('overview.signins')} help={t('overview.signins.help')}><Chart title={t('overview.hour')} step={HOUR} label={clock} x={h.x} series={series} /></Card>;
}

export function Overview() {
  const { data, error, reload } = useLoad(load, []);
  const head = <PageHead title={t('overview.title')} purpose={t('overview.purpose')}>{may('cert-issue') && <Link class="button primary" href="/certificates/issue">{t('certs.issue')}</Link>}</PageHead>;
  if (error) return <>{head}<Failure error={error} retry={reload} /></>;
  if (!data) return <>{head}<p class="quiet" aria-busy="true">{t('loading')}</p></>;
  const { certs, signins, chain, approvals } = data;
  const state = { active: '', suspended: 'attention', revoked: '', expired: '' };
  return (
    <>
      {head}
      <div class="stack wide-stack">
        <div class="cards wide"><Waiting certs={certs} approvals={approvals} chain={chain} />{chain && <ChainCard chain={chain} />}</div>
        <section class="stack"><h2>{t('nav.certificates')}</h2>
          <div class="cards">
            {Object.keys(state).map((s) => <Figure key={s} href={`/certificates?state=${s}`} label={t('state.' + s)} value={certs.states[s]} state={state[s]} />)}
            {[30, 60, 90].map((n) => <Figure key={n} href={`/certificates?state=active&within=${n}`} label={`${t('overview.expiry')} ${t('overview.days', { n })}`} value={certs.expiring[n]} state={n === 30 ? 'attention' : ''} />)}
          </div>
        </section>
        <div class="cards wide">
          <Weeks title={t('overview.expiry')} help={t('overview.expiry.help')} weeks={certs.weeks} colour="--accent" pick={expiringIn} />
          <Weeks title={t('overview.issued')} help={t('overview.issued.help')} weeks={certs.issued_weeks} colour="--info" />
          {signins && <SignIns signins={signins} />}
        </div>
      </div>
    </>
  );
}
