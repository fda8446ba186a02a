import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type ProxyOptions } from "vite";

/** Where the browser finds the API: below this page's origin unless `VITE_API_URL` names another one. */
const apiURL = process.env["VITE_API_URL"] ?? "/api";

/** `/api` of this page's origin leads to the API, for `vite` and `vite preview`. */
const proxy: Record<string, ProxyOptions> = {
  "/api": {
    target: process.env["API_URL"] ?? "http://127.0.0.1:8000",
    rewrite: (path) => path.replace(/^\/api/, ""),
  },
};

/** The page may run its own scripts, compile WebAssembly and call the API: nothing else. */
function contentSecurityPolicy(): Plugin {
  const api = apiURL.startsWith("/") ? "" : ` ${new URL(apiURL).origin}`;
  const content = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self'${api}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content }, injectTo: "head-prepend" },
    ],
  };
}

export default defineConfig({
  plugins: [react(), contentSecurityPolicy()],
  // The package is linked from this repository and brings its own copy of React for its tests.
  resolve: { dedupe: ["react", "react-dom"] },
  // Data URLs would need an exception in the policy.
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: { host: "127.0.0.1", proxy, fs: { allow: [".", "../../js"] } },
  preview: { host: "127.0.0.1", proxy, headers: { "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff" } },
});
