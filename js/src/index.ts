/**
 * Which hotkey is calling, and may it? Signed requests (`btauth/1`) for Bittensor APIs.
 *
 * The engine, a native addon or WebAssembly, is loaded when it is first needed. In browsers that takes an
 * `await ready()` before anything else; functions that give a promise do it by themselves.
 */

import { loadEngine } from "./engine/current.js";
import type { WasmSource } from "./engine/runtime.js";

export type { Bytes } from "./bytes.js";
export { Caller } from "./caller.js";
export { CheckedHead } from "./checked-head.js";
export type { WasmSource } from "./engine/runtime.js";
export { type Age, BittensorAuthError, type ErrorCode, type ErrorKind, type Retry } from "./errors.js";
export { type HeadersInput, isSigned } from "./headers.js";
export { Hotkey, type Scheme } from "./hotkey.js";
export { Keypair } from "./keypair.js";
export { MemoryStore, type MemoryStoreOptions } from "./memory.js";
export { Policy } from "./policy.js";
export type { ExternalSigner, SignatureLike, Signer } from "./signer.js";
export {
  RequestSigner,
  type RequestSignerOptions,
  type RequestToSign,
  type SignedHeaders,
  signRequest,
} from "./signing.js";
export type { Store } from "./store.js";
export type { Clock } from "./time.js";
export { type ReceivedRequest, Verifier, type VerifierOptions } from "./verifier.js";
export { type VerifiedRequest, type VerifyRequestOptions, verifyRequest } from "./verify-request.js";

/**
 * Loads the engine. Needed in browsers only, before the first call that gives no promise.
 *
 * `wasm`: where `bittensor-auth/full.wasm` is, for pages and bundlers that do not find it by themselves; elsewhere
 * `bittensor-auth/server.wasm`.
 */
export async function ready(wasm?: WasmSource): Promise<void> {
  await loadEngine(wasm);
}
