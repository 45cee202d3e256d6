// The address bar is the state: path and query as signals, links without reloading.
import { computed, signal } from '@preact/signals';

const here = signal(new URL(location.href));
addEventListener('popstate', () => { here.value = new URL(location.href); });

export const path = computed(() => here.value.pathname);
export const query = computed(() => Object.fromEntries(here.value.searchParams));

export function go(to, replace = false) {
  const url = new URL(to, location.href);
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  here.value = url;
}

/** The present address with some query members changed; null or '' removes one. */
export function withQuery(changes) {
  const url = new URL(here.value);
  for (const [k, v] of Object.entries(changes)) {
    if (v === null || v === undefined || v === '') url.searchParams.delete(k);
    else url.searchParams.set(k, v);
  }
  return url.pathname + url.search;
}

export function Link({ href, children, ...rest }) {
  const click = (e) => {
    if (e.metaKey || e.ctrlKey || e.shiftKey || e.button) return;
    e.preventDefault();
    go(href);
  };
  return <a href={href} onClick={click} {...rest}>{children}</a>;
}
