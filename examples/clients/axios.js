/** axios sends with the session through its own `fetch` adapter. */

import axios from "axios";

/** `auth`: what `createHotkeyAuth` gave. */
export async function score(auth, baseURL) {
  const client = axios.create({ baseURL, adapter: "fetch", env: { fetch: auth.fetch, Request, Response } });
  const { data } = await client.post("/score", { uid: 7 });
  return data;
}
