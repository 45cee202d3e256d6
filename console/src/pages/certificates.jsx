// Searching certificates, and issuing one from a pasted request.
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { Link, go, query, withQuery } from '../route.jsx';
import { lang, may } from '../state.js';
import { t, word } from '../i18n/index.js';
import { Code, Copy, Failure, PageHead, Panel, save, useLoad } from '../ui/basics.jsx';
import { OpForm } from '../ui/form.jsx';
import { FilterText, OpList } from '../ui/list.jsx';
import { CertificateDetail } from './certificate.jsx';

const STATES = ['active', 'suspended', 'revoked', 'expired'];
const WITHIN = [30, 60, 90];
const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10) + 'T00:00:00Z';

/** The arguments of `cert list` that the address bar names. */
function filters(q) {
  const args = Object.fromEntries(['find', 'state', 'profile', 'ca', 'person'].filter((k) => q[k]).map((k) => [k, q[k]]));
  if (q.within) Object.assign(args, { expires_from: day(0), expires_to: day(Number(q.within) + 1) });
  if (q.week) Object.assign(args, { expires_from: q.week, expires_to: new Date(Date.parse(q.week) + 7 * 86400000).toISOString().slice(0, 19) + 'Z' });
  return args;
}

export function Certificates() {
  const q = query.value;
  const [turn, setTurn] = useState(0);
  const profiles = useLoad(() => call('profile list'), []);
  const args = filters(q);
  const filtered = Object.keys(args).length > 0;
  const filter = (changes) => go(withQuery({ after: '', from: '', ...changes }), true);
  const names = (profiles.data?.items || []).map((p) => p.name);
  return (
    <>
      <PageHead title={t('certs.title')} purpose={t('certs.purpose')}>{may('cert-issue') && <Link href="/certificates/issue" class="button primary">{t('certs.issue')}</Link>}</PageHead>
      <div class="filters">
        <FilterText label={t('certs.find')} value={q.find || ''} set={(find) => filter({ find })} />
        {STATES.map((s) => <button key={s} type="button" class="chip" aria-pressed={q.state === s} onClick={() => filter({ state: q.state === s ? '' : s })}>{t('state.' + s)}</button>)}
        <select aria-label={t('certs.expires')} value={q.within || ''} onChange={(e) => filter({ within: e.target.value, week: '' })}><option value="">{t('certs.expires')}: {t('certs.all')}</option>{WITHIN.map((n) => <option key={n} value={n}>{t('certs.expires')}: {t('certs.within', { n })}</option>)}</select>
        <select aria-label={t('col.profile')} value={q.profile || ''} onChange={(e) => filter({ profile: e.target.value })}><option value="">{t('col.profile')}: {t('certs.all')}</option>{names.map((n) => <option key={n} value={n}>{n}</option>)}</select>
        {filtered && <button type="button" class="plain" onClick={() => go('/certificates', true)}>{t('audit.clear')}</button>}
      </div>
      <OpList op="cert list" label={t('certs.title')} args={args} refresh={turn} idOf={(c) => c.serial} selected={q.serial} onOpen={(c) => go(withQuery({ serial: c.serial }))}
        empty={filtered ? <span>{t('certs.empty')}</span> : <><span>{t('certs.none')}</span>{may('cert-issue') && <Link href="/certificates/issue" class="button">{t('certs.issue')}</Link>}</>} />
      {q.serial && <Panel key={q.serial} title={t('search.cert')} onClose={() => go(withQuery({ serial: '' }))}><CertificateDetail serial={q.serial} changed={() => setTurn(turn + 1)} /></Panel>}
    </>
  );
}

/** A certificate's own page. */
export function Certificate() {
  const { serial } = query.value;
  return (
    <>
      <PageHead title={t('search.cert')} purpose={<Code value={serial} keep={64} copy />}><Link href="/certificates" class="button">{t('certs.title')}</Link></PageHead>
      <div class="card stack form">{serial ? <CertificateDetail serial={serial} page /> : <p class="quiet">{t('certs.empty')}</p>}</div>
    </>
  );
}

/* -- Issuing ----------------------------------------------------------------------------- */

const ProfileFacts = ({ profile }) => (
  <section class="inset" aria-label={t('certs.issue.profile')}>
    <h2 class="lesser">{t('certs.issue.profile')}: {lang.value === 'zh' ? profile.title_zh || profile.title : profile.title}</h2>
    <dl class="facts small">
      <dt>{t('profile.keys')}</dt><dd>{profile.keys.split(' ').join(', ')}</dd>
      <dt>{t('profile.usage')}</dt><dd>{[profile.key_usage, profile.ext_key_usage].filter(Boolean).join(' ').split(' ').join(', ')}</dd>
      <dt>{t('profile.san')}</dt><dd>{profile.san ? profile.san.split(' ').join(', ') : t('profile.san.none')}{profile.san_required && ` (${t('profile.san.required')})`}</dd>
      <dt>{t('profile.days')}</dt><dd>{t('profile.days.help', { days: profile.days, max: profile.max_days })}</dd>
    </dl>
  </section>
);

function Issued({ made, again }) {
  if (made.pending) return <div class="stack"><div class="alert info" role="status">{t('certs.pending')}</div><div class="row"><Link class="button" href={`/approvals?id=${made.pending.id}`}>{t('nav.approvals')}</Link></div></div>;
  return (
    <div class="stack">
      <div class="alert good" role="status">{t('certs.issued', { serial: made.serial })}</div>
      <dl class="facts"><dt>{t('col.subject')}</dt><dd>{made.subject}</dd><dt>{t('col.san')}</dt><dd>{made.san || '–'}</dd><dt>{t('col.ca')}</dt><dd>{made.ca}</dd><dt>{t('col.days')}</dt><dd>{made.days}</dd></dl>
      <div class="row"><Link class="button primary" href={`/certificate?serial=${made.serial}`}>{t('certs.show')}</Link><button type="button" onClick={() => save(`${made.serial}.pem`, made.pem)}>{t('download')}</button><button type="button" onClick={again}>{t('certs.again')}</button><Copy text={made.pem} /></div>
      <pre tabIndex={0} aria-label={t('certs.result')}>{made.pem}</pre>
    </div>
  );
}

export function Issue() {
  const { data, error, reload } = useLoad(() => call('profile list'), []);
  const [made, setMade] = useState();
  const usable = (data?.items || []).filter((p) => p.kind === 'end-entity' && p.name !== 'ocsp');
  const labels = { profile: Object.fromEntries(usable.map((p) => [p.name, `${lang.value === 'zh' ? p.title_zh || p.title : p.title} (${p.name})`])), suite: { sm: word('sm'), intl: word('intl') } };
  const facts = (values) => { const p = usable.find((x) => x.name === values.profile); return p && <ProfileFacts profile={p} />; };
  return (
    <>
      <PageHead title={t('certs.issue')} purpose={t('certs.issue.purpose')} />
      <div class="card stack form">
        <Failure error={error} retry={reload} />
        {made && <Issued made={made} again={() => setMade()} />}
        {!made && data && <OpForm op="cert issue" order={['profile', 'csr', 'san', 'days']} choices={{ profile: usable.map((p) => p.name) }} labels={labels} aside={facts} submit={t('certs.issue')} onDone={setMade} onCancel={() => go('/certificates')} />}
      </div>
    </>
  );
}
