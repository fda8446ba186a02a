import type { UserConfig } from "tsdown";

const shared: UserConfig = {
  platform: "neutral",
  target: "es2022",
  // Which file answers to `#runtime` and `#lite` is decided where the package is used; modules stay next to their JavaScript.
  deps: { neverBundle: ["#lite", "#runtime", /^node:/, /^react/, /\.wasm$/] },
  outExtensions: ({ format }) => (format === "cjs" ? { js: ".cjs", dts: ".d.cts" } : { js: ".js", dts: ".d.ts" }),
};

const servers = Object.fromEntries(
  ["server", "express", "fastify", "hono", "next", "redis"].map((name) => [name, `src/${name}.ts`]),
);

const builds: UserConfig[] = [
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      client: "src/client/index.ts",
      ...servers,
      "engine/browser": "src/engine/browser.ts",
      "engine/lite": "src/engine/lite.ts",
      "engine/lite-of-full": "src/engine/lite-of-full.ts",
      "engine/node": "src/engine/node.ts",
      "engine/workerd": "src/engine/workerd.ts",
    },
    format: "esm",
    dts: { entry: ["src/index.ts", "src/client/index.ts", ...Object.values(servers)] },
    copy: [
      { from: "dist-wasm/full/engine.wasm", to: "dist/engine", rename: "full.wasm" },
      { from: "dist-wasm/lite/engine.wasm", to: "dist/engine", rename: "lite.wasm" },
      { from: "dist-wasm/server/engine.wasm", to: "dist/engine", rename: "server.wasm" },
      { from: "dist-addon/*.node", to: "dist/engine" },
    ],
  },
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      client: "src/client/index.ts",
      ...servers,
      "engine/lite-of-full": "src/engine/lite-of-full.ts",
      "engine/node": "src/engine/node.ts",
    },
    format: "cjs",
    dts: { entry: ["src/index.ts", "src/client/index.ts", ...Object.values(servers)] },
    clean: false,
  },
  ...(["esm", "cjs"] as const).map(
    (format): UserConfig => ({
      ...shared,
      entry: { react: "src/react/index.ts" },
      format,
      dts: true,
      // Where the server renders first, this says that hooks run in the browser.
      banner: { js: '"use client";' },
      clean: false,
    }),
  ),
];

export default builds;
