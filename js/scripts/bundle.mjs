/** Bundles the parts of the built package as a page's build tool would, into `dist-size`, for `npm run size`. */

import { build } from "tsdown";

for (const [name, file] of Object.entries({
  client: "dist/client.js",
  index: "dist/index.js",
  lite: "dist/engine/lite.js",
  react: "dist/react.js",
})) {
  await build({
    config: false,
    entry: { [name]: file },
    platform: "browser",
    format: "esm",
    minify: true,
    dts: false,
    clean: false,
    outDir: "dist-size",
    // What is loaded later is counted apart.
    deps: { neverBundle: ["#lite", "#runtime", /signed-fetch/, /^react/] },
    logLevel: "error",
  });
}
