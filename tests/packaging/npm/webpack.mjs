/** `node webpack.mjs web|node ENTRY FOLDER`: webpack as it is without a configuration. Warnings are failures. */

import { resolve } from "node:path";
import webpack from "webpack";

const [target, entry, folder] = process.argv.slice(2);
const path = resolve(folder);
const output = target === "node" ? { path, filename: "main.cjs" } : { path };
webpack({ mode: "production", target, entry: resolve(entry), output }, (failure, stats) => {
  const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
  for (const { message } of [...errors, ...warnings]) console.error(message);
  if (failure) console.error(failure.message);
  process.exitCode = failure || errors.length + warnings.length > 0 ? 1 : 0;
});
