// The HTTP API: one function, errors as objects that forms can show beside a field.

export class ApiError extends Error {
  constructor(status, error) {
    const text = error.message || `HTTP ${status}`;
    super(error.field && text.startsWith(error.field + ': ') ? text.slice(error.field.length + 2) : text);
    Object.assign(this, { status, code: error.code, field: error.field, id: error.id });
  }
}

let onSignedOut = () => {};
export const whenSignedOut = (f) => { onSignedOut = f; };

async function ask(path, init) {
  let answer;
  try {
    answer = await fetch('/api/v1/' + path, { credentials: 'same-origin', ...init });
  } catch {
    throw new ApiError(0, { code: 'E_PEER', message: 'unreachable' });
  }
  const reply = await answer.json().catch(() => ({}));
  if (answer.ok) return reply;
  if (answer.status === 401 && !path.startsWith('login')) onSignedOut();
  throw new ApiError(answer.status, reply.error || {});
}

/** Runs the operation `op` ("cert revoke"); gives its reply. 202 gives { pending: … }. */
export const call = (op, args = {}) => ask(op.replaceAll(' ', '/'), {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'Hufu-Request-Id': crypto.randomUUID() },
  body: JSON.stringify(args),
});

/** The same, or null where the caller has no permission: parts of a page that not everybody sees. */
export const callOrNull = (op, args) => call(op, args).catch((e) => { if (e.status === 403) return null; throw e; });

/** One row of the operation table as forms and lists want it: words of a choice, columns as a list. */
const shape = (row) => ({
  ...row,
  columns: row.columns ? row.columns.split(',') : [],
  args: row.arguments.map((a) => ({ ...a, words: a.kind.includes('|') ? a.kind.split('|') : [] })),
});

/** The rows of the operation table, by name. */
export async function operations() {
  const reply = await ask('operations');
  return Object.fromEntries(reply.items.map((row) => [row.name, shape(row)]));
}
