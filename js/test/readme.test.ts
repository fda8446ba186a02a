/** The snippets of the README, as a server and a client that talk to each other. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** The package finds itself by its own name. */
const cwd = fileURLToPath(new URL("../", import.meta.url));

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

function snippet(name: string, port: string): string {
  const found = README.match(new RegExp(`<!-- test: ${name} -->\n\`\`\`js\n([^]*?)\n\`\`\``));
  if (found?.[1] === undefined) throw new Error(`the README has no snippet ${name}`);
  return found[1].replaceAll("8000", port);
}

function start(source: string): ChildProcess {
  return spawn(process.execPath, ["--input-type=module", "--eval", source], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function ask(port: string): Promise<string> {
  const client = start(snippet("client", port));
  let printed = "";
  client.stdout?.on("data", (piece) => {
    printed += piece;
  });
  await once(client, "close");
  return printed.trim();
}

it.each(["server", "verifier"])(
  "lets the client call the %s, as soon as that can rule out a replay",
  async (name) => {
    const port = await freePort();
    const server = start(`${snippet(name, port)}; console.log("up")`);
    try {
      await once(server.stdout as NodeJS.ReadableStream, "data");
      expect(await ask(port)).toMatch(/^503 \{.*"code":"store_warming"/);
      await sleep(4_500);
      expect(await ask(port)).toMatch(/^200 \{"hotkey":"5\w{47}"\}$/);
    } finally {
      server.kill();
    }
  },
  30_000,
);
