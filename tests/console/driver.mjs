// What the stories in a browser share: the browser, watched pages, checks that count, axe.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const story = JSON.parse(readFileSync(process.env.HUFU_STORY, 'utf8'));
export const base = 'https://' + story.https;
export const counts = { passed: 0, failed: 0 };
const troubles = [];

/** One thing that must hold; a failure is told with what the page looked like, and the story goes on. */
export async function check(name, run, page) {
  try {
    await run();
    if (troubles.length) throw new Error(troubles.splice(0).join('\n'));
    counts.passed++;
    console.log('ok   ' + name);
  } catch (e) {
    counts.failed++;
    troubles.length = 0;
    console.log(`FAIL ${name}: ${String(e.stack || e).split('\n').slice(0, 12).join('\n     ')}`);
    if (page) await page.screenshot({ path: `${process.env.HUFU_SHOTS}/${name.replace(/[^a-z0-9]+/gi, '-')}.png` }).catch(() => {});
  }
}

export function must(condition, text) {
  if (!condition) throw new Error(text);
}

export const open = () => chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', `--ignore-certificate-errors-spki-list=${story.spki}`],
});

/** Everything odd that a page does is a trouble: errors, violations of the policy, requests to anywhere else. */
function watch(page) {
  page.setDefaultTimeout(20000);
  // a refusal is an answer: the browser's remark about its status is not an error of the page
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !/status of 4\d\d/.test(m.text())) troubles.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => troubles.push('error in the page: ' + e.stack));
  page.on('request', (r) => { if (!r.url().startsWith(base) && !/^(blob|data):/.test(r.url())) troubles.push('request to elsewhere: ' + r.url()); });
  page.on('response', (r) => { if (r.status() >= 500) troubles.push(`${r.status()} ${r.url()}`); });
}

/** A fresh browser profile; look: { width, theme, lang }. saved: cookies of another one. */
export async function person(browser, { width = 1440, theme = 'light', lang = 'en' } = {}, saved) {
  const context = await browser.newContext({ viewport: { width, height: width < 720 ? 844 : 900 }, acceptDownloads: true, reducedMotion: 'reduce', ...(saved ? { storageState: saved } : {}) });
  await context.addInitScript((set) => {
    for (const [k, v] of Object.entries(set)) if (!localStorage.getItem(k)) localStorage.setItem(k, v);
    addEventListener('securitypolicyviolation', (e) => console.error(`policy violated: ${e.violatedDirective} ${e.blockedURI}`));
  }, { 'hufu.theme': theme, 'hufu.lang': lang });
  const page = await context.newPage();
  watch(page);
  return { context, page };
}

/** Waits until the page is there and no part of it is being loaded. */
export async function settle(page) {
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('[aria-busy="true"]'));
}

/** axe over the page as it stands; says each violation with its places. */
export async function accessible(page) {
  const found = await page.evaluate(async (source) => {
    if (!globalThis.axe) globalThis.eval(source);
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + (n.any[0]?.message || n.all[0]?.message || '')).join(' | ')}`);
  }, axe);
  must(found.length === 0, 'axe: ' + found.join('\n'));
}

/** Nothing sticks out at the side, no key stands where a text should. */
export async function tidy(page) {
  const { wide, keys } = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const keys = [];
    for (let n = walker.nextNode(); n; n = walker.nextNode()) if (/^(nav|section|signin|overview|certs|people|apps|approvals|audit|portal|authorities|account|list|form|state|col|arg|help|word|error|event|op|search|profile|keys|theme|password)\.[\w.-]+$/.test(n.data.trim())) keys.push(n.data);
    return { wide: document.documentElement.scrollWidth - innerWidth, keys: keys.filter((k) => !k.endsWith('.*')) };
  });
  must(wide <= 0, `the page is ${wide} px wider than the window`);
  must(keys.length === 0, 'keys without a text: ' + keys.join(', '));
}

export const text = (page, selector) => page.locator(selector).first().innerText();
export const notice = (page, part) => page.locator('.notices .alert', { hasText: part }).first().waitFor();
export const wrongBeside = async (page, id) => (await page.locator(`#${id}-note.wrong`).innerText());

export async function signIn(page, login, password) {
  await page.goto(base + '/');
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.click('form button.primary');
}

export async function firstSignIn(page, login, once, own) {
  await signIn(page, login, once);
  await page.fill('#old', once);
  await page.fill('#fresh', own);
  await page.click('form button.primary');
  await page.waitForSelector('.rail', { state: 'attached' });
}
