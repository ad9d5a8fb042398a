export * from "./client.ts";
export * from "./types.ts";
export { MessageReader } from "./events.ts";
