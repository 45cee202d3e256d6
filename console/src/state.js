// What the whole console knows: who is here, language, theme, operations, short messages.
import { computed, effect, signal } from '@preact/signals';
import { call, operations, whenSignedOut } from './api.js';

const stored = (key, otherwise) => { try { return localStorage.getItem(key) || otherwise; } catch { return otherwise; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };

export const me = signal(undefined);      // undefined: not asked yet; null: nobody
export const ops = signal({});
export const lang = signal(stored('hufu.lang', navigator.language.startsWith('zh') ? 'zh' : 'en'));
export const theme = signal(stored('hufu.theme', 'auto'));
export const density = signal(stored('hufu.density', 'comfortable'));
export const notices = signal([]);
export const mustChange = computed(() => !!me.value?.must_change);

effect(() => { keep('hufu.lang', lang.value); document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'; });
effect(() => { keep('hufu.theme', theme.value); document.documentElement.dataset.theme = theme.value; });
effect(() => { keep('hufu.density', density.value); });

export const may = (permission) => !!me.value && me.value.may.includes(permission);

export async function refreshMe() {
  try {
    const who = await call('whoami');
    ops.value = await operations();
    me.value = who;
  } catch (failure) {
    me.value = null;
    if (failure.status !== 401) throw failure;
  }
}
whenSignedOut(() => { me.value = null; });

let counter = 0;
export function notify(text, kind = 'good') {
  const id = ++counter;
  notices.value = [...notices.value, { id, text, kind }];
  setTimeout(() => { notices.value = notices.value.filter((n) => n.id !== id); }, 6000);
}
