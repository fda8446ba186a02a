/** Origins that a program lists. */

import { BittensorAuthError } from "./errors.js";

/** The origin in `text`. Throws `invalid_configuration` for anything that is more or less than one. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.origin !== text && `${url.origin}/` !== text) || url.origin === "null") {
    throw misfit("origins: expected each as in https://api.example.org");
  }
  return url.origin;
}

/** A setting that does not fit. */
export function misfit(message: string): BittensorAuthError {
  return new BittensorAuthError("invalid_configuration", message);
}
