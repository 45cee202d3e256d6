// Small pieces that every page uses.
import { useEffect, useRef, useState } from 'preact/hooks';
import { dateTime, errorText, relative, t, tOr } from '../i18n/index.js';
import { Link } from '../route.jsx';
import { may, notices } from '../state.js';

const shapes = {
  overview: 'M3 3h6v8H3zM11 3h6v5h-6zM11 10h6v7h-6zM3 13h6v4H3z',
  certificates: 'M4 3h12v9H4zM7 6h6M7 9h4M8 12l-1 5 3-2 3 2-1-5',
  authorities: 'M10 2l7 4v2H3V6zM5 9v6M10 9v6M15 9v6M3 17h14',
  people: 'M7 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM1.500 17c0-4 2.500-6 5.500-6s5.500 2 5.500 6M13.500 9a2.500 2.500 0 1 0 0-5M14.500 11c2.500.300 4 2.300 4 6',
  apps: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM14 11v6M11 14h6',
  approvals: 'M3 10l4 4 10-10M3 17h14',
  audit: 'M5 2h7l4 4v12H5zM12 2v4h4M8 10h5M8 13h5',
  portal: 'M3 4h14v10H3zM7 17h6M10 14v3',
  menu: 'M3 5h14M3 10h14M3 15h14',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.500 13.500L17 17',
  bell: 'M5 14V9a5 5 0 0 1 10 0v5l1.500 1.500h-13zM8.500 17.500h3',
  account: 'M10 10a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3.500 17.500c.500-4 3-5.500 6.500-5.500s6 1.500 6.500 5.500',
};

export const Icon = ({ name }) => (
  <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.500" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d={shapes[name]} /></svg>
);

const kinds = { active: 'good', ok: 'good', approved: 'good', done: 'good', suspended: 'attention', waiting: 'attention', revoked: 'bad', rejected: 'bad', failed: 'bad', expired: 'attention', disabled: 'attention' };
const marks = { good: '●', attention: '◐', bad: '✕', info: 'ℹ' };
export function Badge({ state, kind = kinds[state] }) {
  return <span class={`badge ${kind || ''}`}><span aria-hidden="true">{marks[kind] || '○'}</span>{tOr('state.' + state, state)}</span>;
}
/** The result of an act: done, or the kind of refusal. */
export const Result = ({ value }) => (value === 'ok' ? <Badge state="ok" /> : <span class="badge bad" title={value}><span aria-hidden="true">✕</span>{tOr('error.' + value, value)}</span>);

export const Time = ({ at }) => (at ? <time dateTime={at} title={at}>{relative(at)}</time> : <span class="quiet">–</span>);
export const FullTime = ({ at }) => (at ? <time dateTime={at} title={at}>{dateTime(at)}</time> : <span class="quiet">–</span>);

/** A long code, cut in the middle, with the whole in the title and a copy button. */
export function Code({ value, keep = 24, copy = false }) {
  const text = value || '';
  const shown = text.length > keep ? `${text.slice(0, keep / 2)}…${text.slice(-keep / 2)}` : text;
  return <span class="row nowrap"><span class="mono" title={text}>{shown}</span>{copy && <Copy text={text} />}</span>;
}

export function Copy({ text }) {
  const [done, setDone] = useState(false);
  const copy = async (e) => { e.stopPropagation(); await navigator.clipboard.writeText(text); setDone(true); setTimeout(() => setDone(false), 1500); };
  return <button type="button" class="plain small" onClick={copy}>{done ? t('copied') : t('copy')}</button>;
}

export function Failure({ error, retry }) {
  if (!error) return null;
  return (
    <div class="alert" role="alert">
      <div>{errorText(error)}</div>
      {error.id && <div class="small">{may('audit-read') ? <Link href={'/audit?request=' + encodeURIComponent(error.id)}>{t('error.id', { id: error.id })}</Link> : t('error.id', { id: error.id })}</div>}
      {retry && <button type="button" class="again" onClick={retry}>{t('retry')}</button>}
    </div>
  );
}

export const PageHead = ({ title, purpose, children }) => (
  <div class="page-head"><div><h1>{title}</h1><p class="quiet">{purpose}</p></div>{children && <div class="row">{children}</div>}</div>
);

/** A modal dialog; Esc and the close button call onClose. */
export function Dialog({ title, onClose, kind, children }) {
  const ref = useRef();
  useEffect(() => { ref.current.showModal(); ref.current.querySelector('input, select, textarea')?.focus(); }, []);
  return (
    <dialog ref={ref} aria-label={title} class={kind} onCancel={(e) => { e.preventDefault(); onClose(); }}>
      <div class="stack"><div class="row"><h2 class="grow">{title}</h2><button type="button" class="plain" aria-label={t('close')} onClick={onClose}>✕</button></div>{children}</div>
    </dialog>
  );
}

/** A side panel that leaves the list behind it in place. */
export function Panel({ title, onClose, children }) {
  const ref = useRef();
  useEffect(() => {
    const before = document.activeElement;
    ref.current.focus();
    const key = (e) => { if (e.key === 'Escape' && !e.defaultPrevented && !document.querySelector('dialog[open]')) onClose(); };
    addEventListener('keydown', key);
    return () => { removeEventListener('keydown', key); before?.focus?.(); };
  }, []);
  return (
    <section class="panel" role="dialog" aria-label={title} ref={ref} tabIndex={-1}>
      <div class="row"><h2 class="grow">{title}</h2><button type="button" class="plain" aria-label={t('close')} onClick={onClose}>✕</button></div>
      {children}
    </section>
  );
}

/** Tabs of one thing; the arrow keys go from one to the next. names: [[id, label]…] */
export function Tabs({ names, at, set }) {
  const step = (e) => {
    const d = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!d) return;
    e.preventDefault();
    const i = (names.findIndex(([id]) => id === at) + d + names.length) % names.length;
    set(names[i][0]);
    e.currentTarget.children[i].focus();
  };
  return (
    <div class="tabs" role="tablist" onKeyDown={step}>
      {names.map(([id, label]) => <button key={id} type="button" role="tab" aria-selected={at === id} tabIndex={at === id ? 0 : -1} onClick={() => set(id)}>{label}</button>)}
    </div>
  );
}

/** Gives the browser a file to keep. */
export function save(name, text, type = 'application/x-pem-file') {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export const Notices = () => (
  <div class="notices" role="status">{notices.value.map((n) => <div key={n.id} class={`alert ${n.kind}`}>{n.text}</div>)}</div>
);

/** Load once and whenever `deps` change: { data, error, reload }. */
export function useLoad(load, deps = []) {
  const [state, set] = useState({});
  const turn = useRef(0);
  const reload = () => {
    const mine = ++turn.current;
    load().then((data) => mine === turn.current && set({ data }), (error) => mine === turn.current && set((s) => ({ ...s, error })));
  };
  useEffect(reload, deps);
  return { ...state, reload };
}
