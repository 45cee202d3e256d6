// A form made from an operation's description: labels, help, limits and words all come from the server's row.
import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { lang, ops } from '../state.js';
import { t, tOr } from '../i18n/index.js';
import { Failure } from './basics.jsx';

export function Field({ id, label, help, wrong, optional, children }) {
  return (
    <div class={`field ${wrong ? 'bad' : ''}`}>
      <label for={id}>{label}{optional && <span class="quiet small"> {t('form.optional')}</span>}</label>
      {children}
      {wrong ? <span class="wrong" role="alert" id={id + '-wrong'}>{wrong}</span> : help && <span class="help">{help}</span>}
    </div>
  );
}

function Control({ id, arg, value, set }) {
  const words = arg.words || [];
  if (arg.type === 'boolean') return <label class="check"><input id={id} type="checkbox" checked={!!value} onChange={(e) => set(e.target.checked || undefined)} />{t('arg.' + arg.member)}</label>;
  if (words.length && arg.repeated) {
    const list = value || [];
    return <div class="row" id={id} role="group">{words.map((w) => <label class="check" key={w}><input type="checkbox" checked={list.includes(w)} onChange={(e) => set(e.target.checked ? [...list, w] : list.filter((x) => x !== w))} />{w}</label>)}</div>;
  }
  if (words.length) return <select id={id} value={value || ''} onChange={(e) => set(e.target.value || undefined)}><option value="">{t('form.choose')}</option>{words.map((w) => <option key={w} value={w}>{w}</option>)}</select>;
  if (arg.repeated) return <textarea id={id} rows={3} value={(value || []).join('\n')} onInput={(e) => set(e.target.value.split('\n').filter(Boolean))} />;
  if (arg.kind === 'file') return <textarea id={id} rows={8} spellcheck={false} value={value || ''} onInput={(e) => set(e.target.value || undefined)} />;
  if (arg.type === 'integer') return <input id={id} type="number" min={arg.low} max={arg.high} value={value ?? ''} onInput={(e) => set(e.target.value === '' ? undefined : Number(e.target.value))} />;
  return <input id={id} type={arg.kind === 'secret' ? 'password' : 'text'} value={value ?? ''} autocomplete="off" onInput={(e) => set(e.target.value || undefined)} />;
}

/**
 * The form of operation `op`. preset: values that are given and not shown. choices: { member: [words] } for lists
 * known at run time. onDone(reply, args) after success; 202 counts as success and carries reply.pending.
 */
export function OpForm({ op, preset = {}, initial = {}, choices = {}, submit, onDone, onCancel, order }) {
  const row = ops.value[op];
  const [values, setValues] = useState(initial);
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  if (!row) return null;
  const args = (row.args || []).filter((a) => !(a.member in preset) && a.kind !== 'path-out').map((a) => (choices[a.member] ? { ...a, words: choices[a.member] } : a));
  if (order) args.sort((a, b) => (order.indexOf(a.member) + 99) % 99 - (order.indexOf(b.member) + 99) % 99);
  const help = (a) => (a.repeated && !(a.words || []).length ? `${lang.value === 'zh' ? a.help_zh || '' : a.help || ''} ${t('form.list')}` : lang.value === 'zh' ? a.help_zh : a.help);
  const send = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError();
    try {
      const all = { ...values, ...preset };
      onDone(await call(op, all), all);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const field = (a) => {
    const id = `f-${op.replaceAll(' ', '-')}-${a.member}`;
    const control = <Control id={id} arg={a} value={values[a.member]} set={(v) => setValues((all) => ({ ...all, [a.member]: v }))} />;
    if (a.type === 'boolean') return <div class="field" key={a.member}>{control}</div>;
    return <Field key={a.member} id={id} label={tOr('arg.' + a.member, a.name)} help={help(a)} optional={!a.required} wrong={error?.field === a.member ? error.message : ''}>{control}</Field>;
  };
  const first = args.filter((a) => a.required || (order || []).includes(a.member));
  const rest = args.filter((a) => !first.includes(a));
  return (
    <form class="stack" onSubmit={send} noValidate>
      {error && !args.some((a) => a.member === error.field) && <Failure error={error} />}
      {first.map(field)}
      {rest.length > 0 && <details open={rest.some((a) => a.member === error?.field)}><summary>{t('more')}</summary><div class="stack">{rest.map(field)}</div></details>}
      {row.second && <p class="quiet small">{t('form.second.help')}</p>}
      <div class="row">
        <button class="primary" disabled={busy}>{row.second ? t('form.second') : submit || t('certs.done')}</button>
        {onCancel && <button type="button" onClick={onCancel}>{t('cancel')}</button>}
      </div>
    </form>
  );
}
