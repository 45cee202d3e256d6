// The frame: rail, top bar, the page that the address names.
import { useEffect, useState } from 'preact/hooks';
import { call } from '../api.js';
import { Link, go, path } from '../route.jsx';
import { lang, may, me, theme } from '../state.js';
import { t } from '../i18n/index.js';
import { pages } from '../pages.js';
import { Dialog, Icon } from './basics.jsx';

function Rail({ open, close, waiting }) {
  const shown = pages.filter((p) => p.section && may(p.may));
  const sections = [...new Set(shown.map((p) => p.section))];
  const current = (p) => path.value === p.path || (p.path === '/certificates' && path.value.startsWith('/certificate'));
  return (
    <nav class={`rail ${open ? 'open' : ''}`} aria-label={t('menu')}>
      <Link href="/" class="brand" aria-label={t('product')}><img src="/mark.svg" alt="" /><span>{t('product')}<small>{t('product.sub')}</small></span></Link>
      {sections.map((s) => (
        <div key={s}>
          <h2>{t(s)}</h2>
          {shown.filter((p) => p.section === s).map((p) => (
            <Link key={p.path} href={p.path} class="item" title={t(p.key)} aria-current={current(p) ? 'page' : undefined}>
              <Icon name={p.icon} /><span class="text grow">{t(p.key)}</span>
              {p.path === '/approvals' && waiting > 0 && <span class="count">{waiting}</span>}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

function Search() {
  const submit = (e) => {
    e.preventDefault();
    const text = e.target.elements.q.value.trim();
    if (!text) return;
    const page = pages.find((p) => p.section && may(p.may) && t(p.key).toLowerCase() === text.toLowerCase());
    if (page) go(page.path);
    else if (/^[0-9a-f:]{16,}$/i.test(text)) go('/certificate?serial=' + encodeURIComponent(text.replaceAll(':', '').toLowerCase()));
    else go((path.value === '/people' ? '/people' : '/certificates') + '?find=' + encodeURIComponent(text));
    e.target.reset();
  };
  return <form role="search" onSubmit={submit}><input id="search" name="q" type="search" aria-label={t('search')} placeholder={`${t('search.all')}  (/)`} /></form>;
}

async function signOut() {
  try { await call('logout'); } finally { me.value = null; go('/'); }
}

function Keys({ close }) {
  const rows = [['/  ·  Ctrl K', 'keys.search'], ['j', 'keys.next'], ['k', 'keys.previous'], ['Enter', 'keys.open'], ['Esc', 'keys.close'], ['?', 'keys.help']];
  return <Dialog title={t('keys.title')} onClose={close}><dl class="facts">{rows.map(([k, what]) => <><dt class="mono">{k}</dt><dd>{t(what)}</dd></>)}</dl></Dialog>;
}

function useGlobalKeys(showKeys) {
  useEffect(() => {
    const key = (e) => {
      const typing = e.target.closest('input, textarea, select, dialog');
      if ((e.key === 'k' && (e.ctrlKey || e.metaKey)) || (e.key === '/' && !typing)) {
        e.preventDefault();
        document.getElementById('search').focus();
      } else if (e.key === '?' && !typing) showKeys(true);
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
}

function useWaiting() {
  const [n, set] = useState(0);
  useEffect(() => {
    if (!may('approve')) return undefined;
    const ask = () => call('approval list', {}).then((r) => set((r.items || []).filter((i) => i.state === 'pending').length), () => {});
    ask();
    const timer = setInterval(ask, 30000);
    return () => clearInterval(timer);
  }, [path.value]);
  return n;
}

export function Shell() {
  const [drawer, setDrawer] = useState(false);
  const [keys, showKeys] = useState(false);
  const waiting = useWaiting();
  useGlobalKeys(showKeys);
  useEffect(() => setDrawer(false), [path.value]);
  const page = pages.find((p) => p.path === path.value);
  const home = !page && path.value === '/';
  useEffect(() => { document.title = `${page ? t(page.key) : ''} · ${t('product')}`; }, [path.value, lang.value]);
  if (path.value === '/' && !may('ca-read')) { go('/portal', true); return null; }
  const Body = page && may(page.may) ? page.component : page ? Forbidden : NotFound;
  return (
    <div class="shell">
      <Rail open={drawer} waiting={waiting} />
      <div>
        <header class="topbar">
          <button type="button" class="plain drawer-button" aria-label={t('menu')} aria-expanded={drawer} onClick={() => setDrawer(!drawer)}>☰</button>
          <Search />
          <span class="grow" />
          <select aria-label={t('language')} value={lang.value} onChange={(e) => { lang.value = e.target.value; }}><option value="zh">中文</option><option value="en">English</option></select>
          <select aria-label={t('theme')} value={theme.value} onChange={(e) => { theme.value = e.target.value; }}>{['auto', 'light', 'dark'].map((v) => <option key={v} value={v}>{t('theme.' + v)}</option>)}</select>
          <Link href="/account" class="button">{me.value.login}</Link>
          <button type="button" class="plain" onClick={signOut}>{t('signout')}</button>
        </header>
        <main class="main">{!home && <Body />}</main>
      </div>
      {keys && <Keys close={() => showKeys(false)} />}
    </div>
  );
}

const NotFound = () => <div class="empty"><h1>{t('notfound.title')}</h1><Link href="/">{t('notfound.back')}</Link></div>;
const Forbidden = () => <div class="empty"><h1>{t('forbidden.title')}</h1><p>{t('forbidden.why')}</p></div>;
