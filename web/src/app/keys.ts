// Keys of a single letter, heard only where nothing is typed; they can be turned off (key list, "?").
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Key { key: string; says: string; does: () => void }

const stored = (): boolean => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
export const keysOn = signal(stored());
export function setKeys(on: boolean): void {
  keysOn.value = on;
  try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* for this page alone */ }
}

const layers: Key[][] = [];
export const known = signal<readonly Key[]>([]);
const publish = () => { known.value = layers.flat(); };

export function useKeys(keys: Key[], on: unknown[]): void {
  useEffect(() => {
    layers.push(keys);
    publish();
    return () => {
      layers.splice(layers.indexOf(keys), 1);
      publish();
    };
  }, on);
}

let before = "";
let beforeAt = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  if (target.closest("input, textarea, select, dialog, [role=tab]")) return;
  // Space and Enter belong to what has the focus.
  if ((event.key === " " || event.key === "Enter") && target.closest("button, a, summary")) return;
  if (!keysOn.value && event.key !== "?") return;
  const two = Date.now() - beforeAt < 1000 ? `${before} ${event.key}` : "";
  const key = layers.flat().reverse().find((k) => k.key === two || k.key === event.key);
  before = event.key;
  beforeAt = Date.now();
  if (!key) return;
  event.preventDefault();
  key.does();
});
