import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Hotkey } from "../../js/dist/index.js";
import { ALICE, BOB } from "./support/accounts";
import { Person } from "./support/person";
import { RECEIVER } from "./support/servers";
import { type Site, site } from "./support/site";
import { Wallet } from "./support/wallet";

describe.each([
  { language: "fastapi", signing: "scure" },
  { language: "node", signing: "wasm" },
] as const)("the dashboard in front of the $language example, signed by $signing", ({ language, signing }) => {
  let wallet: Wallet;
  let place: Site;
  let person: Person;

  beforeAll(async () => {
    [wallet, place] = await Promise.all([Wallet.start(signing), site(language)]);
    await wallet.add("Alice", "//Alice");
    await wallet.add("Bob", "//Bob");
    person = await Person.visits(wallet, place.origin);
  });

  afterAll(async () => {
    await wallet?.close();
    await place?.stop();
  });

  test("has a policy that lets nothing in, and the extension gets in all the same", async () => {
    const policy = await person.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/'unsafe-|https?:|\*/);
    await person.page.getByRole("button", { name: /polkadot-js/ }).waitFor();
    await person.shot(`login-${language}-1-wallets`);
  });

  test("lists the accounts that the person chose to show", async () => {
    await person.connects(wallet, ALICE, BOB);
    const names = await person.page.getByRole("radio", { name: /sr25519/ }).count();
    expect(names).toBe(2);
    await person.shot(`login-${language}-2-accounts`);
  });

  test("has the text signed by the extension, wrapped, and is logged in", async () => {
    await person.asksToSignIn();
    await person.page.getByText("Read and approve it in your wallet").waitFor();
    await person.shot(`login-${language}-3-wallet`);
    const asked = await wallet.approve();
    await person.isSignedIn();
    await person.shot(`login-${language}-4-signed-in`);

    expect(asked.request.payload.data).toMatch(/^0x[0-9a-f]+$/);
    const text = Buffer.from(asked.request.payload.data.slice(2), "hex").toString();
    expect(text.split("\n").slice(0, 2)).toEqual([
      `${new URL(place.origin).host} wants you to sign in with your Bittensor account:`,
      ALICE,
    ]);
    const { signature } = sent(place);
    expect(signature).toMatch(/^0x[0-9a-f]{128}$/);
    const bytes = Buffer.from(signature.slice(2), "hex");
    const alice = new Hotkey(ALICE);
    expect(() => alice.verify(text, bytes, "sr25519")).toThrow(expect.objectContaining({ code: "bad_signature" }));
    alice.verify(`<Bytes>${text}</Bytes>`, bytes, "sr25519");
  });

  test("says who that is, and calls the API as them", async () => {
    await person.page.getByText(ALICE, { exact: true }).waitFor();
    expect(JSON.parse(await person.calls("Score"))).toEqual({ hotkey: ALICE, via: "session" });
    expect(JSON.parse(await person.calls("Who am I?"))).toMatchObject({ hotkey: ALICE, scheme: "sr25519" });
    await person.shot(`login-${language}-5-calls`);
  });

  test("the same login is refused a second time", async () => {
    const answer = await fetch(`${place.api}/auth/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: place.gate.to("POST", "/auth/session")[0]?.body ?? "",
    });
    expect(await codeOf(answer)).toEqual([401, "challenge_used"]);
  });

  test("its signature does not sign a request", async () => {
    const answer = await fetch(`${place.api}/score`, {
      method: "POST",
      headers: headersOf(`${Date.now()}000000`, sent(place).signature),
    });
    expect(await codeOf(answer)).toEqual([401, "bad_signature"]);
  });

  test("nor does a request that a page has signed by the wallet, for it is wrapped", async () => {
    // The wallet takes one request in three seconds from one address.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const nonce = `${Date.now()}000000`;
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const request = ["btauth/1", "sr25519", "POST", "/score", empty, nonce, ALICE, RECEIVER].join("\n");
    const signing = person.page.evaluate(signedByWallet, [ALICE, `0x${Buffer.from(request).toString("hex")}`] as const);
    await wallet.approve();
    const signature = await signing;
    new Hotkey(ALICE).verify(`<Bytes>${request}</Bytes>`, Buffer.from(signature.slice(2), "hex"), "sr25519");
    const answer = await fetch(`${place.api}/score`, { method: "POST", headers: headersOf(nonce, signature) });
    expect(await codeOf(answer)).toEqual([401, "bad_signature"]);
  });

  test("logs out, and the token is worth nothing afterwards", async () => {
    const { authorization = "" } = place.gate.to("POST", "/score")[0] ?? {};
    expect(authorization).toMatch(/^Bearer btas_/);
    await person.signsOut();
    await person.shot(`login-${language}-6-signed-out`);
    expect(place.gate.to("POST", "/auth/logout").map(({ status }) => status)).toEqual([200]);
    const answer = await fetch(`${place.api}/score`, { method: "POST", headers: { authorization } });
    expect(await codeOf(answer)).toEqual([401, "session_ended"]);
    await person.leaves();
  });
});

/** What the dashboard sent to log in. */
function sent({ gate }: Site): { readonly signature: string } {
  return JSON.parse(gate.to("POST", "/auth/session")[0]?.body ?? "{}");
}

function headersOf(nonce: string, signature: string): Record<string, string> {
  return {
    "X-Bittensor-Version": "1",
    "X-Bittensor-Hotkey": ALICE,
    "X-Bittensor-Receiver": RECEIVER,
    "X-Bittensor-Nonce": nonce,
    "X-Bittensor-Signature": signature,
  };
}

async function codeOf(answer: Response): Promise<[number, string]> {
  const { code } = (await answer.json()) as { code: string };
  return [answer.status, code];
}

/** Runs in the page. */
async function signedByWallet([address, data]: readonly [string, string]): Promise<string> {
  const { injectedWeb3 } = globalThis as unknown as { injectedWeb3: Record<string, Injected> };
  const { signer } = (await injectedWeb3["polkadot-js"]?.enable("test")) ?? {};
  const answer = await signer?.signRaw({ address, data, type: "bytes" });
  return answer?.signature ?? "";
}

interface Injected {
  enable(name: string): Promise<{ signer: { signRaw(payload: unknown): Promise<{ signature: string }> } }>;
}
