// Lists: columns from the operation's row, keyset paging, keyboard, column chooser, export of what is filtered.
import { useEffect, useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { density, notify, ops } from '../state.js';
import { errorText, number, t, tOr, word, words } from '../i18n/index.js';
import { Badge, Code, Failure, Result, Time, save, useLoad } from './basics.jsx';

const PAGE = 50;
const MOST = 200000; // rows of an export
const isTime = (v) => typeof v === 'string' && /^\d{4}-\d\d-\d\dT/.test(v);
const isWord = ['reason', 'suite', 'role', 'method', 'strength', 'min_strength', 'actor_kind'];
const isCode = ['serial', 'fingerprint', 'hash', 'origin', 'key', 'request', 'object', 'id', 'fingerprint_sha1'];

/** How a value of a column is shown. keep: longest code that is not cut in the middle. */
export function cell(column, value, keep = 18) {
  if (value === null || value === undefined || value === '') return <span class="quiet">–</span>;
  if (column === 'state') return <Badge state={value} />;
  if (column === 'result') return <Result value={value} />;
  if (column === 'event') return <span title={value}>{tOr('event.' + value, value)}</span>;
  if (column === 'op') return <span title={value}>{tOr('op.' + value, value)}</span>;
  if (column === 'roles') return words(value);
  if (column === 'san') return <span class="names">{value.split(',').map((n) => <span key={n}>{n}</span>)}</span>;
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (isTime(value)) return <Time at={value} />;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'object') return <pre>{JSON.stringify(value, null, 2)}</pre>;
  if (isCode.includes(column) && value.length > keep) return <Code value={value} keep={keep} />;
  if (isCode.includes(column)) return <span class="mono">{value}</span>;
  return isWord.includes(column) ? word(value) : value;
}

const place = (column, v) => (v === null || v === undefined || v === '' ? 'void' : typeof v === 'number' ? 'figure-cell' : isTime(v) ? 'time-cell' : ['subject', 'reason', 'title', 'name', 'roles', 'allow'].includes(column) ? 'text-cell' : '');

const csvField = (v) => {
  const s = v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v);
  const safe = /^[=+\-@\t\r]/.test(s) ? "'" + s : s; // no formula begins in a spreadsheet
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

async function exportCsv(op, args, columns, paged) {
  const lines = [columns.join(',')];
  let after;
  do {
    const page = await call(op, paged ? { ...args, limit: 1000, ...(after ? { after } : {}) } : args);
    for (const item of page.items) lines.push(columns.map((c) => csvField(item[c])).join(','));
    after = page.next;
  } while (after && lines.length < MOST);
  save(op.replaceAll(' ', '-') + '.csv', '\ufeff' + lines.join('\r\n') + '\r\n', 'text/csv');
}

