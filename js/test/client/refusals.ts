import { expect } from "vitest";
import { BittensorAuthError, type ErrorCode } from "../../src/client/errors.js";

/** What a promise rejects with: the one error with this code, whose words tell nothing that came in. */
export async function rejection(code: ErrorCode, promise: Promise<unknown>): Promise<BittensorAuthError> {
  const thrown: unknown = await promise.then(
    () => new Error(`expected ${code}, nothing was thrown`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof BittensorAuthError)) throw thrown;
  expect(thrown.code).toBe(code);
  expect(`${thrown.message} ${thrown.hint}`).not.toMatch(/bta[sr]_|[0-9a-f]{40}|[\w-]{60}/i);
  return thrown;
}
