// A day of the console in a real browser against a real Hufu: administrator, second person, keyboard, both languages.
import { readFileSync } from 'node:fs';
import { accessible, base, check, counts, firstSignIn, must, notice, open, person, settle, signIn, story, text, tidy, wrongBeside } from './driver.mjs';

const OWN = 'a long password of my own';
const browser = await open();
const admin = await person(browser);
const page = admin.page;
const at = async (path) => { await page.goto(base + path); await settle(page); };
const has = (selector, part) => page.locator(selector, { hasText: part }).first().waitFor();

/* -- Signing in ----------------------------------------------------------------------- */

await check('the sign-in page in every look', async () => {
  for (const look of [{ width: 1440, theme: 'light', lang: 'en' }, { width: 1440, theme: 'dark', lang: 'zh' }, { width: 390, theme: 'light', lang: 'zh' }, { width: 360, theme: 'dark', lang: 'en' }]) {
    const who = await person(browser, look);
    await who.page.goto(base + '/');
    await who.page.waitForSelector('#login');
    must((await text(who.page, 'h1')) === (look.lang === 'zh' ? '登录' : 'Sign in'), 'the language is not the one chosen');
    await accessible(who.page);
    await tidy(who.page);
    await who.page.locator('[role=tab]').nth(1).click();
    await who.page.waitForSelector('.signin pre');
    await accessible(who.page);
    await tidy(who.page);
    await who.context.close();
  }
});

await check('a wrong password and a wrong login get the same words', async () => {
  const said = [];
  for (const [login, password] of [[story.admin.login, 'not the password'], ['nobody-here', 'not the password']]) {
    await signIn(page, login, password);
    said.push(await text(page, '[role=alert]'));
  }
  must(said[0] === said[1] && said[0].includes('Login or password is wrong'), said.join(' / '));
}, page);

await check('a one-time password opens only the change of it, also after a reload', async () => {
  await page.waitForTimeout(1100); // guessing is slowed down by a second
  await signIn(page, story.admin.login, story.admin.password);
  await page.waitForSelector('#fresh');
  await page.reload();
  await page.waitForSelector('#fresh');
  must(!(await page.locator('.rail').count()), 'the console is there');
  await page.fill('#old', story.admin.password);
  await page.fill('#fresh', 'short');
  await page.click('form button.primary');
  must((await wrongBeside(page, 'fresh')).length > 5, 'no rule beside the field');
  await accessible(page);
  await page.fill('#fresh', OWN);
  await page.click('form button.primary');
  await page.waitForSelector('.rail');
  must((await text(page, 'h1')) === 'Overview', 'no overview');
}, page);

await check('the policy allows nothing inline and nothing from elsewhere', async () => {
  const policy = (await page.goto(base + '/')).headers()['content-security-policy'] || '';
  must(policy.includes("default-src 'none'") && policy.includes("script-src 'self'") && !/unsafe|\*|https?:/.test(policy), policy);
}, page);

await check('the server describes nothing that the console has no word for', async () => {
  const words = await import(story.source + '/i18n/en.js');
  const missing = await page.evaluate(async () => (await (await fetch('/api/v1/operations')).json()).items.flatMap((row) => [...(row.columns ? row.columns.split(',').map((c) => 'col.' + c) : []), ...row.arguments.map((a) => 'arg.' + a.member)]));
  const none = [...new Set(missing)].filter((k) => !(k in words.default));
  must(none.length === 0, none.join(', '));
}, page);

/* -- Every page in every look ------------------------------------------------------------------ */

const PAGES = ['/', '/portal', '/approvals', '/certificates', `/certificates?serial=${story.serials[0]}`, `/certificate?serial=${story.serials[1]}`, '/certificates/issue', '/authorities', '/authorities?ca=issuing-sm2', '/people', '/people?login=li', '/applications', '/audit', '/audit?record=1', '/account', '/no-such-page'];
const LOOKS = [{ width: 1440, theme: 'light', lang: 'en' }, { width: 1440, theme: 'dark', lang: 'zh' }, { width: 390, theme: 'light', lang: 'zh' }, { width: 390, theme: 'dark', lang: 'en' }];
const cookies = { cookies: (await admin.context.storageState()).cookies, origins: [] };

await Promise.all([LOOKS.slice(0, 2), LOOKS.slice(2)].map(async (looks) => {
  for (const look of looks) {
    const who = await person(browser, look, cookies);
    for (const path of PAGES) {
      const name = path.replace(/=[0-9a-f]{20,}/, '=…');
      await check(`${name} at ${look.width} px, ${look.theme}, ${look.lang}`, async () => {
        await who.page.goto(base + path);
        await who.page.waitForSelector('h1');
        await settle(who.page);
        must(await who.page.evaluate(() => document.documentElement.lang) === (look.lang === 'zh' ? 'zh-CN' : 'en'), 'lang of the document');
        must(/[\u4e00-\u9fff]/.test(await text(who.page, 'h1')) === (look.lang === 'zh'), 'the title is in the other language');
        must(!(await who.page.locator('[role=alert]').count()), 'an alert: ' + await who.page.locator('[role=alert]').allInnerTexts());
        await accessible(who.page);
        await tidy(who.page);
      }, who.page);
    }
    await who.context.close();
  }
}));

