import { expect, it, vi } from "vitest";
import { Caller, RequestSigner, type RequestToSign, verifyRequest } from "../src/index.js";
import { miner, NOW, rejection, service, verifier } from "./actors.js";
import { onBothEngines } from "./engines.js";

const ORIGIN = "https://api.example.org";

function signed(request: RequestToSign): Record<string, string> {
  const signer = new RequestSigner(miner(), { receiver: service().ss58Address });
  return { ...signer.sign({ nonce: NOW, ...request }) };
}

/** A body of these pieces, and whether anybody read or cancelled it. */
function streamed(pieces: readonly string[], end: "closes" | "hangs" = "closes") {
  const seen = { read: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[seen.read];
        if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
        else if (end === "closes") controller.close();
        else return new Promise<void>(() => {});
        seen.read += 1;
        return undefined;
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { seen, stream };
}

const post = (headers: Record<string, string>, body: BodyInit) =>
  new Request(`${ORIGIN}/a/../b%20c?x=1`, { method: "POST", headers, body, duplex: "half" } as RequestInit);

onBothEngines(() => {
  const headers = () => signed({ method: "POST", target: "/b%20c?x=1", body: "first second" });

  it("gives the caller and the body that was signed", async () => {
    const { stream } = streamed(["first", " second"]);
    const { caller, body } = await verifyRequest(post(headers(), stream), verifier());
    expect(caller).toBeInstanceOf(Caller);
    expect(caller.hotkey).toBe(miner().ss58Address);
    expect(new TextDecoder().decode(body)).toBe("first second");
  });

  it("takes a request without a body", async () => {
    const bare = signed({ method: "GET", target: "/" });
    const { body } = await verifyRequest(new Request(ORIGIN, { headers: bare }), verifier());
    expect(body.length).toBe(0);
  });

  it("refuses headers that do not hold before it reads a body", async () => {
    const { seen, stream } = streamed(["first"]);
    await rejection("missing_credentials", verifyRequest(post({}, stream), verifier()));
    expect(seen).toEqual({ read: 0, cancelled: false });
  });

  it("stops reading past the limit", async () => {
    const { seen, stream } = streamed(["first", " second", " third", " fourth"]);
    await rejection("payload_too_large", verifyRequest(post(headers(), stream), verifier({ bodyLimit: 6 })));
    expect(seen).toEqual({ read: 2, cancelled: true });
  });

  it("waits for no body longer than for its request", async () => {
    vi.useFakeTimers();
    try {
      const { seen, stream } = streamed(["first"], "hangs");
      const refused = rejection("stale_request", verifyRequest(post(headers(), stream), verifier()));
      await vi.advanceTimersByTimeAsync(10_001);
      await refused;
      expect(seen.cancelled).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it("uses the target and the headers as they came, where a host knows them", async () => {
    const raw = "/p//q/./r/../s";
    const wire = signed({ method: "GET", target: raw });
    const request = () => new Request(ORIGIN + raw, { headers: wire });
    await rejection("bad_signature", verifyRequest(request(), verifier()));
    await verifyRequest(request(), verifier(), { target: raw });
    const doubled = [...Object.entries(wire), ["x-bittensor-nonce", "1"] as const].flat();
    await rejection("duplicate_header", verifyRequest(request(), verifier(), { target: raw, headers: doubled }));
  });

  it("fails for a changed body, method or path, and for the second time", async () => {
    const server = verifier();
    await rejection("bad_signature", verifyRequest(post(headers(), "first third"), server));
    await verifyRequest(post(headers(), "first second"), server);
    await rejection("replayed_request", verifyRequest(post(headers(), "first second"), server));
  });
});
