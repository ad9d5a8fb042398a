// Paths of the screens (they bind: notifications and the command line link to them).

export type Screen =
  | { name: "fleet" } | { name: "deployment"; id: string } | { name: "explain"; id: string }
  | { name: "approve"; id: string } | { name: "history" } | { name: "compare" } | { name: "approvals" }
  | { name: "dora" } | { name: "login" } | { name: "nothing"; path: string };

export function screenOf(path: string): Screen {
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  const [first, id, what] = parts;
  if (parts.length === 0) return { name: "fleet" };
  if (first === "d" && id) {
    if (parts.length === 2) return { name: "deployment", id };
    if (parts.length === 3 && (what === "explain" || what === "approve")) return { name: what, id };
  }
  if (parts.length === 1 && (first === "history" || first === "compare" || first === "approvals" || first === "dora" || first === "login"))
    return { name: first };
  return { name: "nothing", path };
}

export const toDeployment = (number: number | string): string => `/d/${number}`;
/** "/history" with those of `fields` that are set. */
export function withQuery(path: string, fields: Record<string, string | number | undefined | null>): string {
  const pairs = Object.entries(fields).filter(([, v]) => v !== undefined && v !== null && v !== "").map(([k, v]) => [k, String(v)]);
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}
