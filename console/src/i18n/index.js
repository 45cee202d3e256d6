// Two dictionaries of our own; a key that is missing shows itself, and tests/console looks for those.
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

/** A word of the server's vocabulary (a role, a reason, a method) as a reader says it. */
export const word = (w) => tOr('word.' + w, w);
/** Several of them, as the server writes them: separated by blanks. */
export const words = (text) => (text || '').split(' ').filter(Boolean).map(word).join(lang.value === 'zh' ? '、' : ', ');

/** An error in words: in Chinese the kind of refusal first, then what the server says. */
export function errorText(error) {
  if (error.status === 0) return t('unreachable');
  const kind = lang.value === 'zh' && tOr('error.' + error.code, '');
  return kind ? `${kind}：${error.message}` : error.message.charAt(0).toUpperCase() + error.message.slice(1);
}

const locale = () => (lang.value === 'zh' ? 'zh-CN' : 'en-GB');
const format = (options) => (at) => new Intl.DateTimeFormat(locale(), options).format(new Date(at));
export const number = (n) => new Intl.NumberFormat(locale()).format(n);
export const dateTime = format({ dateStyle: 'medium', timeStyle: 'short' });
export const dateOnly = format({ dateStyle: 'medium' });
export const dayMonth = format({ day: 'numeric', month: 'short' });
export const clock = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const steps = [[60, 'second', 1], [3600, 'minute', 60], [86400, 'hour', 3600]];
/** "5 minutes ago" within a day, the date beyond. */
export function relative(iso) {
  const s = (new Date(iso) - Date.now()) / 1000;
  const step = steps.find(([limit]) => Math.abs(s) < limit);
  if (!step) return dateTime(iso);
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(s / step[2]), step[1]);
}
