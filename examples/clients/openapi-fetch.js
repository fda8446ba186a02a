/** A typed client of `openapi-typescript` sends with the session: it takes any `fetch`. */

import createClient from "openapi-fetch";

/** `auth`: what `createHotkeyAuth` gave. */
export async function score(auth, baseUrl) {
  const client = createClient({ baseUrl, fetch: auth.fetch });
  const { data, error } = await client.POST("/score");
  if (error) throw new Error(error.code);
  return data;
}
