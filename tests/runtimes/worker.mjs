import { roundTrip } from "./round-trip.mjs";

function evaluate() {
  try {
    return new Function("return 'evaluates text'")();
  } catch {
    return "evaluates no text";
  }
}

export default {
  fetch: () => new Response([roundTrip("sr25519"), roundTrip("ed25519"), evaluate()].join(", ")),
};
