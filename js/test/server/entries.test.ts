/** The built entries for servers, as each kind of program loads them: `npm run build` comes first. */

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { project } from "./processes.js";

/** The package finds itself by its own name. */
const cwd = fileURLToPath(new URL("../../", import.meta.url));
const run = (source: string, type: string, env = {}) =>
  execFileSync(process.execPath, [`--input-type=${type}`, "--eval", source], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  }).trim();

const ENTRIES = {
  express: "HotkeyAuth,callerOf,expressGuard",
  fastify: "HotkeyAuth,callerOf,fastifyGuard",
  hono: "HotkeyAuth,honoGuard",
  next: "HotkeyAuth,nextGuard",
  redis: "RedisStore",
  server: "BittensorAuthError,Caller,HotkeyAuth,MemoryStore,Policy",
};

describe.each(Object.entries(ENTRIES))("bittensor-auth/%s", (name, exported) => {
  it("exports the same as ESM and as CommonJS", () => {
    const show = (load: string) => `console.log(Object.keys(${load}).sort().join())`;
    expect(run(show(`await import("bittensor-auth/${name}")`), "module")).toBe(exported);
    expect(run(show(`require("bittensor-auth/${name}")`), "commonjs")).toBe(exported);
  });
});

const START = `
  const { HotkeyAuth, MemoryStore } = require("bittensor-auth/server");
  const { RedisStore } = require("bittensor-auth/redis");
  const receiver = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
  const client = { call: async () => "", duplicate: () => { throw new Error("away") }, status: "ready", on: () => {} };
  const log = { error() {}, warn() {} };
  const redis = () => new RedisStore(client, { log });
  const start = (settings) => new HotkeyAuth({ receiver, log, ...settings }).start()
    .then(() => "started", (refused) => refused.code);
  const all = () => Promise.all([
    start({ store: new MemoryStore() }),
    start({ store: new MemoryStore({ singleProcessAcknowledged: true }) }),
    start({ store: redis() }),
    start({ store: redis(), origin: "https://dash.example.org" }),
    start({ store: redis(), origin: "https://dash.example.org", secret: "x".repeat(32) }),
  ]);`;
const ALONE = "started,started,started,started,started";
const SHARED = "unsafe_store,started,started,invalid_configuration,started";

describe("a service at its start", () => {
  it("takes any store in a single process", () => {
    expect(run(`${START} all().then((them) => console.log(them.join()))`, "commonjs")).toBe(ALONE);
  });

  it("refuses what several processes cannot share", () => {
    const env = { WEB_CONCURRENCY: "2" };
    expect(run(`${START} all().then((them) => console.log(them.join()))`, "commonjs", env)).toBe(SHARED);
  });

  it("refuses it in a cluster worker and in a worker thread", () => {
    const say = `${START} all().then((them) => { console.log(them.join()); process.exit() })`;
    const inCluster = `const cluster = require("node:cluster"); if (cluster.isPrimary) cluster.fork(); else { ${say} }`;
    const folder = project({ "cluster.cjs": inCluster });
    expect(execFileSync(process.execPath, ["cluster.cjs"], { cwd: folder, encoding: "utf8" }).trim()).toBe(SHARED);
    rmSync(folder, { recursive: true });
    const inThread = `new (require("node:worker_threads").Worker)(${JSON.stringify(say)}, { eval: true })`;
    expect(run(inThread, "commonjs")).toBe(SHARED);
  });
});
