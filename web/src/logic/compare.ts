// Two deployments side by side: the same facts of both, and whether they differ.
import type { Deployment } from "../../client/index.ts";
import { count, millis, moment, percent, span, words } from "./format.ts";

export interface Fact { group: string; name: string; a: string; b: string; differs: boolean }

const candidateOf = (d: Deployment) => {
  const names = Object.keys(d.receipt.versions);
  return d.receipt.versions[d.to === d.from ? (names.find((n) => n.includes("#")) ?? "") : (d.to ?? "")];
};
const rate = (v?: { requests: number; errors: number }) => (v && v.requests > 0 ? percent(v.errors / v.requests) : "–");
const short = (digest: string | null) => (digest ? digest.replace("sha256:", "").slice(0, 12) : "–");

const FACTS: [string, string, (d: Deployment) => string][] = [
  ["release", "from", (d) => d.from ?? "nothing"],
  ["release", "to", (d) => d.to ?? "–"],
  ["release", "digest", (d) => short(d.digest)],
  ["release", "configuration", (d) => short(d.config)],
  ["release", "strategy", (d) => words(d.strategy ?? "–")],
  ["release", "environment", (d) => d.environment],
  ["course", "state", (d) => words(d.state)],
  ["course", "why", (d) => d.because.text || "–"],
  ["course", "asked", (d) => `${moment(d.requested_at)} by ${d.by}`],
  ["course", "took", (d) => span(d.duration_ms)],
  ["course", "waited for people and places", (d) => span(d.wait_ms)],
  ["course", "watched", (d) => span(d.dwell_ms)],
  ["course", "steps", (d) => String(d.steps.length)],
  ["users", "requests", (d) => count(d.receipt.requests)],
  ["users", "failed", (d) => count(d.receipt.failed)],
  ["users", "caused by it", (d) => count(d.receipt.caused)],
  ["users", "met the candidate", (d) => count(d.receipt.exposed)],
  ["users", "longest gap", (d) => millis(d.receipt.longest_gap_ms)],
  ["users", "harm seen after", (d) => (d.receipt.detected_after_ms === null ? "–" : span(d.receipt.detected_after_ms))],
  ["users", "traffic back after", (d) => (d.receipt.traffic_back_after_ms === null ? "–" : span(d.receipt.traffic_back_after_ms))],
  ["candidate", "error rate", (d) => rate(candidateOf(d))],
  ["candidate", "p50", (d) => millis(candidateOf(d)?.p50_ms)],
  ["candidate", "p99", (d) => millis(candidateOf(d)?.p99_ms)],
];

export function compare(a: Deployment, b: Deployment): Fact[] {
  return FACTS.map(([group, name, of]) => {
    const x = of(a), y = of(b);
    return { group, name, a: x, b: y, differs: x !== y };
  });
}
