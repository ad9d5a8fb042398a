// Each metric against its limit, and how near the proof is: to the left that it harms, to the right
// that it is safe. The judge decides where a bar reaches its end.
import type { Deployment } from "../../client/index.ts";
import { count, millis, percent, value, words } from "../logic/format.ts";
import { evidenceRows, type Proof } from "../logic/evidence.ts";
import { Verdict, Version } from "./marks.tsx";

const say = (side: string, proof: Proof | null) =>
  proof === null ? "" : `${side}: evidence ${proof.evidence.toFixed(1)} of ${proof.needed.toFixed(1)}`;

function ProofBar(p: { harm: Proof | null; safe: Proof | null }) {
  const text = [say("harm", p.harm), say("safe", p.safe)].filter(Boolean).join(", ");
  return (
    <span class="proof" role="img" aria-label={text} title={text}>
      <span class="proof-harm"><span style={{ width: `${(p.harm?.part ?? 0) * 100}%` }} /></span>
      <span class="proof-safe"><span style={{ width: `${(p.safe?.part ?? 0) * 100}%` }} /></span>
    </span>
  );
}

export function EvidenceTable(p: { of: Deployment }) {
  const d = p.of;
  const last = d.verdicts.at(-1);
  const rows = evidenceRows(last);
  const candidate = d.to === d.from ? Object.keys(d.receipt.versions).find((v) => v.includes("#")) ?? d.to! : d.to!;
  const stable = d.from ? d.receipt.versions[d.from] : undefined;
  const fresh = d.receipt.versions[candidate];
  const rate = (v?: { requests: number; errors: number }) => (v && v.requests > 0 ? percent(v.errors / v.requests) : "–");
  return (
    <div class="table-box" role="region" aria-label="evidence" tabIndex={0}>
      <table class="evidence">
        <caption>
          Evidence {last && <span class="hint">{last.stage || "this stage"}, data {words(last.data)}{last.data === "enough" ? "" : ": undecided"}</span>}
        </caption>
        <thead>
          <tr>
            <th scope="col">metric</th>
            <th scope="col" class="num"><Version of={d.from} role="stable" /></th>
            <th scope="col" class="num"><Version of={d.to} role="candidate" /></th>
            <th scope="col">limit</th>
            <th scope="col" class="proof-head"><span>harm</span><span>evidence</span><span>safe</span></th>
            <th scope="col">verdict</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.name}${row.limit}`}>
              <th scope="row" title={row.origin}>{words(row.name)}</th>
              <td class="num stable-ink">{row.nStable === 0 ? "–" : value(row.stable, row.unit)}</td>
              <td class="num candidate-ink">{value(row.candidate, row.unit)}</td>
              <td class="mono">{row.limit}</td>
              <td><ProofBar harm={row.harm} safe={row.safe} /></td>
              <td><Verdict of={row.verdict} /></td>
            </tr>
          ))}
          {rows.length === 0 && <tr><td colSpan={6} class="none">No stage was judged yet.</td></tr>}
        </tbody>
        <tbody class="totals">
          <tr><th scope="row">requests</th><td class="num">{count(stable?.requests)}</td><td class="num">{count(fresh?.requests)}</td><td colSpan={3} class="hint">over the whole deployment</td></tr>
          <tr><th scope="row">errors</th><td class="num">{rate(stable)}</td><td class="num">{rate(fresh)}</td><td colSpan={3} /></tr>
          <tr><th scope="row">p50</th><td class="num">{millis(stable?.p50_ms)}</td><td class="num">{millis(fresh?.p50_ms)}</td><td colSpan={3} /></tr>
          <tr><th scope="row">p99</th><td class="num">{millis(stable?.p99_ms)}</td><td class="num">{millis(fresh?.p99_ms)}</td><td colSpan={3} /></tr>
        </tbody>
      </table>
    </div>
  );
}
