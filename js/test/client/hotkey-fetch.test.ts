/** Signed requests of a program, at a real FastAPI service and at servers that misbehave. */

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type HotkeyFetchOptions, hotkeyFetch } from "../../src/client/index.js";
import { keepEngine } from "../../src/engine/loaded.js";
import { type ExternalSigner, Keypair } from "../../src/index.js";
import { service as receiver, SECOND } from "../actors.js";
import { WASM } from "../engines.js";
import { rejection } from "./refusals.js";
import { missing, Service } from "./service.js";

keepEngine(WASM);
const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const to = receiver().ss58Address;
let service: Service;

function signing(options: Partial<HotkeyFetchOptions> = {}): ReturnType<typeof hotkeyFetch> {
  return hotkeyFetch(key, { receiver: to, origins: [service.origin], ...options });
}

interface Seen {
  readonly url: string;
  readonly headers: Headers;
  readonly init: RequestInit | undefined;
}

/** A network that answers what it is told, and remembers what was sent. */
function network(...answers: (Response | Error | "service")[]): { fetch: typeof fetch; seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    fetch: async (url, init) => {
      seen.push({ url: String(url), headers: new Headers(init?.headers), init });
      const answer = answers.shift() ?? "service";
      if (answer instanceof Error) throw answer;
      return answer === "service" ? fetch(url, init) : answer;
    },
  };
}

const problem = (status: number, fields: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(fields), { status, headers: { "content-type": "application/problem+json", ...headers } });
const nonces = (seen: Seen[]) => seen.map(({ headers }) => headers.get("x-bittensor-nonce"));

async function body(response: Response): Promise<Record<string, string>> {
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, string>;
}

