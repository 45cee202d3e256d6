// A form made from an operation's description: labels, help, limits and words all come from the server's row.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api.js';
import { ops } from '../state.js';
import { errorText, t, tOr, word } from '../i18n/index.js';
import { Failure } from './basics.jsx';

/** One field: label above, help below or what is wrong. The control inside carries `id`. */
export function Field({ id, label, help, wrong, optional, group, children }) {
  const Label = group ? 'span' : 'label';
  return (
    <div class={`field ${wrong ? 'bad' : ''}`} {...(group ? { role: 'group', 'aria-labelledby': id + '-label' } : {})}>
      <Label class="label" id={id + '-label'} {...(group ? {} : { for: id })}>{label}{optional && <span class="quiet small"> {t('form.optional')}</span>}</Label>
      {children}
      {wrong ? <span class="wrong" role="alert" id={id + '-note'}>{wrong}</span> : help && <span class="help" id={id + '-note'}>{help}</span>}
    </div>
  );
}

/** Text that may come from a file of the reader's. */
function FileText({ value, set, ...rest }) {
  const take = async (e) => { const [file] = e.target.files; if (file) set((await file.text()).slice(0, 262144)); };
  return (
    <>
      <textarea {...rest} rows={8} spellcheck={false} placeholder="-----BEGIN …-----" value={value || ''} onInput={(e) => set(e.target.value || undefined)} />
      <label class="button file">{t('certs.file')}<input type="file" class="visually-hidden" onChange={take} /></label>
    </>
  );
}

function Words({ id, list, value, set }) {
  const held = value || [];
  const toggle = (w) => (e) => set(e.target.checked ? [...held, w] : held.filter((x) => x !== w));
  return <div class="row choices" id={id}>{list.map((w) => <label class="check" key={w}><input type="checkbox" checked={held.includes(w)} onChange={toggle(w)} />{word(w)}</label>)}</div>;
}

function Select({ list, value, set, labels, ...rest }) {
  return (
    <select {...rest} value={value || ''} onChange={(e) => set(e.target.value || undefined)}>
      <option value="">{t('form.choose')}</option>{list.map((w) => <option key={w} value={w}>{labels?.[w] || word(w)}</option>)}
    </select>
  );
}

function Control({ arg, value, set, ...rest }) {
  const list = arg.words || [];
  const text = (e) => set(e.target.value || undefined);
  if (arg.type === 'boolean') return <label class="check"><input {...rest} type="checkbox" checked={!!value} onChange={(e) => set(e.target.checked || undefined)} />{tOr('arg.' + arg.member, arg.name)}</label>;
  if (list.length && arg.repeated) return <Words id={rest.id} list={list} value={value} set={set} />;
  if (list.length) return <Select {...rest} list={list} labels={arg.labels} value={value} set={set} />;
  if (arg.repeated) return <textarea {...rest} rows={3} value={(value || []).join('\n')} onInput={(e) => set(e.target.value === '' ? undefined : e.target.value.split('\n'))} />;
  if (arg.kind === 'file') return <FileText {...rest} value={value} set={set} />;
  if (arg.type === 'integer') return <input {...rest} type="number" min={arg.low} max={arg.high} value={value ?? ''} onInput={(e) => set(e.target.value === '' ? undefined : Number(e.target.value))} />;
  return <input {...rest} type={arg.kind === 'secret' ? 'password' : 'text'} value={value ?? ''} autocomplete="off" spellcheck={false} onInput={text} />;
}

/** Lists of lines lose their empty ones only when they are sent: a line break may be typed. */
const clean = (values) => Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)
  .map(([k, v]) => [k, Array.isArray(v) ? v.map((x) => x.trim()).filter(Boolean) : v]));

/**
 * The form of operation `op`. preset: values that are given and not shown. choices: { member: [words] } and labels:
 * { member: { word: text } } for lists known at run time. order: members shown at once; the rest is folded.
 * onDone(reply, args) after success; 202 counts as success and carries reply.pending. aside(values) is shown below the
 * first fields. ready: false keeps the button shut.
 */
export function OpForm({ op, preset = {}, initial = {}, choices = {}, labels = {}, submit, onDone, onCancel, order = [], hide = [], aside, ready = true, danger }) {
  const row = ops.value[op];
  const [values, setValues] = useState(initial);
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const form = useRef();
  useEffect(() => { if (error?.field) form.current?.querySelector('[aria-invalid="true"]')?.focus(); }, [error]);
  if (!row) return null;
  const args = row.args.filter((a) => !(a.member in preset) && !hide.includes(a.member) && a.kind !== 'path-out')
    .map((a) => ({ ...a, words: choices[a.member] || a.words, labels: labels[a.member] }));
  const place = (a) => (order.includes(a.member) ? order.indexOf(a.member) : order.length);
  args.sort((a, b) => place(a) - place(b));
  const send = async (e) => {
    e.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError();
    const all = clean({ ...values, ...preset });
    try {
      const reply = await call(op, all);
      setBusy(false);
      onDone(reply, all);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const field = (a) => {
    const id = `f-${op.replaceAll(' ', '-')}-${a.member}`;
    const wrong = error?.field === a.member ? errorText(error) : '';
    const help = tOr('help.' + a.member, '');
    const rest = { id, 'aria-invalid': wrong ? 'true' : undefined, 'aria-describedby': wrong || help ? id + '-note' : undefined };
    const control = <Control {...rest} arg={a} value={values[a.member]} set={(v) => setValues((old) => ({ ...old, [a.member]: v }))} />;
    if (a.type === 'boolean') return <div class="field" key={a.member}>{control}{wrong && <span class="wrong" role="alert" id={id + '-note'}>{wrong}</span>}</div>;
    return <Field key={a.member} id={id} group={a.repeated && a.words.length > 0} label={tOr('arg.' + a.member, a.name)} help={help} optional={!a.required} wrong={wrong}>{control}</Field>;
  };
  const first = args.filter((a) => a.required || order.includes(a.member));
  const rest = args.filter((a) => !first.includes(a));
  return (
    <form class="stack" ref={form} onSubmit={send} noValidate>
      {error && !args.some((a) => a.member === error.field) && <Failure error={error} />}
      {first.map(field)}
      {aside?.(values)}
      {rest.length > 0 && <details open={rest.some((a) => a.member === error?.field) || undefined}><summary>{t('more')}</summary><div class="stack">{rest.map(field)}</div></details>}
      {row.second_for_role && (values.role?.length > 0 || values.person) && <p class="alert info">{t('form.second.role')}</p>}
      {row.second && <p class="alert info">{t('form.second.help')} {t('approvals.who')}</p>}
      <div class="row form-end">
        <button class={danger ? 'primary danger' : 'primary'} disabled={busy || !ready}>{row.second ? t('form.second') : submit || t('certs.done')}</button>
        {onCancel && <button type="button" onClick={onCancel}>{t('cancel')}</button>}
      </div>
    </form>
  );
}
