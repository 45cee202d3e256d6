// A certificate's DER as indented lines, for reading: tag, length, value. Only what X.509 uses gets a name.

const UNIVERSAL = { 1: 'BOOLEAN', 2: 'INTEGER', 3: 'BIT STRING', 4: 'OCTET STRING', 5: 'NULL', 6: 'OBJECT IDENTIFIER', 10: 'ENUMERATED', 12: 'UTF8String', 16: 'SEQUENCE', 17: 'SET', 19: 'PrintableString', 20: 'TeletexString', 22: 'IA5String', 23: 'UTCTime', 24: 'GeneralizedTime', 30: 'BMPString' };
const TEXT = [12, 19, 20, 22, 23, 24];
const DEPTH = 32;

const NAMES = {
  '2.5.4.3': 'commonName', '2.5.4.4': 'surname', '2.5.4.5': 'serialNumber', '2.5.4.6': 'country', '2.5.4.7': 'locality', '2.5.4.8': 'state', '2.5.4.10': 'organization', '2.5.4.11': 'organizationalUnit', '2.5.4.12': 'title', '2.5.4.42': 'givenName',
  '2.5.29.14': 'subjectKeyIdentifier', '2.5.29.15': 'keyUsage', '2.5.29.17': 'subjectAltName', '2.5.29.19': 'basicConstraints', '2.5.29.30': 'nameConstraints', '2.5.29.31': 'cRLDistributionPoints', '2.5.29.32': 'certificatePolicies', '2.5.29.35': 'authorityKeyIdentifier', '2.5.29.37': 'extKeyUsage',
  '1.3.6.1.5.5.7.1.1': 'authorityInfoAccess', '1.3.6.1.5.5.7.3.1': 'serverAuth', '1.3.6.1.5.5.7.3.2': 'clientAuth', '1.3.6.1.5.5.7.3.4': 'emailProtection', '1.3.6.1.5.5.7.3.9': 'OCSPSigning', '1.3.6.1.5.5.7.48.1': 'ocsp', '1.3.6.1.5.5.7.48.2': 'caIssuers', '1.3.6.1.5.5.7.48.1.5': 'ocspNoCheck',
  '1.2.840.10045.2.1': 'ecPublicKey', '1.2.840.10045.3.1.7': 'prime256v1', '1.3.132.0.34': 'secp384r1', '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256', '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.156.10197.1.301': 'sm2', '1.2.156.10197.1.501': 'sm2-with-sm3', '1.2.840.113549.1.1.1': 'rsaEncryption', '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption', '1.2.840.113549.1.9.1': 'emailAddress', '0.9.2342.19200300.100.1.1': 'userId', '0.9.2342.19200300.100.1.25': 'domainComponent',
};

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
const short = (bytes) => (bytes.length > 32 ? `${hex(bytes.subarray(0, 32))}… (${bytes.length})` : hex(bytes));

function oid(bytes) {
  const arcs = [];
  let n = 0n;
  for (const b of bytes) {
    n = (n << 7n) | BigInt(b & 127);
    if (b & 128) continue;
    if (arcs.length) arcs.push(n);
    else { const first = n < 80n ? n / 40n : 2n; arcs.push(first, n - first * 40n); }
    n = 0n;
  }
  const text = arcs.join('.');
  return NAMES[text] ? `${text} ${NAMES[text]}` : text;
}

/** One element at `at`: { tag, cls, built, from, to }, or null where the bytes are no DER. */
function element(b, at, end) {
  if (at + 2 > end) return null;
  const first = b[at], cls = first >> 6, tag = first & 31;
  if (tag === 31) return null;
  let from = at + 2, length = b[at + 1];
  if (length & 128) {
    const n = length & 127;
    if (n === 0 || n > 4 || from + n > end) return null;
    length = 0;
    for (let i = 0; i < n; i++) length = length * 256 + b[from + i];
    from += n;
  }
  return from + length > end ? null : { tag, cls, built: !!(first & 32), from, to: from + length };
}

function whole(b, from, end) {
  if (from >= end) return false;
  for (let at = from; at < end;) { const e = element(b, at, end); if (!e) return false; at = e.to; }
  return true;
}

function value(b, e) {
  const body = b.subarray(e.from, e.to);
  if (e.cls !== 0) return /^[\x20-\x7e]+$/.test(String.fromCharCode(...body.subarray(0, 256))) && body.length <= 256 ? String.fromCharCode(...body) : short(body);
  if (TEXT.includes(e.tag)) return new TextDecoder().decode(body);
  if (e.tag === 6) return oid(body);
  if (e.tag === 1) return body[0] ? 'TRUE' : 'FALSE';
  if (e.tag === 2 && body.length <= 4) return String(body.reduce((n, x) => n * 256 + x, 0));
  return short(body);
}

function walk(b, from, end, depth, lines) {
  for (let at = from; at < end;) {
    const e = element(b, at, end);
    const pad = '  '.repeat(depth);
    if (!e || depth > DEPTH) { lines.push(pad + short(b.subarray(at, end))); return; }
    const name = e.cls === 0 ? UNIVERSAL[e.tag] || `[UNIVERSAL ${e.tag}]` : e.cls === 2 ? `[${e.tag}]` : `[class ${e.cls}, ${e.tag}]`;
    const inside = e.built ? e.from : e.cls === 0 && e.tag === 4 && whole(b, e.from, e.to) ? e.from : -1;
    if (inside >= 0) { lines.push(`${pad}${name} (${e.to - e.from})`); walk(b, inside, e.to, depth + 1, lines); }
    else { const v = value(b, e); lines.push(`${pad}${name}${v ? ' ' + v : ''}`); }
    at = e.to;
  }
}

/** The lines of the first PEM block in `pem`. */
export function decodePem(pem) {
  const body = /-----BEGIN [^-]+-----([^-]+)-----END/.exec(pem);
  if (!body) return '';
  const bytes = Uint8Array.from(atob(body[1].replace(/\s/g, '')), (c) => c.charCodeAt(0));
  const lines = [];
  walk(bytes, 0, bytes.length, 0, lines);
  return lines.join('\n');
}
