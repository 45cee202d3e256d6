import { useState } from 'preact/hooks';
import { call } from '../api.js';
import { lang, me, mustChange, notify, refreshMe } from '../state.js';
import { errorText, t } from '../i18n/index.js';
import { Failure, Tabs } from '../ui/basics.jsx';
import { Field } from '../ui/form.jsx';

function Password() {
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const send = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError();
    try {
      const { login, password } = e.target.elements;
      await call('login password', { login: login.value, password: password.value });
      await refreshMe();
    } catch (failure) {
      setError(failure.status === 401 ? { wrong: true } : failure);
      setBusy(false);
    }
  };
  return (
    <form class="stack" onSubmit={send}>
      {error?.wrong ? <div class="alert" role="alert">{t('signin.failed')}</div> : <Failure error={error} />}
      <Field id="login" label={t('signin.login')}><input id="login" name="login" autocomplete="username" required autofocus /></Field>
      <Field id="password" label={t('signin.password')}><input id="password" name="password" type="password" autocomplete="current-password" required /></Field>
      <button class="primary" disabled={busy}>{t('signin.go')}</button>
    </form>
  );
}

const Certificate = () => (
  <div class="stack">
    <p>{t('signin.cert.how')}</p>
    <pre tabIndex={0} aria-label="hufu login">{`hufu login --server ${location.origin} \\\n  --cacert ca.pem --p12 me.p12 --passfile pass`}</pre>
    <p class="quiet">{t('signin.cert.then')}</p>
  </div>
);

export function ChangePassword({ oldLabel, done }) {
  const [error, setError] = useState();
  const send = async (e) => {
    e.preventDefault();
    setError();
    try {
      const { old, fresh } = e.target.elements;
      await call('password change', { old: old.value, new: fresh.value });
      e.target.reset();
      notify(t('password.changed'));
      done?.();
    } catch (failure) { setError(failure); }
  };
  const beside = (field) => (error?.field === field ? errorText(error) : '');
  return (
    <form class="stack" onSubmit={send}>
      {error && !['old', 'new'].includes(error.field) && <Failure error={error} />}
      <Field id="old" label={oldLabel} wrong={beside('old')}><input id="old" name="old" type="password" autocomplete="current-password" required /></Field>
      <Field id="fresh" label={t('password.new')} help={t('signin.rule')} wrong={beside('new')}><input id="fresh" name="fresh" type="password" autocomplete="new-password" required /></Field>
      <div><button class="primary">{t('password.change')}</button></div>
    </form>
  );
}

export function SignIn() {
  const [way, setWay] = useState('password');
  const changing = me.value && mustChange.value;
  return (
    <main class="signin">
      <div class="card stack">
        <div class="row"><img src="/mark.svg" alt="" width="32" height="32" /><strong class="grow">{t('product')} <span class="quiet">{t('product.sub')}</span></strong>
          <button type="button" class="plain" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => { lang.value = lang.value === 'zh' ? 'en' : 'zh'; }}>{lang.value === 'zh' ? 'English' : '中文'}</button></div>
        <div><h1>{changing ? t('signin.change') : t('signin.title')}</h1><p class="quiet">{changing ? t('signin.change.why') : t('signin.purpose')}</p></div>
        {changing ? <ChangePassword oldLabel={t('signin.old')} done={refreshMe} /> : (
          <>
            <Tabs at={way} set={setWay} names={['password', 'certificate'].map((w) => [w, t('signin.' + w)])} />
            {way === 'password' ? <Password /> : <Certificate />}
          </>
        )}
      </div>
    </main>
  );
}
