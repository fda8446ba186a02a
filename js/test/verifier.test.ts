import { expect, it } from "vitest";
import type { EngineClaim, EngineOutcome } from "../src/engine/engine.js";
import {
  type BittensorAuthError,
  type HeadersInput,
  isSigned,
  Keypair,
  MemoryStore,
  Policy,
  RequestSigner,
  type Scheme,
  type SignedHeaders,
  type VerifierOptions,
} from "../src/index.js";
import { memory, miner, NOW, refusal, rejection, SECOND, service, stranger, verifier } from "./actors.js";
import { onBothEngines } from "./engines.js";

const never = () => Promise.reject(new Error("no sessions here"));
const SESSIONS = { create: never, read: never, rotate: never, end: never, revoke: never };
const REQUEST = { method: "POST", target: "/a%20b?x=1", body: "body" };

function signed(at = NOW, keypair = miner()): SignedHeaders {
  const signer = new RequestSigner(keypair, { receiver: service().ss58Address });
  return signer.sign({ ...REQUEST, nonce: at });
}

onBothEngines((engine) => {
  it("says who called, when and how", () => {
    const caller = verifier().verify({ ...REQUEST, headers: signed() });
    expect(caller.hotkey).toBe(miner().ss58Address);
    expect(caller.publicKey).toEqual(miner().publicKey);
    expect(caller).toMatchObject({ scheme: "sr25519", via: "signature", signedAtNs: NOW, sessionId: undefined });
    expect(JSON.parse(JSON.stringify(caller))).toEqual({
      hotkey: caller.hotkey,
      scheme: "sr25519",
      via: "signature",
      signedAtNs: "1752076800123456789",
    });
  });

  it("takes headers in every shape, and credentials among others", () => {
    const headers = signed();
    const pairs = Object.entries(headers);
    const shapes: HeadersInput[] = [
      headers,
      new Headers(headers),
      new Map(pairs),
      pairs,
      pairs.flat(),
      ["Host", "x", "x-bittensor-drand-round", "1", ...pairs.flat()],
      Object.fromEntries(pairs.map(([name, value]) => [name.toUpperCase(), [value]])),
      { ...headers, "content-length": undefined },
    ];
    for (const shape of shapes) {
      expect(isSigned(shape)).toBe(true);
      verifier().verify({ ...REQUEST, headers: shape });
    }
    expect(isSigned({ host: "x", "x-bittensor-drand-round": "1" })).toBe(false);
  });

  it("notices doubled headers in the shapes that keep them apart", () => {
    const pairs = Object.entries(signed());
    const doubled = [...pairs, ["x-bittensor-nonce", "1"] as const];
    refusal("duplicate_header", () => verifier().verify({ ...REQUEST, headers: doubled }));
    refusal("duplicate_header", () => verifier().verify({ ...REQUEST, headers: doubled.flat() }));
    // `Headers` joins them, and no joined value fits the grammar.
    refusal("malformed_nonce", () =>
      verifier().verify({ ...REQUEST, headers: new Headers(doubled as [string, string][]) }),
    );
  });

  it("refuses headers that are none", () => {
    refusal("missing_credentials", () => verifier().verify({ ...REQUEST, headers: {} }));
    refusal("missing_credentials", () => verifier().verify({ ...REQUEST, headers: [] }));
    for (const headers of [null, "x", 7, { "X-Bittensor-Nonce": 17 }] as unknown as HeadersInput[]) {
      refusal("invalid_configuration", () => verifier().verify({ ...REQUEST, headers }));
    }
  });

  it("takes a body as bytes or text, never parsed", () => {
    const bytes = new TextEncoder().encode(REQUEST.body);
    for (const body of [REQUEST.body, bytes, bytes.buffer as ArrayBuffer, Buffer.from(bytes)]) {
      verifier().verify({ ...REQUEST, headers: signed(), body });
    }
    const parsed = { body: 1 } as unknown as string;
    refusal("invalid_configuration", () => verifier().verify({ ...REQUEST, headers: signed(), body: parsed }));
    refusal("bad_signature", () => verifier().verify({ ...REQUEST, headers: signed(), body: undefined }));
  });

  it("accepts a request once, and one nanosecond later another one", () => {
    const server = verifier();
    server.verify({ ...REQUEST, headers: signed() });
    refusal("replayed_request", () => server.verify({ ...REQUEST, headers: signed() }));
    server.verify({ ...REQUEST, headers: signed(NOW + 1n) });
    server.verify({ ...REQUEST, headers: signed(NOW, stranger()) });
  });

  it("tells how old a request is, and how old it may be", () => {
    const stale = () => verifier({ clock: () => NOW + 14n * SECOND }).verify({ ...REQUEST, headers: signed() });
    const error = refusal("stale_request", stale);
    expect(error.age).toEqual({ ageMs: 14_000, maxAgeMs: 10_000, allowedSkewMs: 2_000 });
    expect(error.message).toContain("14000 ms old");
    verifier({ clock: () => NOW + 14n * SECOND, maxAgeMs: 15_000 }).verify({ ...REQUEST, headers: signed() });
  });

  it("asks the policy before it remembers anything", () => {
    const store = memory();
    const welcome = [miner().ss58Address];
    const settings = (policy: Policy) => ({ store, policy });
    const call = (policy: Policy) => () => verifier(settings(policy)).verify({ ...REQUEST, headers: signed() });
    refusal("hotkey_not_allowed", call(Policy.hotkeys([stranger().ss58Address])));
    refusal("hotkey_denied", call(Policy.hotkeys(welcome).deny(new Set(welcome))));
    expect(store.size).toBe(0);
    call(Policy.hotkeys(welcome))();
    expect(store.size).toBe(1);
  });

  it("accepts the schemes and receivers of its operator only", () => {
    const ed25519 = Keypair.fromSeed(new Uint8Array(32).fill(2), "ed25519");
    const call = (settings: Partial<VerifierOptions>) => () =>
      verifier(settings).verify({ ...REQUEST, headers: signed(NOW, ed25519) });
    refusal("scheme_not_accepted", call({}));
    call({ schemes: ["ed25519"] })();
    refusal("wrong_receiver", call({ schemes: ["ed25519"], receiver: stranger().ss58Address }));
    call({ schemes: ["ed25519"], receiver: [stranger().ss58Address, service().ss58Address] })();
  });

  it("refuses settings that are none, when it is made", () => {
    const settings: Partial<VerifierOptions>[] = [
      { receiver: [] },
      { maxAgeMs: 0 },
      { maxAgeMs: 300_001 },
      { maxAgeMs: 1.5 },
      { allowedSkewMs: -1 },
      { bodyBudgetMs: Number.POSITIVE_INFINITY },
      { bodyLimit: -1 },
      { schemes: [] },
      { schemes: ["ecdsa" as Scheme] },
      { namespace: "No!" },
    ];
    for (const wrong of settings) refusal("invalid_configuration", () => verifier(wrong));
    refusal("malformed_hotkey", () => verifier({ receiver: "5nonsense" }));
    const clock = () => 17 as unknown as bigint;
    refusal("invalid_configuration", () => verifier({ clock }).verify({ ...REQUEST, headers: signed() }));
  });

  it("claims in an external store, with what that answers", async () => {
    const answers: [EngineOutcome, string][] = [
      [engine.Outcome.reply(Float64Array.of(1, 0, 0, 1), 0), "ok"],
      [engine.Outcome.reply(Float64Array.of(1, 0, 0, 0), 0), "replayed_request"],
      [engine.Outcome.reply(Float64Array.of(-3, 0, 0), 0), "clock_disagreement"],
      [engine.Outcome.unavailable(), "store_unavailable"],
    ];
    for (const [outcome, verdict] of answers) {
      const claims: EngineClaim[] = [];
      const claim = async (made: EngineClaim) => {
        claims.push(made);
        return outcome;
      };
      const server = verifier({ store: { open: () => ({ ...SESSIONS, start: () => {}, claim }) } });
      refusal("invalid_configuration", () => server.verify({ ...REQUEST, headers: signed() }));
      const answer = server.verifyAsync({ ...REQUEST, headers: signed() }).then(
        () => "ok",
        (error: BittensorAuthError) => error.code,
      );
      expect(await answer).toBe(verdict);
      expect(claims.length).toBe(1);
    }
  });

  it("asks a store that refused to start again", async () => {
    let starts = 0;
    const outcome = () => engine.Outcome.reply(Float64Array.of(1, 0, 0, 1), 0);
    const start = async () => {
      starts += 1;
      if (starts === 1) throw new Error("not yet");
    };
    const server = verifier({ store: { open: () => ({ ...SESSIONS, start, claim: async () => outcome() }) } });
    await expect(server.verifyAsync({ ...REQUEST, headers: signed() })).rejects.toThrow("not yet");
    await server.verifyAsync({ ...REQUEST, headers: signed() });
    await server.verifyAsync({ ...REQUEST, headers: signed() });
    expect(starts).toBe(2);
  });

  it("looks at a body piece by piece, up to its limit, once", async () => {
    const head = verifier({ bodyLimit: 4 }).checkHead(signed());
    for (const piece of REQUEST.body) head.update(new TextEncoder().encode(piece));
    expect(head.longestAgeMs).toBe(10_000);
    expect((await head.verify(REQUEST)).hotkey).toBe(miner().ss58Address);
    await expect(head.verify(REQUEST)).rejects.toThrow("once");
    const small = verifier({ bodyLimit: 3 });
    refusal("payload_too_large", () => small.verify({ ...REQUEST, headers: signed() }));
    refusal("payload_too_large", () => small.checkHead(signed()).update(new Uint8Array(4)));
  });

  it("puts a public prefix in front of what a proxy left of the path", async () => {
    const headers = new RequestSigner(miner(), { receiver: service().ss58Address }).sign({
      method: "GET",
      target: "/api/x?y",
      nonce: NOW,
    });
    const request = { method: "GET", target: "/x?y" };
    await rejection("bad_signature", verifier().checkHead(headers).verify(request));
    await verifier()
      .checkHead(headers)
      .verify({ ...request, publicPrefix: "/api" });
  });

  it("warms up unless nothing was accepted before, and is full when it is", () => {
    const now = () => BigInt(Date.now()) * 1_000_000n;
    const fresh = new MemoryStore({ singleProcessAcknowledged: true });
    const error = refusal("store_warming", () =>
      verifier({ store: fresh, clock: now }).verify({ ...REQUEST, headers: signed(now()) }),
    );
    expect(error.retryAfter).toBeGreaterThanOrEqual(3);
    const tiny = new MemoryStore({ capacity: 1, nothingAcceptedBefore: true, singleProcessAcknowledged: true });
    const server = verifier({ store: tiny });
    server.verify({ ...REQUEST, headers: signed() });
    expect(refusal("store_full", () => server.verify({ ...REQUEST, headers: signed(NOW + 1n) })).retryAfter).toBe(1);
    tiny.purge(NOW + 60n * SECOND);
    expect(tiny.size).toBe(0);
    refusal("invalid_configuration", () => new MemoryStore({ capacity: 0.5 }));
  });

  it("uses no memory of one process where several serve", () => {
    const before = process.env["WEB_CONCURRENCY"];
    process.env["WEB_CONCURRENCY"] = "2";
    try {
      const server = verifier({ store: new MemoryStore({ nothingAcceptedBefore: true }) });
      refusal("unsafe_store", () => server.verify({ ...REQUEST, headers: signed() }));
    } finally {
      if (before === undefined) delete process.env["WEB_CONCURRENCY"];
      else process.env["WEB_CONCURRENCY"] = before;
    }
  });
});
