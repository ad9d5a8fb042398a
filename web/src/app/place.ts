// Where the page stands: the path and its query, changed without loading anew.
import { computed, signal } from "@preact/signals";
import { screenOf } from "../logic/routes.ts";

const read = () => location.pathname + location.search;
export const here = signal(read());
export const path = computed(() => here.value.split("?")[0]!);
export const query = computed(() => new URLSearchParams(here.value.split("?")[1] ?? ""));
export const screen = computed(() => screenOf(path.value));

export function go(to: string, replace = false): void {
  if (to === here.peek()) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  const moved = to.split("?")[0] !== here.peek().split("?")[0];
  here.value = to;
  if (moved) {
    scrollTo(0, 0);
    // A screen reader begins where the new screen does.
    requestAnimationFrame(() => document.getElementById("main")?.focus({ preventScroll: true }));
  }
}

addEventListener("popstate", () => { here.value = read(); });
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const a = (event.target as Element).closest("a");
  if (!a || a.target || a.hasAttribute("download") || a.origin !== location.origin || a.hash) return;
  event.preventDefault();
  go(a.pathname + a.search);
});
