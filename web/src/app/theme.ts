// Light, dark, or as the system says; remembered by the browser.
import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const kept = (): string | null => { try { return localStorage.getItem("theme"); } catch { return null; } };
const first = kept();
export const theme = signal<Theme>(first === "light" || first === "dark" ? first : "auto");
/** Counts each change of the colours in force: what draws by itself draws anew. */
export const colours = signal(0);

export function apply(): void {
  document.documentElement.dataset["theme"] = theme.value;
  ++colours.value;
}
export function nextTheme(): void {
  theme.value = theme.value === "auto" ? "dark" : theme.value === "dark" ? "light" : "auto";
  try { localStorage.setItem("theme", theme.value); } catch { /* it is kept for this page alone */ }
  apply();
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ++colours.value);
