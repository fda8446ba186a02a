/** A real FastAPI service on a free port. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { service as receiver } from "../actors.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const PYTHON: string = `${ROOT}.venv/bin/python`;
/** How long the service may take to start, in ms. */
const START = 60_000;

/** Why the tests that need the service cannot run here, if so. */
export const missing: string | undefined = existsSync(PYTHON) ? undefined : "no .venv: run `make setup` first";

export interface Settings {
  /** Lifetimes in seconds. */
  readonly access?: number;
  readonly idle?: number;
  readonly grace?: number;
  /** Whether browsers may keep their tokens in cookies. */
  readonly cookies?: boolean;
}

export class Service {
  readonly origin: string;
  readonly #process: ChildProcess;

  private constructor(origin: string, child: ChildProcess) {
    this.origin = origin;
    this.#process = child;
  }

  /** Starts one; again if somebody else took the port meanwhile. */
  static async start(settings: Settings = {}): Promise<Service> {
    for (let attempt = 1; ; attempt++) {
      const service = await Service.#start(settings);
      if (service !== undefined) return service;
      if (attempt === 3) throw new Error("the service did not start");
    }
  }

  static async #start({
    access = 900,
    idle = 7_200,
    grace = 30,
    cookies = false,
  }: Settings): Promise<Service | undefined> {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const flags = ["-W", "error", "-m", "uvicorn", "service:app", "--port", String(port), "--log-level", "warning"];
    const child = spawn(PYTHON, flags, {
      cwd: fileURLToPath(new URL("./", import.meta.url)),
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        RECEIVER: receiver().ss58Address,
        ORIGIN: origin,
        ACCESS: String(access),
        IDLE: String(idle),
        GRACE: String(grace),
        ...(cookies && { COOKIES: "1" }),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    for (const end = Date.now() + START; ; await new Promise((later) => setTimeout(later, 50))) {
      const up = await fetch(`${origin}/asked`).catch(() => undefined);
      if (up?.ok) return new Service(origin, child);
      if (child.exitCode !== null) return undefined;
      if (Date.now() > end) {
        child.kill();
        throw new Error("the service took too long to start");
      }
    }
  }

  /** Method and path of every request so far, and how many refreshes made new tokens. */
  async report(): Promise<{ asked: string[]; rotations: number }> {
    return (await fetch(`${this.origin}/asked`)).json() as Promise<{ asked: string[]; rotations: number }>;
  }

  async count(what: string): Promise<number> {
    return (await this.report()).asked.filter((line) => line === what).length;
  }

  /** The next answers of `path` are 503, by something in front of the service. */
  async refuse(path: string, times: number): Promise<void> {
    await fetch(`${this.origin}/refuse?path=${encodeURIComponent(path)}&times=${times}`, { method: "POST" });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill();
    await once(this.#process, "exit");
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