await check('the menu of a narrow screen opens and closes', async () => {
  const who = await person(browser, { width: 390 }, cookies);
  await who.page.goto(base + '/people');
  await settle(who.page);
  await who.page.click('.drawer-button');
  await who.page.locator('.rail a.item', { hasText: 'Audit' }).click();
  await who.page.waitForSelector('.rail:not(.open)', { state: 'attached' });
  must(who.page.url() === base + '/audit', who.page.url());
  await who.context.close();
});

/* -- Certificates ------------------------------------------------------------------------------------ */

let issued;
await check('a certificate is issued from a pasted request, errors beside their fields first', async () => {
  await at('/certificates/issue');
  await page.click('form .form-end .primary');
  await page.waitForSelector('.wrong');
  await page.selectOption('#f-cert-issue-profile', 'tls-server');
  await page.fill('#f-cert-issue-csr', 'this is no request');
  await page.click('form .form-end .primary');
  must((await wrongBeside(page, 'f-cert-issue-csr')).length > 5, 'nothing beside the request');
  await page.fill('#f-cert-issue-csr', readFileSync(story.csr, 'utf8'));
  await page.fill('#f-cert-issue-san', 'dns:console.example.com');
  await page.fill('#f-cert-issue-days', '9999');
  await page.click('form .form-end .primary');
  must((await wrongBeside(page, 'f-cert-issue-days')).includes('9999'), 'nothing beside the days');
  await accessible(page);
  must((await page.inputValue('#f-cert-issue-san')) === 'dns:console.example.com', 'what was typed is lost');
  await page.fill('#f-cert-issue-days', '25');
  await page.click('form .form-end .primary');
  issued = /[0-9a-f]{32}/.exec(await text(page, '.alert.good'))?.[0];
  must(issued, 'no serial');
  await accessible(page);
  await page.click('text=Open full page');
  await settle(page);
  must((await page.locator('.tree li').allInnerTexts()).length === 3, 'the chain is not root, issuing, certificate');
  must((await text(page, '.spread')).includes('25 days left'), await text(page, '.spread'));
}, page);

await check('the tabs of a certificate: history, related, bytes', async () => {
  await page.click('[role=tab]:has-text("History")');
  await has('.chain li', 'Certificate issued');
  await page.click('[role=tab]:has-text("Related")');
  await has('.plain-list', 'issuing-');
  await page.click('[role=tab]:has-text("Raw")');
  await has('pre', '-----BEGIN CERTIFICATE-----');
  await has('pre', 'commonName');
  await has('pre', 'dns:console.example.com');
  await accessible(page);
}, page);

await check('the search of everything finds a name, and Enter opens it', async () => {
  await at('/');
  await page.keyboard.press('/');
  await page.keyboard.type(issued.slice(0, 12));
  await page.waitForSelector('#found [role=option]');
  await accessible(page);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/certificate?serial=' + issued);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Zhang');
  await page.locator('#found [role=option]', { hasText: 'Person' }).waitFor();
  await page.keyboard.press('Escape');
  must(!(await page.locator('#found [role=option]').count()), 'Esc leaves the list open');
}, page);

await check('lists go by pages, the address tells which, and the count is right', async () => {
  await at('/certificates?state=active');
  const total = Number(/of ([\d,]+)/.exec(await text(page, '.table-foot'))[1].replace(',', ''));
  must(total > 50, `only ${total} certificates`);
  const first = await page.locator('tbody tr').first().innerText();
  await page.click('.table-foot button:has-text("Next page")');
  await has('.table-foot', '51–');
  await page.reload();
  await settle(page);
  await has('.table-foot', '51–');
  must((await page.locator('tbody tr').first().innerText()) !== first, 'the second page begins like the first');
  await page.click('.table-foot button:has-text("First page")');
  await has('.table-foot', '1–50');
  const coming = page.waitForEvent('download');
  await page.click('.table-foot button:has-text("Export CSV")');
  const lines = readFileSync(await (await coming).path(), 'utf8').trim().split('\r\n');
  must(lines.length === total + 1, `${lines.length} lines for ${total} certificates`);
  must(lines[0].includes('serial,') && lines[1].split(',')[0].length === 32, lines.slice(0, 2).join(' / '));
}, page);

