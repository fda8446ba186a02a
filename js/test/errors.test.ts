import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decide } from "../src/engine/failure.js";
import { ERRORS } from "../src/errors.generated.js";
import { BittensorAuthError, type ErrorCode } from "../src/index.js";
import { refusal } from "./actors.js";

const published = JSON.parse(readFileSync(new URL("../../spec/errors.json", import.meta.url), "utf8"));

describe("the table", () => {
  it("is the published one", () => {
    const rows = Object.entries(ERRORS).map(([code, [kind, http_status, retry, title, hint]]) => ({
      code,
      kind,
      http_status,
      retry,
      title,
      hint,
    }));
    expect(rows).toEqual(published.errors);
    expect(rows.length).toBe(published.count);
  });

  it.each(Object.keys(ERRORS) as ErrorCode[])("makes an error of %s", (code) => {
    const error = new BittensorAuthError(code);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("BittensorAuthError");
    expect(error.message).toBe(error.title);
    expect(error.retryable).toBe(error.retry !== "never");
    expect(error.retryAfter).toBe(error.httpStatus === 503 ? 1 : undefined);
  });
});

describe("what an engine throws", () => {
  const thrown = (value: unknown) => () =>
    decide(() => {
      throw value;
    });

  it("becomes an error with everything that it says", () => {
    const text = "stale_request\n14210 10000 2000\n\nthe request is 14210 ms old";
    for (const value of [text, new Error(text)]) {
      const error = refusal("stale_request", thrown(value));
      expect(error.message).toBe("the request is 14210 ms old");
      expect(error.age).toEqual({ ageMs: 14_210, maxAgeMs: 10_000, allowedSkewMs: 2_000 });
      expect(error.retryAfter).toBeUndefined();
    }
    expect(refusal("store_warming", thrown("store_warming\n\n4\nwarming")).retryAfter).toBe(4);
  });

  it("stays what it is when it is no failure of the core", () => {
    for (const value of [new TypeError("x"), new Error("nonsense\n\n\n"), "unreachable", 7, undefined]) {
      let caught: unknown = "nothing";
      try {
        thrown(value)();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(value);
    }
  });
});
