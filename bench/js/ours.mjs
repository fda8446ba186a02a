/** The built package of ../../js, with the engine that the command line names: `addon`, or a WebAssembly file. */

import { readFileSync } from "node:fs";
import { Hotkey, Keypair, ready } from "../../js/dist/index.js";
import { cpuOfEach, MESSAGE, seeds, serve } from "./serve.mjs";

const [engine] = process.argv.slice(2);
if (engine !== "addon") await ready(readFileSync(engine));

const items = seeds().map((seed) => {
  const keypair = Keypair.fromSeed(seed);
  return { hotkey: new Hotkey(keypair.ss58Address), signature: keypair.sign(MESSAGE) };
});
const isAddon = process.report.getReport().sharedObjects.some((name) => name.endsWith(".node"));
if (isAddon !== (engine === "addon")) throw new Error(`${engine} was asked for and something else was loaded`);

await serve({ verify: cpuOfEach(items, ({ hotkey, signature }) => hotkey.verify(MESSAGE, signature, "sr25519"), 2_000) });