/** j and k go from row to row, also while a panel is open beside the list. */
function useKeys() {
  useEffect(() => {
    const key = (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || !['j', 'k'].includes(e.key) || e.target.closest('input, textarea, select, dialog')) return;
      const rows = [...document.querySelectorAll('.table-wrap tbody tr')];
      const held = rows.findIndex((r) => r.contains(document.activeElement));
      const at = held >= 0 ? held : rows.findIndex((r) => r.getAttribute('aria-current') === 'true');
      rows[Math.max(0, Math.min(rows.length - 1, at + (e.key === 'j' ? 1 : -1)))]?.focus();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
}

function Columns({ all, shown, toggle }) {
  return (
    <details class="columns"><summary class="small">{t('list.columns')}</summary>
      <div class="float stack">{all.map((c) => <label class="check" key={c}><input type="checkbox" checked={shown.includes(c)} onChange={() => toggle(c)} />{tOr('col.' + c, c)}</label>)}</div>
    </details>
  );
}

function useHidden(op) {
  const key = 'hufu.columns.' + op;
  const [hidden, set] = useState(() => { try { return JSON.parse(localStorage.getItem(key)) || []; } catch { return []; } });
  const toggle = (c) => {
    const next = hidden.includes(c) ? hidden.filter((x) => x !== c) : [...hidden, c];
    set(next);
    try { localStorage.setItem(key, JSON.stringify(next)); } catch { /* private window */ }
  };
  return [hidden, toggle];
}

function Foot({ op, args, data, from, all, columns, toggle, paged }) {
  const after = query.value.after;
  const [busy, setBusy] = useState(false);
  const counts = { from: number(from + 1), to: number(from + data.items.length), total: number(data.total ?? 0) };
  const csv = async () => {
    setBusy(true);
    try { await exportCsv(op, args, columns, paged); } catch (e) { notify(errorText(e), 'bad'); }
    setBusy(false);
  };
  return (
    <div class="table-foot">
      <span class="quiet" aria-live="polite">{data.total === undefined ? t('list.count.open', counts) : t('list.count', counts)}</span>
      {after && <button type="button" onClick={() => go(withQuery({ after: '', from: '' }))}>{t('list.first')}</button>}
      {data.next && <button type="button" onClick={() => go(withQuery({ after: data.next, from: from + data.items.length }))}>{t('list.next')}</button>}
      <span class="grow" />
      <Columns all={all} shown={columns} toggle={toggle} />
      <button type="button" class="plain small density" onClick={() => { density.value = density.value === 'compact' ? 'comfortable' : 'compact'; }}>{t('list.density')}: {t('list.' + density.value)}</button>
      <button type="button" class="plain small" disabled={busy} onClick={csv}>{t('list.csv')}</button>
    </div>
  );
}

const Waiting = () => (
  <div class="table-wrap" aria-busy="true"><div class="bones" aria-hidden="true">{[1, 2, 3, 4, 5].map((n) => <i key={n} />)}</div><span class="visually-hidden">{t('loading')}</span></div>
);

/**
 * The list of operation `op` with arguments `args`. idOf(item) names a row; onOpen(item) opens it; selected is the open one.
 * empty: what to show when there is nothing. render: { column: (item) => … }. label names the list to a reader.
 */
export function OpList({ op, args, idOf, onOpen, selected, empty, refresh, render = {}, hide = [], paged = true, label }) {
  const after = query.value.after;
  const from = Number(query.value.from || 0);
  const load = () => call(op, paged ? { ...args, limit: PAGE, ...(after ? { after } : {}) } : args);
  const { data, error, reload } = useLoad(load, [op, JSON.stringify(args), after, refresh]);
  const [hidden, toggle] = useHidden(op);
  useKeys();
  const all = (ops.value[op]?.columns || []).filter((c) => !hide.includes(c));
  const columns = all.filter((c) => !hidden.includes(c));
  if (error && !data) return <Failure error={error} retry={reload} />;
  if (!data) return <Waiting />;
  if (!data.items.length) return <div class="table-wrap"><div class="empty">{empty}</div></div>;
  const open = (item) => (e) => { if (e.type === 'click' || (e.key === 'Enter' && e.target === e.currentTarget)) onOpen?.(item); };
  return (
    <>
      <div class="table-wrap" tabIndex={0} role="region" aria-label={label}>
        <table class={density.value}>
          <thead><tr>{columns.map((c) => <th key={c} scope="col">{tOr('col.' + c, c)}</th>)}</tr></thead>
          <tbody>
            {data.items.map((item) => (
              <tr key={idOf(item)} tabIndex={0} aria-current={selected === idOf(item) ? 'true' : undefined} onClick={open(item)} onKeyDown={open(item)}>
                {columns.map((c) => <td key={c} data-label={tOr('col.' + c, c)} class={place(c, item[c])}>{render[c] ? render[c](item) : cell(c, item[c])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Foot {...{ op, args, data, from, all, columns, toggle, paged }} />
    </>
  );
}

/** A box that filters a list: it searches a moment after the last key, or at once on Enter. */
export function FilterText({ label, value, set }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => set(text), 350);
    return () => clearTimeout(timer);
  }, [text]);
  return <input type="search" aria-label={label} placeholder={label} value={text} onInput={(e) => setText(e.target.value)} onKeyDown={(e) => e.key === 'Enter' && set(text)} />;
}

/** Everything that a record says about itself. */
export function Facts({ thing, hide = [], render = {} }) {
  const rows = Object.entries(thing).filter(([k, v]) => !hide.includes(k) && v !== null && v !== undefined && v !== '');
  return <dl class="facts">{rows.map(([k, v]) => [<dt key={k}>{tOr('col.' + k, k)}</dt>, <dd key={k + '='}>{render[k] ? render[k](v) : cell(k, v, 96)}</dd>])}</dl>;
}
