import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  test: {
    include: ["*.test.ts"],
    // One browser at a time: two cores, and a wallet that allows one signature in three seconds.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["verbose"],
  },
};

export default config;
