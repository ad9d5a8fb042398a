// The receipt as it grows: what users met, and how much of it this deployment caused.
import type { Receipt } from "../../client/index.ts";
import { count, millis, span } from "../logic/format.ts";

function Line(p: { label: string; value: string; tone?: "good" | "bad" | "" }) {
  return <div class={`line ${p.tone ? `tone-${p.tone}` : ""}`}><dt>{p.label}</dt><dd>{p.value}</dd></div>;
}

export function ReceiptSlip(p: { receipt: Receipt; final: boolean }) {
  const r = p.receipt;
  const zero = (n: number) => (n === 0 ? "good" : "bad");
  return (
    <section class="slip" aria-label="receipt">
      <h2>Receipt <span class="hint">{p.final ? "final" : "so far"}{r.complete ? "" : ", not from rows alone"}</span></h2>
      <dl>
        <Line label="requests" value={count(r.requests)} />
        <Line label="failed, for any reason" value={count(r.failed)} />
        <Line label="caused by this" value={count(r.caused)} tone={zero(r.caused)} />
        <Line label="dropped, no answer" value={count(r.dropped)} />
        <Line label="longest gap" value={millis(r.longest_gap_ms)} />
        <Line label="gap before" value={millis(r.gap_before_ms)} />
        <Line label="met the candidate" value={count(r.exposed)} />
        <Line label="drained, cut" value={`${count(r.drained)}, ${count(r.cut)}`} />
        {r.detected_after_ms !== null && <Line label="harm seen after" value={span(r.detected_after_ms)} />}
        {r.traffic_back_after_ms !== null && <Line label="traffic back after" value={span(r.traffic_back_after_ms)} />}
        {r.unobserved_ms > 0 && <Line label="nobody watched" value={span(r.unobserved_ms)} tone="bad" />}
        {r.proxy_down_ms > 0 && <Line label="proxy down" value={span(r.proxy_down_ms)} tone="bad" />}
        {r.rows_lost > 0 && <Line label="rows lost" value={count(r.rows_lost)} tone="bad" />}
      </dl>
      <p class="verdict-line">{r.caused === 0 ? "zero downtime" : `${count(r.caused)} users' requests hurt`}{p.final ? "" : " so far"}</p>
    </section>
  );
}
