import { inspect } from "node:util";
import { expect, it } from "vitest";
import { Hotkey, Keypair, type Scheme } from "../src/index.js";
import { miner, refusal, stranger } from "./actors.js";
import { onBothEngines } from "./engines.js";

const SCHEMES: readonly Scheme[] = ["sr25519", "ed25519"];
const MARKER = 0x5a;

onBothEngines(() => {
  it("reads one spelling of a hotkey and gives its 32 bytes", () => {
    const hotkey = new Hotkey("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
    expect(Buffer.from(hotkey.publicKey).toString("hex")).toBe(
      "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
    );
    expect(Hotkey.fromPublicKey(hotkey.publicKey).equals(hotkey)).toBe(true);
    expect(`${hotkey} ${JSON.stringify({ hotkey })}`).toBe(`${hotkey.ss58Address} {"hotkey":"${hotkey.ss58Address}"}`);
    hotkey.publicKey.fill(0);
    expect(hotkey.publicKey[0]).toBe(0xd4);
  });

  it("refuses every other spelling", () => {
    for (const address of [
      "",
      "5",
      "d43593c7",
      "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
      "5".repeat(70_000),
    ]) {
      refusal("malformed_hotkey", () => new Hotkey(address));
    }
    refusal("invalid_configuration", () => new Hotkey(42 as unknown as string));
    refusal("invalid_configuration", () => Hotkey.fromPublicKey(new Uint8Array(31)));
  });

  it.each(SCHEMES)("signs with %s what its hotkey verifies, and nothing else", (scheme) => {
    const keypair = Keypair.fromSeed(new Uint8Array(32).fill(3), scheme);
    const hotkey = new Hotkey(keypair.ss58Address);
    expect(hotkey.publicKey).toEqual(keypair.publicKey);
    const signature = keypair.sign("message");
    expect(signature.length).toBe(64);
    hotkey.verify("message", signature, scheme);
    refusal("bad_signature", () => hotkey.verify("massage", signature, scheme));
    refusal("bad_signature", () => new Hotkey(stranger().ss58Address).verify("message", signature, scheme));
    refusal("malformed_signature", () => hotkey.verify("message", signature.subarray(1), scheme));
  });

  it("randomises sr25519 signatures and not ed25519 ones", () => {
    const [sr25519, ed25519] = SCHEMES.map((scheme) => Keypair.generate(scheme)) as [Keypair, Keypair];
    expect(sr25519.sign("x")).not.toEqual(sr25519.sign("x"));
    expect(ed25519.sign("x")).toEqual(ed25519.sign("x"));
  });

  it("generates another key each time", () => {
    expect(Keypair.generate().ss58Address).not.toBe(Keypair.generate().ss58Address);
  });

  it("shows no secret byte, however it is printed", () => {
    const keypair = Keypair.fromSeed(new Uint8Array(32).fill(MARKER));
    const shown = [String(keypair), JSON.stringify(keypair), inspect(keypair, { depth: 9, showHidden: true })].join();
    expect(shown).toContain(keypair.ss58Address);
    expect(shown).not.toMatch(/90, 90|5a5a|WlpaWl/i);
  });

  it("refuses seeds and schemes that are none", () => {
    refusal("invalid_configuration", () => Keypair.fromSeed(new Uint8Array(31)));
    refusal("invalid_configuration", () => Keypair.fromSeed("seed" as unknown as Uint8Array));
    refusal("unknown_scheme", () => Keypair.fromSeed(new Uint8Array(32), "ecdsa" as Scheme));
    refusal("invalid_configuration", () => miner().sign({} as string));
  });
});
