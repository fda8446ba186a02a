import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How often each session in this Redis was refreshed (`spec/04 §5`: the third field of its record). */
export async function rotations(redis: string): Promise<readonly number[]> {
  const keys = (await command(redis, "--scan", "--pattern", "bta:*:f:*")).split("\n").filter(Boolean);
  return Promise.all(keys.map(async (key) => Number((await command(redis, "get", key)).split("|")[2])));
}

async function command(redis: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run("redis-cli", ["-u", redis, ...words]);
  return stdout;
}
