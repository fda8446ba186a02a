/** Every vector of `spec/vectors`, on both engines: the same cases and verdicts as `core/tests/vectors`. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useEngine } from "../src/engine/current.js";
import { decide } from "../src/engine/failure.js";
import { BittensorAuthError } from "../src/index.js";
import {
  runCredential,
  runDelivery,
  runRefresh,
  runRefused,
  runRoute,
  runSet,
  runTransport,
} from "./conformance/cookies.js";
import { type Case, cases, FILES, type Json, list, partOf, read, stepsOf, text } from "./conformance/files.js";
import { runClaim, runNamespace, startMemory } from "./conformance/replay.js";
import { runAsgi, runReceived, runRequest, runSent } from "./conformance/requests.js";
import { runSettings, runToken, startSequence } from "./conformance/sessions.js";
import { runAddress, runBuild, runCheck, runLoginSignature, runSignature, startSchedule } from "./conformance/texts.js";
import { type Outputs, type World, worldOf } from "./conformance/world.js";
import { ENGINES } from "./engines.js";

/** Takes a case's steps one after the other. */
type Runner = (world: World, one: Case) => (step: Json) => Outputs;

const single =
  (run: (world: World, one: Case) => Outputs): Runner =>
  (world, one) =>
  () =>
    run(world, one);

const RUNNERS: Readonly<Record<string, Runner>> = {
  "claims/namespace": single(runNamespace),
  "claims/request": single(runClaim),
  "cookies/configure": single(runTransport),
  "cookies/credential": single(runCredential),
  "cookies/delivery": single(runDelivery),
  "cookies/refresh": single(runRefresh),
  "cookies/refused": single(runRefused),
  "cookies/route": single(runRoute),
  "cookies/set": single(runSet),
  "login-texts/build": single(runBuild),
  "login-texts/check": single(runCheck),
  "messages/asgi": single(runAsgi),
  "messages/received": single(runReceived),
  "messages/sent": single(runSent),
  "refresh-schedule": startSchedule,
  "replay/request": startMemory,
  requests: single(runRequest),
  "sessions/configure": single(runSettings),
  "sessions/sequence": startSequence,
  "signatures/login": single(runLoginSignature),
  "signatures/request": single(runSignature),
  ss58: single(runAddress),
  tokens: single(runToken),
};
const NOT_BOUND = "the registry is not bound yet; the core's own runner takes these";
/** What is not run here, and why. */
const IN_RUST_ONLY: Readonly<Record<string, string>> = {
  "chain-answers/layout": NOT_BOUND,
  "chain-answers/metagraph": NOT_BOUND,
  "chain-answers/neurons-lite": NOT_BOUND,
  "chain-answers/subnet-state": NOT_BOUND,
  "claims/challenge": "a login makes this claim from a seal, with times in whole seconds; no call takes its parts",
  policies: NOT_BOUND,
  "replay/challenge": "the same claims at single nanoseconds; sessions/sequence claims challenges in the same memory",
  "snapshots/diff": NOT_BOUND,
  "snapshots/freshness": NOT_BOUND,
  "snapshots/read": NOT_BOUND,
  "storage-keys": NOT_BOUND,
};

const CASES = cases();

/** The verdict that an engine comes to, and what it gave. */
function judge(step: Json, run: (step: Json) => Outputs): { expect: string; outputs: Outputs } {
  try {
    return { expect: "ok", outputs: decide(() => run(step)) };
  } catch (refused) {
    if (refused instanceof BittensorAuthError) return { expect: refused.code, outputs: {} };
    throw refused;
  }
}

function runCase(world: World, one: Case): void {
  const runner = RUNNERS[partOf(one)];
  if (runner === undefined) throw new Error(`${one.file}: a feature that this runner does not know`);
  const run = runner(world, one);
  for (const step of stepsOf(one.case)) {
    const { expect: verdict, outputs } = judge(step, run);
    expect(verdict).toBe(step["expect"]);
    const wanted = Object.fromEntries(Object.keys(outputs).map((name) => [name, step[name]]));
    expect(outputs).toEqual(wanted);
  }
}

describe.each(ENGINES)("$name", ({ engine }) => {
  let world: World;
  beforeAll(() => {
    useEngine(engine);
    world = worldOf(engine);
  });
  afterAll(() => useEngine(undefined));

  const here = CASES.filter((one) => !(partOf(one) in IN_RUST_ONLY));
  it.each(here.map((one) => [text(one.case, "id"), one] as const))("%s", (_, one) => runCase(world, one));

  it("fails for a feature that it does not know", () => {
    const stranger = {
      file: "stranger.json",
      feature: "stranger",
      group: {},
      case: { id: "stranger-1", expect: "ok" },
    };
    expect(() => runCase(world, stranger)).toThrow("does not know");
  });
});

describe("the files", () => {
  it.each(FILES)("%s has the cases that it counts", (file) => {
    const document = read(file);
    const ids = list(document, "groups").flatMap((group) => list(group, "cases").map((one) => text(one, "id")));
    expect(ids.length).toBeGreaterThan(0);
    expect(document["count"]).toBe(ids.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are all there", () => {
    const features = FILES.filter((file) => !file.startsWith("external/")).map((file) => text(read(file), "feature"));
    expect(features.length).toBe(15);
    expect(FILES.length - features.length).toBe(5);
    expect(new Set(CASES.map(partOf))).toEqual(new Set([...Object.keys(RUNNERS), ...Object.keys(IN_RUST_ONLY)]));
  });

  it("keep little from this language", () => {
    const kept = CASES.filter((one) => partOf(one) in IN_RUST_ONLY && IN_RUST_ONLY[partOf(one)] !== NOT_BOUND);
    expect(kept.length).toBe(10);
  });
});
