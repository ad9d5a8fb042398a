// The judge's tests of one look, gathered by metric: a test for harm and a test for safety make one row.
import type { Deployment, Metric, Verdict } from "../../client/index.ts";

export interface Proof { verdict: string; part: number; evidence: number; needed: number }
export interface EvidenceRow {
  name: string; unit: string; limit: string; origin: string;
  stable: number | null; candidate: number | null;
  nStable: number; nCandidate: number; xStable: number; xCandidate: number;
  harm: Proof | null; safe: Proof | null;
  verdict: "pass" | "fail" | "hold";
  text: string;
}

const proof = (m: Metric | undefined): Proof | null => {
  if (!m) return null;
  const evidence = m.evidence ?? 0;
  const needed = m.needed ?? 0;
  return { verdict: m.verdict, evidence, needed, part: needed > 0 ? Math.min(1, Math.max(0, evidence / needed)) : 0 };
};

export function evidenceRows(verdict: Verdict | undefined): EvidenceRow[] {
  const rows = new Map<string, Metric[]>();
  for (const m of verdict?.metrics ?? []) {
    const key = `${m.name}\0${m.limit}`;
    rows.set(key, [...(rows.get(key) ?? []), m]);
  }
  return [...rows.values()].map((tests) => {
    const first = tests[0]!;
    const worst = tests.find((t) => t.verdict === "fail") ?? tests.find((t) => t.verdict === "hold") ?? first;
    return {
      name: first.name, unit: first.unit, limit: first.limit, origin: first.origin ?? "",
      stable: first.stable, candidate: first.candidate, nStable: first.n_stable, nCandidate: first.n_candidate,
      xStable: first.x_stable, xCandidate: first.x_candidate,
      harm: proof(tests.find((t) => t.side === "harm")), safe: proof(tests.find((t) => t.side === "safe")),
      verdict: worst.verdict, text: worst.text,
    };
  });
}

/** How far the stage's own time has come: watched of wanted, in ms. */
export function dwellOf(d: Deployment): { watched: number; wanted: number } | null {
  const judge = d.steps.find((s) => s.verb === "judge" && s.state === "running");
  const last = d.verdicts.at(-1);
  if (!judge?.dwell_ms || !last) return null;
  return { watched: Math.min(last.observed_ms ?? 0, judge.dwell_ms), wanted: judge.dwell_ms };
}

/** "< 1%" → 0.01, "< 500ms" → 500; null when it is not an absolute limit. */
export function limitValue(limit: string): number | null {
  const match = /^[<>]=?\s*([0-9.]+)\s*(%|ms|s)?$/.exec(limit.trim());
  if (!match) return null;
  const n = Number(match[1]);
  return match[2] === "%" ? n / 100 : match[2] === "s" ? n * 1000 : n;
}
