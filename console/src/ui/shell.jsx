// The frame: rail, top bar, the page that the address names.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api.js';
import { Link, go, path } from '../route.jsx';
import { lang, may, me, notify, ops, theme } from '../state.js';
import { errorText, t } from '../i18n/index.js';
import { pages } from '../pages.js';
import { Dialog, Icon } from './basics.jsx';
import { Search } from './search.jsx';

const current = (p) => path.value === p.path || (p.path === '/certificates' && path.value.startsWith('/certificate'));

function Rail({ open, waiting }) {
  const shown = pages.filter((p) => p.section && may(p.may));
  const sections = [...new Set(shown.map((p) => p.section))];
  return (
    <nav class={`rail ${open ? 'open' : ''}`} id="rail" aria-label={t('menu')}>
      <Link href="/" class="brand"><img src="/mark.svg" alt="" width="28" height="28" /><span>{t('product')}<small>{t('product.sub')}</small></span></Link>
      {sections.map((s) => (
        <div key={s}>
          <h2>{t(s)}</h2>
          {shown.filter((p) => p.section === s).map((p) => (
            <Link key={p.path} href={p.path} class="item" title={t(p.key)} aria-label={t(p.key)} aria-current={current(p) ? 'page' : undefined}>
              <Icon name={p.icon} /><span class="text grow">{t(p.key)}</span>
              {p.path === '/approvals' && waiting > 0 && <span class="count">{waiting}</span>}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

async function signOut() {
  try {
    await call('logout');
    notify(t('signin.out'), 'info');
  } catch (e) {
    if (e.status !== 401) { notify(errorText(e), 'bad'); return; }
  }
  me.value = null;
  go('/', true);
}

/** What belongs to the reader: account, theme, keys, sign-out. Closes on Esc and on a click elsewhere. */
function AccountMenu({ showKeys }) {
  const [open, setOpen] = useState(false);
  const box = useRef();
  useEffect(() => {
    if (!open) return undefined;
    const away = (e) => { if (!box.current?.contains(e.target)) setOpen(false); };
    const key = (e) => { if (e.key === 'Escape') { e.preventDefault(); setOpen(false); box.current.querySelector('button').focus(); } };
    addEventListener('pointerdown', away);
    addEventListener('keydown', key, true);
    return () => { removeEventListener('pointerdown', away); removeEventListener('keydown', key, true); };
  }, [open]);
  const choose = (f) => () => { setOpen(false); f(); };
  return (
    <div class="menu" ref={box}>
      <button type="button" class="plain who" aria-expanded={open} aria-label={`${t('account.menu')}: ${me.value.login}`} onClick={() => setOpen(!open)}><Icon name="account" /><span>{me.value.login}</span></button>
      {open && (
        <div class="float stack">
          <div><strong>{me.value.login}</strong>{me.value.unit && <div class="quiet small">{me.value.unit}</div>}</div>
          <label class="field"><span class="label small">{t('theme')}</span>
            <select value={theme.value} onChange={(e) => { theme.value = e.target.value; }}>{['auto', 'light', 'dark'].map((v) => <option key={v} value={v}>{t('theme.' + v)}</option>)}</select></label>
          <button type="button" class="plain" onClick={choose(() => go('/account'))}>{t('account.title')}</button>
          <button type="button" class="plain" onClick={choose(() => showKeys(true))}>{t('keys.title')} <kbd>?</kbd></button>
          <button type="button" class="plain" onClick={choose(signOut)}>{t('signout')}</button>
        </div>
      )}
    </div>
  );
}

function Keys({ close }) {
  const rows = [[['/', 'Ctrl K'], 'keys.search'], [['j'], 'keys.next'], [['k'], 'keys.previous'], [['Enter'], 'keys.open'], [['Esc'], 'keys.close'], [['?'], 'keys.help']];
  return <Dialog title={t('keys.title')} onClose={close}><dl class="facts">{rows.map(([names, what]) => [<dt key={what}>{names.map((k) => <kbd key={k}>{k}</kbd>)}</dt>, <dd key={what + '='}>{t(what)}</dd>])}</dl></Dialog>;
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

/** How many operations wait for this person's decision; asked again at each page and twice a minute. */
function useWaiting() {
  const [n, set] = useState(0);
  useEffect(() => {
    if (!may('approve')) return undefined;
    const decides = (i) => i.asker !== me.value?.login && ops.value[i.op]?.may;
    const ask = () => call('approval list', { state: 'waiting', limit: 100 }).then((r) => set(r.items.filter(decides).length), () => {});
    ask();
    const timer = setInterval(ask, 30000);
    return () => clearInterval(timer);
  }, [path.value]);
  return n;
}

const NotFound = () => <div class="empty"><h1>{t('notfound.title')}</h1><Link href="/" class="button">{t('notfound.back')}</Link></div>;
const Forbidden = () => <div class="empty"><h1>{t('forbidden.title')}</h1><p>{t('forbidden.why')}</p></div>;

export function Shell() {
  const [drawer, setDrawer] = useState(false);
  const [keys, showKeys] = useState(false);
  const waiting = useWaiting();
  const away = path.value === '/' && !may('ca-read');
  useGlobalKeys(showKeys);
  useEffect(() => { setDrawer(false); if (away) go('/portal', true); }, [path.value, away]);
  const page = pages.find((p) => p.path === path.value);
  useEffect(() => { document.title = `${t(page ? page.key : 'notfound.title')} · ${t('product')}`; }, [path.value, lang.value]);
  const Body = !page ? NotFound : may(page.may) ? page.component : Forbidden;
  const other = lang.value === 'zh' ? 'en' : 'zh';
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById('content').focus(); }}>{t('skip')}</a>
      <Rail open={drawer} waiting={waiting} />
      {drawer && <div class="veil" onClick={() => setDrawer(false)} />}
      <div class="column">
        <header class="topbar">
          <button type="button" class="plain drawer-button" aria-label={t('menu')} aria-expanded={drawer} aria-controls="rail" onClick={() => setDrawer(!drawer)}><Icon name="menu" /></button>
          <Search />
          <span class="grow" />
          {waiting > 0 && <Link href="/approvals?state=waiting" class="button plain bell" aria-label={t('approvals.bell', { n: waiting })}><Icon name="bell" /><span class="count">{waiting}</span></Link>}
          <button type="button" class="plain" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => { lang.value = other; }}>{other === 'zh' ? '中文' : 'EN'}</button>
          <AccountMenu showKeys={showKeys} />
        </header>
        <main class="main" id="content" tabIndex={-1}>{!away && <Body key={path.value} />}</main>
      </div>
      {keys && <Keys close={() => showKeys(false)} />}
    </div>
  );
}
