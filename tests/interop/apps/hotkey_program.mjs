/** What the JavaScript clients of the tests do, in Node and in a page: one order in, one answer out. */

/**
 * `library`: `Keypair` of the package with `hotkeyFetch` and `createHotkeyAuth` of its client. `seed`: hex.
 * `site`: the origin that login texts name.
 */
export function hotkeyProgram({ Keypair, hotkeyFetch, createHotkeyAuth }, { seed, scheme, site }) {
  const keypair = Keypair.fromSeed(Uint8Array.from(seed.match(/../g), (pair) => Number.parseInt(pair, 16)), scheme);
  const signing = new Map();
  const sessions = new Map();
  let token = "";

  async function sent({ origin, receiver, method, target, body }) {
    const key = `${origin} ${receiver}`;
    if (!signing.has(key)) signing.set(key, hotkeyFetch(keypair, { receiver, origins: [origin] }));
    const bytes = body === null ? undefined : Uint8Array.from(body, (character) => character.charCodeAt(0));
    const { pathname, search } = new URL(origin + target);
    return { ...(await answered(signing.get(key)(origin + target, { method, body: bytes }))), wire: pathname + search };
  }

  async function login({ origin }) {
    const watched = (input, init) => {
      const request = new Request(input, init);
      token = request.headers.get("authorization")?.replace("Bearer ", "") ?? token;
      return fetch(request);
    };
    const auth = createHotkeyAuth({ baseURL: origin, loginOrigin: site, fetch: watched });
    sessions.set(origin, auth);
    await auth.loginWith(keypair, keypair.ss58Address, { scheme });
    return { ...(await answered(auth.fetch(`${origin}/echo/session`))), token };
  }

  async function logout({ origin }) {
    await sessions.get(origin).logout();
    sessions.get(origin).dispose();
    return { status: 200 };
  }

  const orders = { send: sent, login, logout };
  return (order) => orders[order.do](order).catch(failed);
}

const answered = (response) =>
  response.then(async (answer) => ({ status: answer.status, json: await answer.json().catch(() => null) }), failed);

const failed = (failure) => ({ status: 0, json: { code: failure.code, detail: String(failure) } });
