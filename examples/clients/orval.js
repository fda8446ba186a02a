/** Functions that orval generated (`npm run orval`) send with the session through `orval-send.ts`. */

import { scoreScorePost } from "./orval/api.js";
import { sendWith } from "./orval-send.js";

/** `auth`: what `createHotkeyAuth` gave. */
export async function score(auth) {
  sendWith(auth.fetch);
  const { status, data } = await scoreScorePost();
  if (status !== 200) throw new Error(data.code);
  return data;
}
