/** Logging in with a wallet, and signing every request of a program. Nothing here touches a page at import. */

export type { ExternalSigner, SignatureLike, Signer } from "../signer.js";
export { createHotkeyAuth } from "./auth.js";
export {
  BittensorAuthError,
  type ClientErrorCode,
  type ErrorCode,
  type ErrorKind,
  type Retry,
} from "./errors.js";
export { type HotkeyFetch, type HotkeyFetchOptions, hotkeyFetch } from "./hotkey-fetch.js";
export type {
  Account,
  BytesSigner,
  HotkeyAuth,
  HotkeyAuthOptions,
  LoggedOutReason,
  LoginOptions,
  LoginSigner,
  LoginWithOptions,
  PairSigner,
  RawSigner,
  Session,
  SessionSnapshot,
  SessionState,
  TokenStorage,
  Wallet,
} from "./types.js";
export { errorOf } from "./wire.js";
