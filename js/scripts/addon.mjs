/** Builds the Node addon of this platform into `dist-addon`. */

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { arch, platform, report } from "node:process";

const root = new URL("../../", import.meta.url);
const folder = new URL("../dist-addon/", import.meta.url);

const messages = execFileSync(
  "cargo",
  ["build", "--release", "--locked", "--package", "bittensor-auth-node", "--message-format=json-render-diagnostics"],
  { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] },
);
const artifacts = messages
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const library = artifacts.find(({ target }) => target?.name === "bittensor_auth_node")?.filenames[0];

const libc = platform !== "linux" ? "" : report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl";
mkdirSync(folder, { recursive: true });
copyFileSync(library, new URL(`bittensor-auth.${platform}-${arch}${libc}.node`, folder));
