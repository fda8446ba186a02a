/** What every runtime has to manage: a request is signed, accepted once, and refused when it comes again. */

import { Keypair, MemoryStore, RequestSigner, Verifier } from "bittensor-auth";

/** @param {"ed25519" | "sr25519"} scheme */
export function roundTrip(scheme) {
  const service = Keypair.generate();
  const caller = Keypair.generate(scheme);
  const request = { method: "POST", target: "/score?round=7", body: "body" };
  const headers = new RequestSigner(caller, { receiver: service.ss58Address }).sign(request);
  const store = new MemoryStore({ nothingAcceptedBefore: true, singleProcessAcknowledged: true });
  const verifier = new Verifier({ receiver: service.ss58Address, store, schemes: [scheme] });
  const accepted = verifier.verify({ ...request, headers }).hotkey === caller.ss58Address;
  return [accepted, codeOf(() => verifier.verify({ ...request, headers }))].join(" ");
}

function codeOf(call) {
  try {
    call();
  } catch (error) {
    return error.code;
  }
  return "accepted twice";
}
