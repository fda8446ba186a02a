/** Servers that are processes of their own: the example in `examples/node` on the built package, and the FastAPI one. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./redis-server.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PYTHON = join(ROOT, ".venv/bin/python");

export interface Running {
  readonly port: number;
  /** What it printed. */
  output(): string;
  stop(): Promise<void>;
}

/** The Node example. */
export async function nodeExample(settings: Readonly<Record<string, string>>): Promise<Running> {
  return nodeServer(readFileSync(join(ROOT, "examples/node/app.js"), "utf8"), settings);
}

/** A module that listens on `PORT`, in a project that has this package as it was built. */
export async function nodeServer(
  source: string,
  settings: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const folder = project({ ...files, "app.js": source });
  const running = await start(process.execPath, ["app.js"], folder, await freePort(), settings);
  const stop = async () => {
    await running.stop();
    rmSync(folder, { recursive: true });
  };
  return { ...running, stop };
}

/** A new folder with these files, and with the packages that they may load. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "bittensor-auth-node-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(PACKAGE, join(folder, "node_modules/bittensor-auth"));
  for (const name of ["cors", "express", "fastify", "hono", "ioredis", "redis", "@hono"]) {
    symlinkSync(join(PACKAGE, "node_modules", name), join(folder, "node_modules", name));
  }
  for (const [name, content] of Object.entries({ "package.json": '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** The FastAPI example on uvicorn. */
export async function pythonExample(settings: Readonly<Record<string, string>>): Promise<Running> {
  if (!existsSync(PYTHON)) throw new Error("there is no .venv: run `make setup`");
  const port = await freePort();
  const flags = ["-m", "uvicorn", "app:app", "--port", String(port), "--log-level", "warning"];
  return start(PYTHON, flags, join(ROOT, "examples/fastapi"), port, settings);
}

async function start(
  command: string,
  flags: readonly string[],
  cwd: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<Running> {
  const env = { ...process.env, ...settings, PORT: String(port) };
  const child = spawn(command, flags, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  await answers(child, port, () => printed);
  const stop = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { port, output: () => printed, stop };
}

async function answers(child: ChildProcess, port: number, printed: () => string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer !== undefined) return;
    await sleep(50);
  }
  child.kill();
  throw new Error(`the server did not start:\n${printed()}`);
}
