/**
 * A service that knows which hotkey calls, over Web-standard requests: signed requests, sessions, their routes and
 * answers. The adapters for frameworks stand on it.
 */

export { Caller } from "./caller.js";
export { type Age, BittensorAuthError, type ErrorCode, type ErrorKind, type Retry } from "./errors.js";
export { MemoryStore, type MemoryStoreOptions } from "./memory.js";
export { Policy } from "./policy.js";
export { HotkeyAuth } from "./server/auth.js";
export type { RawRequest } from "./server/received.js";
export type { HotkeyAuthOptions, Log } from "./server/settings.js";
export type { Store } from "./store.js";
