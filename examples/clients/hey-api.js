/** A client that hey-api generated (`npm run hey-api`) sends with the session: its client takes any `fetch`. */

import { client } from "./hey-api/client.gen.js";
import { scoreScorePost } from "./hey-api/sdk.gen.js";

/** `auth`: what `createHotkeyAuth` gave. */
export async function score(auth, baseUrl) {
  client.setConfig({ baseUrl, fetch: auth.fetch });
  const { data, error } = await scoreScorePost();
  if (error) throw new Error(error.code);
  return data;
}
