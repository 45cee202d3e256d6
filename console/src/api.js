// The HTTP API: one function, errors as objects that forms can show beside a field.

export class ApiError extends Error {
  constructor(status, error) {
    super(error.message || `HTTP ${status}`);
    Object.assign(this, { status, code: error.code, field: error.field, id: error.id });
  }
}

let onSignedOut = () => {};
export const whenSignedOut = (f) => { onSignedOut = f; };

const requestId = () => crypto.randomUUID();

/** Runs the operation `op` ("cert revoke"); gives its reply. 202 gives { pending: … }. */
export async function call(op, args = {}) {
  let answer;
  try {
    answer = await fetch('/api/v1/' + op.replaceAll(' ', '/'), {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'Hufu-Request-Id': requestId() },
      body: JSON.stringify(args),
    });
  } catch {
    throw new ApiError(0, { code: 'E_PEER', message: 'unreachable' });
  }
  const reply = await answer.json().catch(() => ({}));
  if (answer.ok) return reply;
  const failure = new ApiError(answer.status, reply.error || {});
  if (answer.status === 401 && !op.startsWith('login')) onSignedOut();
  throw failure;
}

/** One row of the operation table as forms and lists want it: words of a choice, columns as a list. */
const shape = (row) => ({
  ...row,
  columns: row.columns ? row.columns.split(',') : [],
  args: row.arguments.map((a) => ({ ...a, words: a.kind.includes('|') ? a.kind.split('|') : [] })),
});

/** The rows of the operation table, by name. */
export async function operations() {
  const answer = await fetch('/api/v1/operations', { credentials: 'same-origin' });
  const reply = await answer.json();
  return Object.fromEntries(reply.items.map((row) => [row.name, shape(row)]));
}
