import { expect, it } from "vitest";
import { type ExternalSigner, Hotkey, Keypair, RequestSigner, type Scheme, signRequest } from "../src/index.js";
import { miner, NOW, refusal, rejection, SECOND, service, stranger, verifier } from "./actors.js";
import { onBothEngines } from "./engines.js";

const REQUEST = { method: "POST", target: "/a%20b?x=1", body: "body" };

/** A key that lives elsewhere, in every shape that libraries give it. */
function external(keypair: Keypair, shape: Partial<ExternalSigner> = {}): ExternalSigner {
  const { ss58Address, scheme } = keypair;
  return { ss58Address, scheme, sign: (message) => keypair.sign(message), ...shape };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

onBothEngines(() => {
  const signerOf = (signer: ExternalSigner | Keypair, now = NOW) =>
    new RequestSigner(signer, { receiver: service().ss58Address, clock: () => now });

  it("gives the headers in their canonical order and spelling", () => {
    const headers = signerOf(miner()).sign({ ...REQUEST, nonce: NOW });
    expect(Object.keys(headers)).toEqual([
      "X-Bittensor-Version",
      "X-Bittensor-Hotkey",
      "X-Bittensor-Receiver",
      "X-Bittensor-Nonce",
      "X-Bittensor-Signature",
    ]);
    expect(headers["X-Bittensor-Nonce"]).toBe("1752076800123456789");
    const ed25519 = Keypair.fromSeed(new Uint8Array(32).fill(2), "ed25519");
    expect(signerOf(ed25519).sign(REQUEST)["X-Bittensor-Crypto"]).toBe("ed25519");
  });

  it("signs each attempt afresh, just before now, even in one nanosecond", () => {
    const signer = signerOf(miner());
    const nonces = Array.from({ length: 50 }, () => BigInt(signer.sign(REQUEST)["X-Bittensor-Nonce"] ?? ""));
    expect(new Set(nonces).size).toBe(50);
    for (const nonce of nonces) expect(nonce > NOW - 1_000_000n && nonce <= NOW + 50n).toBe(true);
  });

  it("signs a URL as fetch sends it, and drops a bare question mark", () => {
    const target = new URL("https://api.example.org/a b/../c?q='");
    verifier().verify({ ...REQUEST, target: "/c?q=%27", headers: signerOf(miner()).sign({ ...REQUEST, target }) });
    verifier().verify({ ...REQUEST, target: "/x", headers: signerOf(miner()).sign({ ...REQUEST, target: "/x?" }) });
  });

  it.each(["sr25519", "ed25519"] as const)("takes external %s signers in every shape", async (scheme: Scheme) => {
    const keypair = Keypair.fromSeed(new Uint8Array(32).fill(4), scheme);
    const typeByte = scheme === "sr25519" ? 1 : 0;
    const { ss58Address, publicKey } = keypair;
    const signers: ExternalSigner[] = [
      external(keypair),
      external(keypair, { sign: async (message) => keypair.sign(message) }),
      external(keypair, { sign: (message) => `0x${hex(keypair.sign(message))}` }),
      external(keypair, { sign: (message) => hex(keypair.sign(message)).toUpperCase() }),
      external(keypair, { sign: (message) => Uint8Array.of(typeByte, ...keypair.sign(message)) }),
      { address: ss58Address, type: scheme, publicKey, sign: (message) => keypair.sign(message) },
    ];
    for (const signer of signers) {
      const server = verifier({ schemes: ["sr25519", "ed25519"] });
      const client = signerOf(signer);
      for (const _ of ["checked", "trusted"]) {
        expect(server.verify({ ...REQUEST, headers: await client.signAsync(REQUEST) }).hotkey).toBe(ss58Address);
      }
    }
  });

  it("uses no signature of an external signer that does not hold", async () => {
    const key = miner();
    const wrong: ExternalSigner["sign"][] = [
      () => stranger().sign("other key"),
      (message) => key.sign(`<Bytes>${message}</Bytes>`),
      () => new Uint8Array(63),
      () => "0xnothex",
      () => "",
      () => undefined as unknown as Uint8Array,
      () => {
        throw new Error("locked");
      },
    ];
    for (const sign of wrong) refusal("signer_failed", () => signerOf(external(key, { sign })).sign(REQUEST));
    const rejecting = external(key, { sign: () => Promise.reject(new Error("locked")) });
    await rejection("signer_failed", signerOf(rejecting).signAsync(REQUEST));
    const slow = external(key, { sign: async (message) => key.sign(message) });
    refusal("signer_failed", () => signerOf(slow).sign(REQUEST));
  });

  it("refuses signers that are none, before anything is signed", () => {
    const key = miner();
    const shapes: unknown[] = [
      undefined,
      {},
      { ss58Address: key.ss58Address },
      external(key, { scheme: "ecdsa" }),
      external(key, { publicKey: stranger().publicKey }),
    ];
    for (const shape of shapes) refusal("invalid_configuration", () => signerOf(shape as Keypair));
    refusal("malformed_hotkey", () => signerOf(external(key, { ss58Address: "5nonsense" })));
  });

  it("signs for nobody only when that is spelled out", () => {
    const nothing = {} as { receiver: string };
    refusal("invalid_configuration", () => new RequestSigner(miner(), nothing));
    const both = { receiver: service().ss58Address, dangerousUnbound: true as const };
    refusal("invalid_configuration", () => new RequestSigner(miner(), both));
    const headers = new RequestSigner(miner(), { dangerousUnbound: true, clock: () => NOW }).sign(REQUEST);
    expect(headers).not.toHaveProperty("X-Bittensor-Receiver");
    refusal("unbound_request", () => verifier().verify({ ...REQUEST, headers }));
    verifier({ dangerousAcceptUnbound: true }).verify({ ...REQUEST, headers });
  });

  it("corrects its clock by the server's, within 15 minutes", () => {
    const signer = signerOf(miner(), NOW - 300n * SECOND);
    refusal("stale_request", () => verifier().verify({ ...REQUEST, headers: signer.sign(REQUEST) }));
    signer.correctClock(Number(NOW / 1_000_000n));
    verifier().verify({ ...REQUEST, headers: signer.sign(REQUEST) });
    refusal("stale_request", () => signer.correctClock(Number(NOW / 1_000_000n) + 3_600_000));
    refusal("invalid_configuration", () => signer.correctClock(Number.NaN));
  });

  it.each([-300n, 300n])("starts its nonces anew when a clock that was %d s off is corrected", (wrong) => {
    const signer = signerOf(miner(), NOW + wrong * SECOND);
    const before = BigInt(signer.sign(REQUEST)["X-Bittensor-Nonce"] ?? "");
    signer.correctClock(Number(NOW / 1_000_000n));
    const headers = signer.sign(REQUEST);
    const [ahead, change] = [before - NOW, BigInt(headers["X-Bittensor-Nonce"] ?? "") - before];
    expect(ahead > 0n).toBe(wrong > 0n);
    expect(change > 0n).toBe(wrong < 0n);
    verifier().verify({ ...REQUEST, headers });
    verifier().verify({ ...REQUEST, headers: signer.sign(REQUEST) });
  });

  it("finishes a signature that was asked for before the clock was corrected", async () => {
    let answer: (signature: Uint8Array) => void = () => {};
    let asked = new Uint8Array();
    const sign = (message: Uint8Array) => {
      asked = Uint8Array.from(message);
      return new Promise<Uint8Array>((done) => {
        answer = done;
      });
    };
    const signer = signerOf(external(miner(), { sign }));
    const headers = signer.signAsync(REQUEST);
    signer.correctClock(Number(NOW / 1_000_000n));
    answer(miner().sign(asked));
    verifier().verify({ ...REQUEST, headers: await headers });
  });

  it("refuses what cannot be signed", () => {
    const signer = signerOf(miner());
    refusal("malformed_target", () => signer.sign({ ...REQUEST, target: "https://host/x" }));
    refusal("malformed_method", () => signer.sign({ ...REQUEST, method: "GE T" }));
    refusal("malformed_nonce", () => signer.sign({ ...REQUEST, nonce: 0n }));
    refusal("invalid_configuration", () => signer.sign({ ...REQUEST, nonce: -1n }));
    refusal("invalid_configuration", () => signer.sign({ ...REQUEST, nonce: 1n << 64n }));
    refusal("invalid_configuration", () => signer.sign({ ...REQUEST, nonce: 17 as unknown as bigint }));
    refusal("invalid_configuration", () => signer.sign({ ...REQUEST, body: { parsed: 1 } as unknown as string }));
    refusal("malformed_hotkey", () => new RequestSigner(miner(), { receiver: "-" }));
  });

  it("signs one request in one call", async () => {
    const receiver = service().ss58Address;
    const headers = await signRequest(miner(), { ...REQUEST, receiver });
    const now = BigInt(Date.now()) * 1_000_000n;
    const caller = verifier({ clock: () => now }).verify({ ...REQUEST, headers });
    expect(new Hotkey(caller.hotkey).publicKey).toEqual(miner().publicKey);
  });
});