describe.skipIf(missing)("hotkeyFetch", () => {
  beforeAll(async () => {
    service = await Service.start();
  }, 90_000);
  afterAll(() => service?.stop());

  it.each([
    ["/", "/"],
    ["/a?b=c&b=d", "/a?b=c&b=d"],
    ["/a?", "/a"],
    ["/a#part", "/a"],
    ["/a?#part", "/a"],
    ["/%7Ea/b%2Fc?d=%20+", "/%7Ea/b%2Fc?d=%20+"],
    ["/é/ü?ö='", "/%C3%A9/%C3%BC?%C3%B6=%27"],
    ["//a//b", "//a//b"],
    ["/a/../b/./c", "/b/c"],
    ["/a|b", "/a|b"],
  ])("is accepted for the target %s", async (path, target) => {
    expect(await body(await signing()(service.origin + path))).toMatchObject({ target, via: "signature" });
  });

  it("signs what is sent, whatever kind of body it is", async () => {
    const form = new FormData();
    form.set("field", "värde");
    form.set("file", new Blob([Uint8Array.of(0, 255, 10)]), "a.bin");
    const sent = network();
    const post = (content: BodyInit | null, headers: Record<string, string> = {}) =>
      signing({ fetch: sent.fetch })(`${service.origin}/b`, { method: "POST", body: content, headers });
    const multipart = await body(await post(form));
    expect(multipart["type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(multipart["body"]).toContain('name="file"; filename="a.bin"');
    expect(await body(await post(new URLSearchParams({ a: "ü" })))).toMatchObject({ body: "a=%C3%BC" });
    expect(await body(await post(new Blob(["x"], { type: "text/x" })))).toMatchObject({ type: "text/x", body: "x" });
    expect(await body(await post(new Blob(["a", "b"]).stream()))).toMatchObject({ body: "ab" });
    expect(await body(await post(Uint8Array.of(0, 1)))).toMatchObject({ body: "\0\x01" });
    expect(await body(await post("{}", { "content-type": "application/json" }))).toMatchObject({
      type: "application/json",
    });
    expect(await body(await post(""))).toMatchObject({ body: "" });
    const request = new Request(`${service.origin}/r`, { method: "PUT", body: "text" });
    expect(await body(await signing()(request))).toMatchObject({ method: "PUT", body: "text" });
  });

  it("signs for the listed origins only, and sends nothing elsewhere", async () => {
    const sent = network();
    const send = signing({ fetch: sent.fetch });
    for (const url of ["https://evil.example/", service.origin.replace("http", "https"), "http://127.0.0.1:1/"]) {
      await rejection("signing_refused", send(url));
    }
    expect(sent.seen).toEqual([]);
  });

  it("follows a redirect to a listed origin with a new signature, and to no other", async () => {
    const redirect = (location: string, status = 307) => new Response(null, { status, headers: { location } });
    const sent = network(redirect("/moved?a=1"));
    const init = { method: "POST", body: "x" };
    expect(await body(await signing({ fetch: sent.fetch })(`${service.origin}/old`, init))).toMatchObject({
      method: "POST",
      target: "/moved?a=1",
      body: "x",
    });
    const [first, second] = nonces(sent.seen);
    expect(first).not.toBe(second);
    const other = network(redirect("/moved", 303));
    expect(await body(await signing({ fetch: other.fetch })(`${service.origin}/old`, init))).toMatchObject({
      method: "GET",
      body: "",
    });
    for (const location of ["https://evil.example/", "//evil.example", "http://", "/again"]) {
      const away = network(...Array.from({ length: 9 }, () => redirect(location)));
      await rejection("redirect_refused", signing({ fetch: away.fetch })(`${service.origin}/old`));
      expect(away.seen.every(({ url }) => url.startsWith(`${service.origin}/`))).toBe(true);
      expect(away.seen.length).toBeLessThanOrEqual(6);
    }
    const asked = { redirect: "manual" } as const;
    const answer = await signing({ fetch: network(redirect("https://evil.example/")).fetch })(
      `${service.origin}/old`,
      asked,
    );
    expect(answer.status).toBe(307);
  });

  it("repeats idempotent requests with a fresh nonce each, and no others", async () => {
    const failing = () => network(new TypeError("fetch failed"), new Response(null, { status: 502 }));
    const sent = failing();
    await body(await signing({ fetch: sent.fetch })(`${service.origin}/x`, { method: "PUT", body: "x" }));
    expect(new Set(nonces(sent.seen)).size).toBe(3);
    await rejection(
      "network_unreachable",
      signing({ fetch: failing().fetch })(`${service.origin}/x`, { method: "POST", body: "x" }),
    );
    const warming = network(problem(503, { code: "store_warming" }, { "retry-after": "1" }));
    expect(
      await body(await signing({ fetch: warming.fetch })(`${service.origin}/x`, { method: "POST", body: "x" })),
    ).toBeTruthy();
  });

  it("corrects its clock once, in either direction, and starts its nonces anew", async () => {
    for (const wrong of [-600n, 600n]) {
      const sent = network();
      const clock = () => BigInt(Date.now()) * 1_000_000n + wrong * SECOND;
      const send = signing({ fetch: sent.fetch, clock });
      await body(await send(`${service.origin}/x`, { method: "POST", body: "x" }));
      await body(await send(`${service.origin}/y`));
      expect(sent.seen.length).toBe(3);
    }
  });

  it("does not when it is told not to, or when that is not what is wrong", async () => {
    const clock = () => BigInt(Date.now()) * 1_000_000n - 600n * SECOND;
    const stale = await signing({ clock, correctClock: false })(`${service.origin}/x`);
    expect(await stale.json()).toMatchObject({ code: "stale_request" });
    await rejection(
      "stale_request",
      signing({ clock: () => BigInt(Date.now()) * 1_000_000n - 3_600n * SECOND })(`${service.origin}/x`),
    );
    const server_time_ms = Date.now() + 300_000;
    for (const answer of [
      () => problem(401, { code: "wrong_receiver", server_time_ms }),
      () => problem(401, { code: "missing_credentials", server_time_ms }),
      () => new Response("no", { status: 401 }),
      () => new Response("no", { status: 401, headers: { date: new Date().toUTCString() } }),
      () => new Response("no", { status: 401, headers: { date: new Date(0).toUTCString() } }),
      () => new Response("no", { status: 401, headers: { date: "soon" } }),
      () => problem(403, { code: "hotkey_denied", server_time_ms }),
    ]) {
      const sent = network(answer());
      expect((await signing({ fetch: sent.fetch })(`${service.origin}/x`)).status).toBeGreaterThan(400);
      expect(sent.seen.length).toBe(1);
    }
  });

  it("reads Date where another verifier says nothing that can be read", async () => {
    const date = new Date(Date.now() + 120_000).toUTCString();
    const sent = network(new Response("Unauthorized", { status: 401, headers: { date } }));
    await signing({ fetch: sent.fetch })(`${service.origin}/x`);
    expect(sent.seen.length).toBe(2);
    const [first = "", second = ""] = nonces(sent.seen) as string[];
    expect(Number((BigInt(second) - BigInt(first)) / SECOND)).toBeGreaterThan(110);
  });

  it("never rounds a nonce", async () => {
    const sent = network();
    const clock = () => 1_752_076_800_123_456_789n;
    await signing({ fetch: sent.fetch, clock, correctClock: false })(`${service.origin}/x`);
    await signing({ fetch: sent.fetch, clock, correctClock: false })(`${service.origin}/x`);
    for (const nonce of nonces(sent.seen)) {
      const spread = BigInt(nonce as string) - clock();
      expect(spread > -2_000_000n && spread < 2_000_000n).toBe(true);
    }
  });

  it("takes signers that live elsewhere, and tells nothing of what they say", async () => {
    const signer: ExternalSigner = { ss58Address: key.ss58Address, sign: async (message) => key.sign(message) };
    expect((await hotkeyFetch(signer, { receiver: { [service.origin]: to } })(`${service.origin}/x`)).status).toBe(200);
    const marker = `0x${"ab".repeat(64)}`;
    for (const sign of [() => marker, () => Promise.reject(new Error(marker)), () => Uint8Array.of(1)]) {
      await rejection(
        "signer_failed",
        hotkeyFetch({ ...signer, sign }, { receiver: to, origins: [service.origin] })(`${service.origin}/x`),
      );
    }
  });

  it("says when it is made what does not fit", () => {
    const made = (options: unknown) => () => hotkeyFetch(key, options as HotkeyFetchOptions);
    expect(made({ receiver: to })).toThrow(/origins/);
    expect(made({ receiver: to, origins: ["https://a.example/path"] })).toThrow(/origins/);
    expect(made({ receiver: {}, origins: ["https://a.example"] })).toThrow(/receiver/);
    expect(made({ receiver: { "a.example": to } })).toThrow(/origins/);
  });

  it("can be given up", async () => {
    const person = new AbortController();
    const hanging = vi.fn(
      (_: unknown, init?: RequestInit) =>
        new Promise<Response>((__, reject) =>
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
        ),
    );
    const asked = signing({ fetch: hanging as typeof fetch })(`${service.origin}/x`, { signal: person.signal });
    await vi.waitFor(() => expect(hanging).toHaveBeenCalled());
    person.abort();
    await rejection("aborted", asked);
  });
});
