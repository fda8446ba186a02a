import { BittensorAuthError } from "bittensor-auth/client";
import { advice } from "./advice";

/** What went wrong, in words, with the code that a person can look up, and what to do. */
export function Notice({ error }: { readonly error: unknown }) {
  const known = error instanceof BittensorAuthError ? error : undefined;
  const hint = known ? (advice[known.code] ?? known.hint) : "reload the page; if it happens again, tell its operator";
  return (
    <div className="notice bad" role="alert">
      <p className="notice-title">{known ? sentence(known.message) : "Something in this page went wrong."}</p>
      {hint && <p>{sentence(hint)}</p>}
      {known && <code className="code">{known.code}</code>}
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}
