/**
 * Where the API is. It is set when the dashboard is built and cannot be changed by a link: whoever names the API of a
 * page is told the signature of everybody who signs in there.
 */
export const apiURL = import.meta.env.VITE_API_URL ?? "/api";

/** What happens when the wallet no longer offers the account: `?on-account-change=keep` stays signed in. */
export const onAccountChange =
  new URLSearchParams(location.search).get("on-account-change") === "keep" ? "keep" : "log-out";
