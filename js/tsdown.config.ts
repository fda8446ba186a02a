import type { UserConfig } from "tsdown";

const shared: UserConfig = {
  platform: "neutral",
  target: "es2022",
  // Which file answers to `#runtime` is decided where the package is used; modules stay next to their JavaScript.
  deps: { neverBundle: ["#runtime", /^node:/, /\.wasm$/] },
  outExtensions: ({ format }) => (format === "cjs" ? { js: ".cjs", dts: ".d.cts" } : { js: ".js", dts: ".d.ts" }),
};

const builds: UserConfig[] = [
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      "engine/browser": "src/engine/browser.ts",
      "engine/node": "src/engine/node.ts",
      "engine/workerd": "src/engine/workerd.ts",
    },
    format: "esm",
    dts: { entry: ["src/index.ts"] },
    copy: [
      { from: "dist-wasm/full/engine.wasm", to: "dist/engine", rename: "full.wasm" },
      { from: "dist-wasm/server/engine.wasm", to: "dist/engine", rename: "server.wasm" },
      { from: "dist-addon/*.node", to: "dist/engine" },
    ],
  },
  {
    ...shared,
    entry: { index: "src/index.ts", "engine/node": "src/engine/node.ts" },
    format: "cjs",
    dts: { entry: ["src/index.ts"] },
    clean: false,
  },
];

export default builds;
