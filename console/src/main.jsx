import { render } from 'preact';
import './style.css';
import { Shell } from './ui/shell.jsx';
import { SignIn } from './pages/signin.jsx';
import { Notices } from './ui/basics.jsx';
import { me, mustChange, refreshMe } from './state.js';
import { t } from './i18n/index.js';

function App() {
  if (me.value === undefined) return <div class="signin" aria-busy="true"><span class="quiet">{t('loading')}</span></div>;
  return <>{me.value === null || mustChange.value ? <SignIn /> : <Shell />}<Notices /></>;
}

refreshMe().catch(() => {});
render(<App />, document.getElementById('app'));
