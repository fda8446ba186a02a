import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  resolve: { alias: { "#runtime": new URL("src/engine/node.ts", import.meta.url).pathname } },
  test: {
    include: ["test/**/*.test.ts"],
    // Each process has its own addon and its own WebAssembly memory.
    pool: "forks",
    unstubGlobals: true,
    restoreMocks: true,
  },
};

export default config;
