// Lists: columns from the operation's row, keyset paging, keyboard, column chooser, export of what is filtered.
import { useEffect, useState } from 'preact/hooks';
import { call } from '../api.js';
import { go, query, withQuery } from '../route.jsx';
import { density, ops } from '../state.js';
import { number, t, tOr } from '../i18n/index.js';
import { Badge, Code, Failure, Time, useLoad } from './basics.jsx';

const PAGE = 50;
const isTime = (v) => typeof v === 'string' && /^\d{4}-\d\d-\d\dT/.test(v);

export function cell(column, value) {
  if (value === null || value === undefined || value === '') return <span class="quiet">–</span>;
  if (column === 'state') return <Badge state={value} />;
  if (column === 'serial' || column === 'fingerprint') return <Code value={value} />;
  if (isTime(value)) return <Time at={value} />;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'object') return <code class="small">{JSON.stringify(value)}</code>;
  return String(value);
}

const csvField = (v) => {
  const s = v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v);
  const safe = /^[=+\-@\t]/.test(s) ? "'" + s : s; // no formula begins in a spreadsheet
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

async function exportCsv(op, args, columns) {
  const lines = [columns.join(',')];
  let after;
  do {
    const page = await call(op, { ...args, limit: 1000, ...(after ? { after } : {}) });
    for (const item of page.items) lines.push(columns.map((c) => csvField(item[c])).join(','));
    after = page.next;
  } while (after && lines.length < 200000);
  const url = URL.createObjectURL(new Blob(['\ufeff' + lines.join('\r\n') + '\r\n'], { type: 'text/csv' }));
  Object.assign(document.createElement('a'), { href: url, download: op.replaceAll(' ', '-') + '.csv' }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function useKeys(count, open) {
  useEffect(() => {
    const key = (e) => {
      if (e.target.closest('input, textarea, select, dialog') || !['j', 'k'].includes(e.key)) return;
      const rows = [...document.querySelectorAll('tbody tr')];
      const at = rows.findIndex((r) => r.contains(document.activeElement));
      rows[Math.max(0, Math.min(rows.length - 1, at + (e.key === 'j' ? 1 : -1)))]?.focus();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [count, open]);
}

function Columns({ all, shown, toggle }) {
  return (
    <details class="small"><summary>{t('list.columns')}</summary>
      <div class="row">{all.map((c) => <label class="check" key={c}><input type="checkbox" checked={shown.includes(c)} onChange={() => toggle(c)} />{tOr('col.' + c, c)}</label>)}</div>
    </details>
  );
}

/**
 * The list of operation `op` with arguments `args`. idOf(item) names a row; onOpen(item) opens it; selected is the open one.
 * empty: what to show when there is nothing.
 */
export function OpList({ op, args, idOf, onOpen, selected, empty, refresh, render = {}, paged = true }) {
  const after = query.value.after;
  const from = Number(query.value.from || 0);
  const load = () => call(op, paged ? { ...args, limit: PAGE, ...(after ? { after } : {}) } : args);
  const { data, error, reload } = useLoad(load, [op, JSON.stringify(args), after, refresh]);
  const all = (ops.value[op]?.columns || []);
  const key = 'hufu.columns.' + op;
  const [hidden, setHidden] = useState(() => JSON.parse(localStorage.getItem(key) || '[]'));
  const toggle = (c) => { const next = hidden.includes(c) ? hidden.filter((x) => x !== c) : [...hidden, c]; setHidden(next); localStorage.setItem(key, JSON.stringify(next)); };
  const columns = all.filter((c) => !hidden.includes(c));
  const items = data?.items || [];
  useKeys(items.length, selected);
  if (error && !data) return <Failure error={error} retry={reload} />;
  if (!data) return <div class="table-wrap" aria-busy="true"><div class="empty">{t('loading')}</div></div>;
  if (!items.length) return <div class="table-wrap"><div class="empty">{empty}</div></div>;
  const counts = { from: number(from + 1), to: number(from + items.length), total: number(data.total ?? 0) };
  return (
    <>
      <div class="table-wrap" tabIndex={0}>
        <table class={density.value}>
          <thead><tr>{columns.map((c) => <th key={c} scope="col">{tOr('col.' + c, c)}</th>)}</tr></thead>
          <tbody>
            {items.map((item) => (
              <tr key={idOf(item)} tabIndex={0} aria-selected={selected === idOf(item)} onClick={() => onOpen?.(item)} onKeyDown={(e) => e.key === 'Enter' && e.target === e.currentTarget && onOpen?.(item)}>
                {columns.map((c) => <td key={c}>{render[c] ? render[c](item) : cell(c, item[c])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="table-foot">
        <span class="quiet" aria-live="polite">{data.total === undefined ? t('list.count.open', counts) : t('list.count', counts)}</span>
        {after && <button type="button" onClick={() => go(withQuery({ after: '', from: '' }))}>{t('list.first')}</button>}
        {data.next && <button type="button" onClick={() => go(withQuery({ after: data.next, from: from + items.length }))}>{t('list.next')}</button>}
        <span class="grow" />
        <Columns all={all} shown={columns} toggle={toggle} />
        <button type="button" class="plain small" onClick={() => { density.value = density.value === 'compact' ? 'comfortable' : 'compact'; }}>{t('list.density')}: {t('list.' + density.value)}</button>
        {paged && <button type="button" class="plain small" onClick={() => exportCsv(op, args, columns)}>{t('list.csv')}</button>}
      </div>
    </>
  );
}
