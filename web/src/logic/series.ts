// Points of a deployment's series as the columns a chart draws, joined without repetition.
import type { Point } from "../../client/index.ts";

/** By time; a point that is there already is replaced. Both are in order. */
export function merge(known: readonly Point[], fresh: readonly Point[]): Point[] {
  if (fresh.length === 0) return [...known];
  if (known.length === 0 || known.at(-1)!.at < fresh[0]!.at) return [...known, ...fresh];
  const by = new Map(known.map((p) => [p.at, p]));
  for (const p of fresh) by.set(p.at, p);
  return [...by.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
}

export type Columns = [number[], (number | null)[], (number | null)[]];

/**
 * Seconds, first of the pair, second of the pair. Rates of single blocks jump: they are joined over
 * `window` seconds, weighted by their requests.
 */
export function columns(points: readonly Point[], metric: "share" | "error_rate" | "p50_ms" | "p99_ms", window = 0): Columns {
  const x: number[] = [];
  const a: (number | null)[] = [];
  const b: (number | null)[] = [];
  points.forEach((p, i) => {
    const at = Date.parse(p.at) / 1000;
    x.push(at);
    if (metric !== "error_rate" || window === 0) {
      a.push(p[metric][0]);
      b.push(p[metric][1]);
      return;
    }
    const sums: [number, number][] = [[0, 0], [0, 0]];
    for (let j = i; j >= 0 && Date.parse(points[j]!.at) / 1000 > at - window; --j)
      for (const side of [0, 1] as const) {
        sums[side]![0] += points[j]!.requests[side] ?? 0;
        sums[side]![1] += points[j]!.errors[side] ?? 0;
      }
    const rate = ([n, bad]: [number, number]) => (n === 0 ? null : bad / n);
    a.push(rate(sums[0]!));
    b.push(rate(sums[1]!));
  });
  return [x, a, b];
}
