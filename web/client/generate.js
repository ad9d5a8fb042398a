// Writes document.ts, the types of the interface's own document (src/api/openapi.json, which the agent serves):
// its schemas, and what each question takes. Every build does it, where the document has changed.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const HEAD = "// Written by client/generate.js from src/api/openapi.json by every build: not to be changed by hand.\n";
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The text of document.ts. */
export async function generated() {
  // A list of exactly so many becomes a tuple; of at most so many, a list.
  const listed = (_, v) => (v?.maxItems && v.maxItems !== v.minItems ? { ...v, maxItems: undefined } : v);
  const document = JSON.parse(readFileSync(beside("../../src/api/openapi.json"), "utf8"), listed);
  // What an operation answers is told by the client's methods in the schemas' names.
  const asks = ({ operationId, parameters }) => ({ operationId, parameters, responses: {} });
  const paths = Object.fromEntries(Object.entries(document.paths).map(([path, methods]) =>
    [path, Object.fromEntries(Object.entries(methods).map(([method, of]) => [method, asks(of)]))]));
  const { schemas, parameters } = document.components;
  return HEAD + astToString(await openapiTS({ ...document, paths, components: { schemas, parameters } }, { arrayLength: true }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(beside("document.ts"), await generated());
