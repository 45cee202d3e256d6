// The search of everything: pages, certificates, persons, applications. Arrow keys choose, Enter goes there.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api.js';
import { go } from '../route.jsx';
import { may } from '../state.js';
import { t } from '../i18n/index.js';
import { pages } from '../pages.js';

const EACH = 5;
const within = (text, part) => text.toLowerCase().includes(part.toLowerCase());
const items = (permission, op, args) => (may(permission) ? call(op, args).then((r) => r.items, () => []) : Promise.resolve([]));

async function find(text) {
  const [certs, persons, apps] = await Promise.all([
    items('ca-read', 'cert list', { find: text, limit: EACH }),
    items('person-read', 'person list', { find: text, limit: EACH }),
    items('app-read', 'app list', {}),
  ]);
  return [
    ...pages.filter((p) => p.section && may(p.may) && within(t(p.key), text)).map((p) => ({ kind: 'search.page', text: t(p.key), href: p.path })),
    ...certs.map((c) => ({ kind: 'search.cert', text: c.subject, more: c.serial.slice(0, 16) + '…', href: '/certificate?serial=' + c.serial })),
    ...persons.map((p) => ({ kind: 'search.person', text: p.name, more: p.login, href: '/people?login=' + encodeURIComponent(p.login) })),
    ...apps.filter((a) => within(a.name + ' ' + a.title, text)).slice(0, EACH).map((a) => ({ kind: 'search.app', text: a.title, more: a.name, href: '/applications?app=' + encodeURIComponent(a.name) })),
  ];
}

export function Search() {
  const [text, setText] = useState('');
  const [found, setFound] = useState();
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const input = useRef();
  const asked = useRef('');
  const trimmed = text.trim();
  useEffect(() => {
    asked.current = trimmed;
    if (!trimmed) { setFound(); return undefined; }
    const timer = setTimeout(() => find(trimmed).then((r) => { if (asked.current === trimmed) { setFound(r); setAt(0); } }), 200);
    return () => clearTimeout(timer);
  }, [trimmed]);
  const pick = (item) => { setText(''); setOpen(false); input.current.blur(); go(item.href); };
  const submit = async (e) => {
    e.preventDefault();
    if (!trimmed) return;
    const list = found || await find(trimmed);
    if (list.length) pick(list[Math.min(at, list.length - 1)]);
    else { setFound(list); setOpen(true); }
  };
  const key = (e) => {
    const n = found?.length || 0;
    if (e.key === 'Escape') { setOpen(false); setText(''); input.current.blur(); e.preventDefault(); }
    else if (n && e.key === 'ArrowDown') { setAt((at + 1) % n); e.preventDefault(); }
    else if (n && e.key === 'ArrowUp') { setAt((at + n - 1) % n); e.preventDefault(); }
  };
  const shown = open && trimmed && found;
  return (
    <form role="search" class="search" onSubmit={submit}>
      <input id="search" ref={input} type="search" role="combobox" autocomplete="off" spellcheck={false} aria-label={t('search')} placeholder={`${t('search.all')}  (/)`}
        aria-expanded={!!shown} aria-controls="found" aria-activedescendant={shown && found.length ? `found-${at}` : undefined}
        value={text} onInput={(e) => { setText(e.target.value); setOpen(true); }} onKeyDown={key} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} />
      <div id="found" role="listbox" aria-label={t('search')} class={shown && found.length ? 'float' : 'float gone'}>
        {shown && found.map((item, i) => (
          <div key={item.href} id={`found-${i}`} role="option" aria-selected={i === at} onPointerDown={(e) => { e.preventDefault(); pick(item); }}>
            <span class="quiet small">{t(item.kind)}</span><span class="grow">{item.text}</span>{item.more && <span class="mono small quiet">{item.more}</span>}
          </div>
        ))}
      </div>
      {shown && !found.length && <div class="float" role="status">{t('search.none')}</div>}
    </form>
  );
}
