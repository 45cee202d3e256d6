// Every page: path, permission, title key, menu section, icon, component. The menu is this table, filtered.
import { Account } from './pages/account.jsx';
import { Applications } from './pages/applications.jsx';
import { Approvals } from './pages/approvals.jsx';
import { Audit } from './pages/audit.jsx';
import { Authorities } from './pages/authorities.jsx';
import { Certificate, Certificates, Issue } from './pages/certificates.jsx';
import { Overview } from './pages/overview.jsx';
import { People } from './pages/people.jsx';
import { Portal } from './pages/portal.jsx';

export const pages = [
  { path: '/', may: 'ca-read', key: 'nav.overview', section: 'section.overview', icon: 'overview', component: Overview },
  { path: '/portal', may: 'signed-in', key: 'nav.portal', section: 'section.overview', icon: 'portal', component: Portal },
  { path: '/approvals', may: 'signed-in', key: 'nav.approvals', section: 'section.overview', icon: 'approvals', component: Approvals },
  { path: '/certificates', may: 'ca-read', key: 'nav.certificates', section: 'section.certificates', icon: 'certificates', component: Certificates },
  { path: '/certificates/issue', may: 'cert-issue', key: 'certs.issue', component: Issue },
  { path: '/certificate', may: 'ca-read', key: 'nav.certificates', component: Certificate },
  { path: '/authorities', may: 'ca-read', key: 'nav.authorities', section: 'section.certificates', icon: 'authorities', component: Authorities },
  { path: '/people', may: 'person-read', key: 'nav.people', section: 'section.identity', icon: 'people', component: People },
  { path: '/applications', may: 'app-read', key: 'nav.apps', section: 'section.identity', icon: 'apps', component: Applications },
  { path: '/audit', may: 'audit-read', key: 'nav.audit', section: 'section.audit', icon: 'audit', component: Audit },
  { path: '/account', may: 'signed-in', key: 'account', component: Account },
];
