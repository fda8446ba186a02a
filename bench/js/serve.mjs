/** The worker's side of ../process.py, and the stopwatch that the workers here use; ../workers/serve.py is the same. */

import { createInterface } from "node:readline";

export const HOTKEYS = 256;
export const MESSAGE = new Uint8Array(120).fill(0x2e);

/** Answers `[command, options]`, one JSON line in and one out, until stdin ends. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, options] = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(commands[command](options))}\n`);
  }
}

/** A command: CPU time of this process for one call, in µs, over `items` in turn; warm after `warmUp` calls. */
export function cpuOfEach(items, call, warmUp) {
  let at = 0;
  const next = (count) => {
    for (let left = count; left > 0; left--) {
      call(items[at]);
      at = (at + 1) % items.length;
    }
  };
  next(warmUp);
  return ({ count }) => {
    const before = process.cpuUsage();
    next(count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
}

/** A 32-byte seed for each hotkey. */
export function seeds() {
  return Array.from({ length: HOTKEYS }, (_, index) => new Uint8Array(32).fill(7).fill(index, 0, 1));
}
