import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  resolve: {
    alias: {
      "#lite": new URL("src/engine/lite-of-full.ts", import.meta.url).pathname,
      "#runtime": new URL("src/engine/node.ts", import.meta.url).pathname,
    },
  },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // Each process has its own addon and its own WebAssembly memory.
    pool: "forks",
    unstubGlobals: true,
    restoreMocks: true,
  },
};

export default config;
