/** The example servers as processes of their own, and a Redis. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MODULES = join(ROOT, "js/node_modules");

export type Language = "fastapi" | "node";

export interface Settings {
  /** Where people log in. */
  readonly origin: string;
  /** Life of a session token in seconds; the example's own unless said. */
  readonly access?: number;
  readonly redis?: string;
}

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** The receiver of every server here: nobody has its key. */
export const RECEIVER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

/** The example in this language, word for word except for the life of its session tokens. */
export async function example(language: Language, { origin, access, redis }: Settings): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "bittensor-auth-example-"));
  const port = await freePort();
  const env = {
    RECEIVER,
    ORIGIN: origin,
    SECRET: "a secret of this test, and of no other server",
    PORT: String(port),
    ...(redis ? { REDIS_URL: redis } : { FIRST_START: "1" }),
  };
  const process = language === "fastapi" ? await python(folder, port, access, env) : await express(folder, access, env);
  const stop = async () => {
    await process.stop();
    await rm(folder, { recursive: true });
  };
  await answering(process, `http://127.0.0.1:${port}/`).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, stop };
}

async function python(folder: string, port: number, access: number | undefined, env: NodeJS.ProcessEnv) {
  const source = await readFile(join(ROOT, "examples/fastapi/app.py"), "utf8");
  const setting = access === undefined ? "" : `access_lifetime=${access},`;
  await writeFile(join(folder, "app.py"), after(source, 'secret=os.environ.get("SECRET"),', setting));
  const flags = ["-m", "uvicorn", "app:app", "--port", String(port), "--log-level", "warning"];
  return new Program(join(ROOT, ".venv/bin/python"), flags, folder, env);
}

async function express(folder: string, access: number | undefined, env: NodeJS.ProcessEnv) {
  const source = await readFile(join(ROOT, "examples/node/app.js"), "utf8");
  const setting = access === undefined ? "" : `accessLifetimeMs: ${access * 1000},`;
  await writeFile(join(folder, "app.js"), after(source, "origin: ORIGIN,", setting));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await mkdir(join(folder, "node_modules"));
  await symlink(join(ROOT, "js"), join(folder, "node_modules/bittensor-auth"));
  for (const name of ["cors", "express", "ioredis"]) {
    await symlink(join(MODULES, name), join(folder, "node_modules", name));
  }
  return new Program(process.execPath, ["app.js"], folder, env);
}

/** The dashboard as `vite preview` serves it, with `/api` leading to `api`. */
export async function dashboard(port: number, api: string): Promise<Running> {
  const folder = join(ROOT, "examples/dashboard");
  const flags = ["node_modules/vite/bin/vite.js", "preview", "--port", String(port), "--strictPort"];
  const program = new Program(process.execPath, flags, folder, { API_URL: api });
  await answering(program, `http://127.0.0.1:${port}/`);
  return { url: `http://127.0.0.1:${port}`, stop: () => program.stop() };
}

export async function redis(): Promise<Running> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "bittensor-auth-redis-"));
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction"];
  const program = new Program("redis-server", flags, folder, {});
  await until("Redis says that it is ready", async () => program.printed.includes("Ready to accept connections"));
  const stop = async () => {
    await program.stop();
    await rm(folder, { recursive: true });
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

class Program {
  printed = "";
  readonly #child: ChildProcess;

  constructor(command: string, flags: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, flags, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.printed += text;
      });
    }
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#child, "exit");
    this.#child.kill();
    await exit;
  }
}

async function answering(program: Program, url: string): Promise<void> {
  try {
    await until(
      "the server answers",
      async () => {
        if (program.ended) throw new Error("the server ended");
        return (await fetch(url).catch(() => undefined)) !== undefined;
      },
      20,
    );
  } catch (cause) {
    await program.stop();
    throw new Error(`the server did not start:\n${program.printed}`, { cause });
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (typeof address !== "object" || address === null) throw new Error("a TCP server has an address");
  return address.port;
}

/** `text` with `more` after the only `anchor` in it. */
function after(text: string, anchor: string, more: string): string {
  const [before, behind, ...others] = text.split(anchor);
  if (behind === undefined || others.length > 0) throw new Error(`the example has no longer exactly one ${anchor}`);
  return `${before}${anchor}${more}${behind}`;
}
