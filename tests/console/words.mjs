// The console's two dictionaries, read as they are: the same keys, and every key that the source names.
// node words.mjs CONSOLE-SOURCE; prints ok or FAIL a line, "N passed, N failed" at the end.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = process.argv[2];
const load = async (name) => (await import(pathToFileURL(join(root, 'i18n', name)))).default;
const en = await load('en.js'), zh = await load('zh.js');
let passed = 0, failed = 0;
const check = (name, wrong) => {
  if (wrong.length) { failed++; console.log(`FAIL ${name}: ${wrong.join(', ')}`); } else { passed++; console.log(`ok   ${name}`); }
};

const files = readdirSync(root, { recursive: true }).filter((f) => /\.jsx?$/.test(f) && !f.startsWith('i18n'));
const text = files.map((f) => readFileSync(join(root, f), 'utf8')).join('\n');
const named = new Set([...text.matchAll(/\bt(?:Or)?\('([^']+)'\s*[,)]/g), ...text.matchAll(/(?:key|section|kind): '([a-z]+\.[a-z]+|[a-z]+)'/g)].map((m) => m[1]));
const prefixes = [...text.matchAll(/\bt(?:Or)?\('([a-z]+\.)'\s*\+/g)].map((m) => m[1]);
const places = (s) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join();

check('every key of the English dictionary is in the Chinese one', Object.keys(en).filter((k) => !(k in zh)));
check('every key of the Chinese dictionary is in the English one', Object.keys(zh).filter((k) => !(k in en)));
check(`the ${named.size} keys that the source names exist`, [...named].filter((k) => !(k in en)));
check('every beginning of a key that the source completes has keys', prefixes.filter((p) => !Object.keys(en).some((k) => k.startsWith(p))));
check('both languages fill in the same values', Object.keys(en).filter((k) => k in zh && places(en[k]) !== places(zh[k])));
check('Chinese texts are Chinese', Object.keys(zh).filter((k) => en[k] && zh[k] === en[k] && /[a-z]{4}/.test(zh[k])));
check('no text apologises, asks politely or shouts', Object.keys(en).filter((k) => /!|\bplease\b|\bsorry\b/i.test(en[k]) || /[！请]/.test(zh[k]?.replace(/请求|申请|请选择|或请/g, '') ?? '')));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
