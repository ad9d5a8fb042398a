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

/**
 * At most about `most` points: neighbours of one asked share are joined, latencies weighted by their
 * requests. A chart of four hundred dots' width has no room for more.
 */
export function thinned(points: readonly Point[], most: number): Point[] {
  if (points.length <= most) return [...points];
  const each = Math.ceil(points.length / most);
  const out: Point[] = [];
  for (let i = 0; i < points.length;) {
    let end = i + 1;
    while (end < points.length && end - i < each && points[end]!.share[0] === points[i]!.share[0]) ++end;
    out.push(joined(points.slice(i, end)));
    i = end;
  }
  return out;
}

function joined(part: readonly Point[]): Point {
  if (part.length === 1) return part[0]!;
  const sum = (of: (p: Point) => number | null) => part.reduce((s, p) => s + (of(p) ?? 0), 0);
  const n = [sum((p) => p.requests[0]), sum((p) => p.requests[1])] as const;
  const mean = (metric: "p50_ms" | "p99_ms", side: 0 | 1) => {
    const of = part.filter((p) => p[metric][side] !== null);
    const weight = of.reduce((s, p) => s + (p.requests[side] ?? 0), 0);
    return weight === 0 ? null : of.reduce((s, p) => s + p[metric][side]! * (p.requests[side] ?? 0), 0) / weight;
  };
  const bad = [sum((p) => p.errors[0]), sum((p) => p.errors[1])] as const;
  const rate = (side: 0 | 1) => (n[side] === 0 ? null : bad[side] / n[side]);
  return {
    at: part.at(-1)!.at, for_ms: sum((p) => p.for_ms), requests: [...n], errors: [...bad], error_rate: [rate(0), rate(1)],
    p50_ms: [mean("p50_ms", 0), mean("p50_ms", 1)], p99_ms: [mean("p99_ms", 0), mean("p99_ms", 1)],
    share: [part[0]!.share[0], n[0] + n[1] === 0 ? null : Math.round((n[1] / (n[0] + n[1])) * 10_000)],
  };
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
