// The agent's time, once a second, for countdowns and ages.
import { signal } from "@preact/signals";
import { skew } from "./link.ts";

export const agentNow = (): number => Date.now() + skew.peek();
export const now = signal(Date.now());
setInterval(() => { if (!document.hidden) now.value = agentNow(); }, 1000);
document.addEventListener("visibilitychange", () => { now.value = agentNow(); });