await check('a bar of the chart leads to the certificates behind it', async () => {
  await at('/');
  const plot = page.locator('.plot .u-over').first();
  const box = await plot.boundingBox();
  await plot.hover({ position: { x: box.width * 0.5, y: box.height - 8 } });
  const said = Number(/(\d+)$/.exec((await text(page, '.legend')).trim())[1]);
  await plot.click({ position: { x: box.width * 0.5, y: box.height - 8 } });
  await page.waitForURL('**/certificates?state=active&week=*');
  await has('.table-foot', `of ${said}`);
}, page);

await check('filters narrow the list, chips show it, and clearing shows all', async () => {
  await at('/certificates');
  await page.fill('.filters input', 'console.example.com');
  await has('.table-foot', '1–1 of 1');
  must(page.url().includes('find=console.example.com'), page.url());
  await page.click('.chip:has-text("revoked")');
  await has('.empty', 'No certificate matches');
  await page.click('.filters button:has-text("Clear")');
  await has('.table-foot', '1–50');
}, page);

await check('keyboard alone: to the row, the panel, suspend, resume, away', async () => {
  await at('/certificates?find=console.example.com');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.panel [role=tab]');
  must(page.url().includes('serial=' + issued), page.url());
  for (const [name, state, said] of [['Suspend', 'suspended', 'is suspended'], ['Resume', 'active', 'is valid again']]) {
    let held = '';
    for (let i = 0; i < 8 && held !== name; i++) { await page.keyboard.press('Tab'); held = await page.evaluate(() => document.activeElement.textContent); }
    must(held === name, `Tab does not reach ${name}`);
    await page.keyboard.press('Enter');
    await notice(page, said);
    await page.locator('.panel .badge', { hasText: state }).waitFor();
    await page.evaluate(() => document.querySelector('.panel').focus());
  }
  await page.keyboard.press('Escape');
  must(!(await page.locator('.panel').count()), 'Esc leaves the panel open');
  must(await page.evaluate(() => document.activeElement.tagName) === 'TR', 'the row has not got the focus back');
  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open] kbd');
  await accessible(page);
  await page.keyboard.press('Escape');
  must(!(await page.locator('dialog').count()), 'Esc leaves the dialog open');
}, page);

await check('revoking needs the last four of the serial and a reason', async () => {
  await at('/certificates?serial=' + issued);
  await page.click('.panel button.danger:has-text("Revoke")');
  const submit = page.locator('dialog form .danger.primary');
  await accessible(page);
  must(await submit.isDisabled(), 'it can be revoked at once');
  await page.fill('#last4', 'zzzz');
  must(await submit.isDisabled(), 'any four characters do');
  await page.fill('#last4', issued.slice(-4));
  await submit.click();
  must((await wrongBeside(page, 'f-cert-revoke-reason')).length > 3, 'nothing beside the reason');
  await page.selectOption('#f-cert-revoke-reason', 'superseded');
  await submit.click();
  await notice(page, 'is revoked');
  await page.locator('.panel .badge', { hasText: 'revoked' }).waitFor();
  must(!(await page.locator('.panel button:has-text("Suspend")').count()), 'a revoked certificate can be suspended');
}, page);

/* -- People, applications, approvals ------------------------------------------------------------- */

let once;
await check('a person is added; a login that is taken is told beside its field; the password shows once', async () => {
  await at('/people');
  await page.click('.page-head .primary');
  await page.fill('#f-person-add-login', 'li');
  await page.fill('#f-person-add-name', '赵敏');
  await page.click('dialog .form-end .primary');
  must((await wrongBeside(page, 'f-person-add-login')).length > 5, 'nothing beside the login');
  await accessible(page);
  await page.fill('#f-person-add-login', 'zhao');
  for (const role of ['approver', 'registrar']) await page.check(`dialog label:has-text("${role}") input`);
  await page.click('dialog .form-end .primary');
  once = await text(page, '.secret');
  must(/^[a-z0-9]+(-[a-z0-9]+)+$/.test(once), once);
  await accessible(page);
  await page.click('dialog .primary');
  await page.locator('tbody tr', { hasText: '赵敏' }).waitFor();
  must(!(await page.content()).includes(once), 'the password is still in the page');
}, page);

await check('an application is registered after an error beside its field', async () => {
  await at('/applications');
  await page.click('.page-head .primary');
  await page.fill('#f-app-add-name', 'ledger');
  await page.fill('#f-app-add-allow', '10.1.0.0/99');
  await page.selectOption('#f-app-add-min_strength', 'password');
  await page.click('dialog .form-end .primary');
  must((await wrongBeside(page, 'f-app-add-allow')).includes('10.1.0.0/99'), 'nothing beside the addresses');
  await page.fill('#f-app-add-allow', '10.1.0.0/16\n127.0.0.1');
  await page.click('dialog .form-end .primary');
  await notice(page, 'ledger was registered');
  await page.locator('tbody tr', { hasText: '10.1.0.0/16' }).click();
  await page.locator('.panel pre', { hasText: 'validateServiceTicket' }).waitFor();
}, page);

