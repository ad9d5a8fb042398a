import { defineConfig } from "vite";

// During development `npx vite` serves the sources and hands the interface's paths to an agent:
// SLIPWAY_URL=http://127.0.0.1:7411 npx vite
const agent = process.env.SLIPWAY_URL ?? "http://127.0.0.1:7411";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  // Nothing becomes a data: URL or an inline script: the page's policy forbids it.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: false, reportCompressedSize: false },
  server: {
    proxy: {
      "/v1": {
        target: agent,
        changeOrigin: true,
        configure: (proxy) => proxy.on("proxyReq", (request) => request.setHeader("origin", agent)),
      },
    },
  },
});
