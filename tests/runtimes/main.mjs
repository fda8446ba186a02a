import { roundTrip } from "./round-trip.mjs";

console.log([roundTrip("sr25519"), roundTrip("ed25519")].join(", "));