const second = await person(browser);
await check('what needs a second person waits, and its asker cannot confirm it', async () => {
  await at('/people?login=li');
  await page.click('.panel button:has-text("Set roles")');
  await page.check('dialog label:has-text("registrar") input');
  await page.click('dialog .primary:has-text("Ask for approval")');
  await notice(page, 'Waiting for a second person');
  await at('/approvals?state=waiting');
  await page.locator('tbody tr').first().click();
  await page.locator('.panel .alert.info', { hasText: 'another person must confirm' }).waitFor();
  must(!(await page.locator('.panel button:has-text("Approve")').count()), 'the asker may approve');
  await accessible(page);
}, page);

await check('the second person signs in, sees it waiting, approves, and it is done', async () => {
  await firstSignIn(second.page, 'zhao', once, OWN);
  await second.page.waitForSelector('.todo');
  await second.page.click('.bell');
  await second.page.locator('tbody tr', { hasText: 'Set roles' }).first().click();
  await second.page.locator('.panel .inset', { hasText: 'registrar' }).waitFor();
  await second.page.click('.panel button:has-text("Approve")');
  await notice(second.page, 'Approved and carried out');
  await second.page.locator('.panel', { hasText: 'zhao decided' }).waitFor();
  await at('/people?login=li');
  await has('.panel .facts', 'registrar');
}, second.page);

await check('what somebody may not see is neither in the menu nor behind the address', async () => {
  must(!(await second.page.locator('.rail a[href="/audit"]').count()), 'the audit is in the menu');
  await second.page.goto(base + '/audit');
  await second.page.locator('h1', { hasText: 'Not permitted' }).waitFor();
}, second.page);

/* -- Audit, account, leaving ------------------------------------------------------------------------ */

await check('the audit chain verifies, records are found and shown whole', async () => {
  await at('/audit');
  await page.click('button:has-text("Verify chain")');
  await has('.alert.good', 'The chain is whole');
  await page.selectOption('.filters select', 'cert.revoked');
  await has('tbody tr', 'Certificate revoked');
  await page.fill('.filters input >> nth=1', issued);
  await has('.table-foot', '1–2 of 2'); // the refused attempt and the act
  await page.locator('tbody tr').first().click();
  await has('.panel .facts', issued.slice(0, 8));
  await accessible(page);
}, page);

await check('the reference of an error leads to its record', async () => {
  await at('/approvals?id=no-such-approval');
  await page.locator('.panel [role=alert]').waitFor();
  await at('/certificates?serial=' + issued);
  await page.evaluate(async (serial) => {
    const answer = await fetch('/api/v1/cert/resume', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Hufu-Request-Id': 'story-' + serial }, body: JSON.stringify({ serial }) });
    if (answer.status !== 409 || (await answer.json()).error.id !== 'story-' + serial) throw new Error('resuming what is revoked: ' + answer.status);
  }, issued);
  await at('/audit?request=story-' + issued);
  await has('.table-foot', '1–1 of 1');
  await has('tbody tr', 'Not possible now');
}, page);

await check('language and theme stay over a reload', async () => {
  await page.keyboard.press('Escape');
  await page.click('.topbar button[lang=zh-CN]');
  await page.click('.menu .who');
  await accessible(page);
  await page.selectOption('.menu select', 'dark');
  await page.keyboard.press('Escape');
  await at('/');
  must((await text(page, 'h1')) === '总览', await text(page, 'h1'));
  must(await page.evaluate(() => document.documentElement.dataset.theme) === 'dark', 'the theme is lost');
  await page.click('.topbar button[lang=en]');
}, page);

await check('another session of one\'s own is shown and can be ended', async () => {
  const other = await person(browser);
  await signIn(other.page, story.admin.login, OWN);
  await other.page.waitForSelector('.rail');
  await at('/account');
  const ends = page.locator('.chain button:has-text("End")');
  await ends.first().click();
  await page.waitForFunction(() => !document.querySelector('.chain button'));
  await other.page.reload();
  await other.page.waitForSelector('#login');
  await other.context.close();
}, page);

await check('signing out leads to the sign-in page, and the way back is shut', async () => {
  await page.click('.menu .who');
  await page.click('.menu button:has-text("Sign out")');
  await page.waitForSelector('#login');
  await page.goBack();
  await page.waitForSelector('#login');
  const status = await page.evaluate(async () => (await fetch('/api/v1/whoami')).status);
  must(status === 401, `whoami answers ${status}`);
}, page);

await browser.close();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed ? 1 : 0);
