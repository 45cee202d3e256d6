// Two dictionaries of our own; a key that is missing shows itself, and a test looks for those.
import { lang } from '../state.js';
import en from './en.js';
import zh from './zh.js';

const books = { en, zh };

/** The text for key; {name} is replaced by values.name. */
export function t(key, values = {}) {
  const text = books[lang.value][key] ?? books.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** The same, or `otherwise` when no dictionary has the key. */
export const tOr = (key, otherwise) => (key in books.en ? t(key) : otherwise);

const locale = () => (lang.value === 'zh' ? 'zh-CN' : 'en-GB');
export const number = (n) => new Intl.NumberFormat(locale()).format(n);
export const dateTime = (iso) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
export const dateOnly = (iso) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(iso));

const steps = [[60, 'second', 1], [3600, 'minute', 60], [86400, 'hour', 3600]];
/** "5 minutes ago" within a day, the date beyond. */
export function relative(iso) {
  const s = (new Date(iso) - Date.now()) / 1000;
  const step = steps.find(([limit]) => Math.abs(s) < limit);
  if (!step) return dateTime(iso);
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(s / step[2]), step[1]);
}
