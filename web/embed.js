// Builds the dashboard and writes files.cpp, in which its files stand as data, plain and compressed:
//   node embed.js OUTPUT_FOLDER
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
  webmanifest: "application/manifest+json",
};

const out = process.argv[2];
if (!out) throw new Error("usage: node embed.js OUTPUT_FOLDER");
const root = fileURLToPath(new URL(".", import.meta.url));
const dist = join(out, "dist");
await build({ root, configFile: join(root, "vite.config.js"), logLevel: "warn", build: { outDir: dist, emptyOutDir: true } });

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();

mkdirSync(out, { recursive: true });
const data = [];
const rows = [];
files.forEach((file, n) => {
  const bytes = readFileSync(file);
  const path = relative(dist, file).split(sep).join("/");
  const packed = join(out, `${n}.gz`);
  writeFileSync(packed, gzipSync(bytes, { level: 9 }));
  const type = TYPES[path.split(".").pop()];
  if (!type) throw new Error(`embed.js does not know the type of ${path}`);
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 20);
  for (const [name, from] of [[`plain${n}`, file], [`gzip${n}`, packed]]) {
    data.push(`asm(".pushsection .rodata\\n.balign 16\\n" ".global slipway_${name}\\nslipway_${name}:\\n.incbin \\"${from}\\"\\n"
    ".global slipway_${name}_end\\nslipway_${name}_end:\\n.byte 0\\n.popsection\\n");
extern "C" const char slipway_${name}[], slipway_${name}_end[];`);
  }
  const view = (name) => `{slipway_${name}, static_cast<std::size_t>(slipway_${name}_end - slipway_${name})}`;
  rows.push(`      {"${path}", {"${type}", "\\"${etag}\\"", ${view(`plain${n}`)}, ${view(`gzip${n}`)}, ${path.startsWith("assets/")}}},`);
});
writeFileSync(join(out, "files.cpp"), `// Written by web/embed.js: the dashboard's files.
#include "web/dashboard.h"

${data.join("\n")}

slipway::web::Files slipway::web::built_files() {
  static const File files[] = {
${rows.join("\n")}
  };
  return {files, sizeof files / sizeof *files};
}
`);
