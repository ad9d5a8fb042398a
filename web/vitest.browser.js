import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { dir: "tests/browser", include: ["*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false, bail: 0 },
});
