import type { LoggedOutReason } from "bittensor-auth/client";

/** Why somebody is signed out, and what that means for them. */
export const reasons: Readonly<Record<LoggedOutReason, string>> = {
  logout: "You signed out.",
  expired: "The session reached its end. Sign in again.",
  ended: "The server ended this session. Sign in again.",
  refresh_reused: "The session was ended because one of its tokens was used twice. Sign in again.",
  forbidden: "This hotkey may no longer use this service. Ask its operator.",
  account_changed: "The wallet no longer offers the account that was signed in.",
  replaced: "Another sign-in in this browser took over.",
};
