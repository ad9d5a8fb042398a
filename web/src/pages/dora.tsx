// The four figures of delivery, each with its definition, and the releases of each day.
import { useEffect, useState } from "preact/hooks";
import type { Dora as Report } from "../../client/index.ts";
import { agentNow } from "../data/clock.ts";
import { go, query } from "../app/place.ts";
import { environments, sites } from "../data/fleet.ts";
import { client, listen } from "../data/link.ts";
import { percent, plural, span } from "../logic/format.ts";
import { withQuery } from "../logic/routes.ts";

const DAYS = [7, 30, 90, 365];

function Figure(p: { name: string; value: string; of: string; means: string }) {
  return (
    <section class="figure-card">
      <h2>{p.name}</h2>
      <p class="big">{p.value}</p>
      <p class="hint">{p.of}</p>
      <p class="means">{p.means}</p>
    </section>
  );
}

function Bars(p: { days: Report["days"] }) {
  const most = Math.max(1, ...p.days.map((d) => d.deployments + d.failed));
  const wide = 100 / p.days.length;
  return (
    <figure class="bars">
      <figcaption><b>Each day</b> <span class="key"><i class="box good" aria-hidden="true" />brought</span> <span class="key"><i class="box bad" aria-hidden="true" />failed</span>
        <span class="hint">most: {most} on one day</span></figcaption>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={`releases of each of ${p.days.length} days; the table below has the numbers`}>
        {p.days.map((d, i) => {
          const good = (d.deployments / most) * 29;
          const bad = (d.failed / most) * 29;
          return (
            <g key={d.day}>
              <title>{`${d.day}: ${d.deployments} brought, ${d.failed} failed`}</title>
              <rect class="day" x={i * wide} y={0} width={wide} height={30} />
              <rect class="good" x={i * wide + wide * 0.15} y={30 - good} width={wide * 0.7} height={good} />
              <rect class="bad" x={i * wide + wide * 0.15} y={30 - good - bad} width={wide * 0.7} height={bad} />
            </g>
          );
        })}
      </svg>
      <div class="bar-ends mono"><span>{p.days[0]?.day}</span><span>{p.days.at(-1)?.day}</span></div>
    </figure>
  );
}

export function Dora() {
  const q = query.value;
  const environment = q.get("environment") ?? "";
  const service = q.get("service") ?? "";
  const days = DAYS.includes(Number(q.get("days"))) ? Number(q.get("days")) : 30;
  const [report, setReport] = useState<Report | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    let stale = false;
    const read = () => {
      const until = new Date(agentNow() + 1000);
      const at = (d: Date) => d.toISOString().slice(0, 19) + "Z";
      client.dora({ environment, service, since: at(new Date(until.getTime() - days * 86_400_000)), until: at(until) })
        .then((r) => { if (!stale) { setReport(r); setTrouble(""); } }, (e: Error) => { if (!stale) setTrouble(e.message); });
    };
    read();
    const silence = listen({ open: (lost) => { if (lost) read(); }, hear: (e) => { if (e.type === "deployment.ended") setTimeout(read, 50); } });
    return () => { stale = true; silence(); };
  }, [environment, service, days]);
  const set = (name: string, value: string) => go(withQuery("/dora", { environment, service, days, [name]: value }), true);
  const services = [...new Set([...sites.value.values()].map((s) => s.service))].sort();
  const r = report;
  const or = (ms: number | null) => (ms === null ? "–" : span(ms));
  return (
    <>
      <h1>Delivery <span class="hint">the four DORA figures</span></h1>
      <form class="filters" onSubmit={(e) => e.preventDefault()} aria-label="filter">
        <label>environment<select value={environment} onChange={(e) => set("environment", e.currentTarget.value)}>
          <option value="">every</option>{environments.value.map((x) => <option key={x}>{x}</option>)}</select></label>
        <label>service<select value={service} onChange={(e) => set("service", e.currentTarget.value)}>
          <option value="">every</option>{services.map((x) => <option key={x}>{x}</option>)}</select></label>
        <label>period<select value={String(days)} onChange={(e) => set("days", e.currentTarget.value)}>
          {DAYS.map((x) => <option key={x} value={String(x)}>{x === 365 ? "a year" : `${x} days`}</option>)}</select></label>
      </form>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      {r && (
        <>
          <div class="figures">
            <Figure name="Deployment frequency" value={r.deployments_per_day >= 1 || r.deployments === 0 ? `${Number(r.deployments_per_day.toFixed(1))} a day` : `1 in ${span(86_400_000 / r.deployments_per_day)}`}
                    of={`${plural(r.deployments, "deployment")} brought in ${days} days`} means="Deployments that ended succeeded, by the length of the period. Rollbacks and restarts are none." />
            <Figure name="Lead time" value={or(r.lead_time_ms)} of={`median of ${r.deployments}`}
                    means="From when a version was first asked for, in any environment, until it served here." />
            <Figure name="Change failure rate" value={percent(r.change_failure_rate)} of={`${r.failed} of ${plural(r.changes, "change")}`}
                    means="Of the deployments that users met: those taken back, aborted under traffic or failed, and those undone by a rollback afterwards." />
            <Figure name="Time to restore" value={or(r.time_to_restore_ms)} of={`median of those that failed`}
                    means="From the first harm until no new request went to the failed version; for one undone later, from the rollback's request to its end." />
          </div>
          <Bars days={r.days} />
          <dl class="waits-panel promises" aria-label="what was promised">
            <div class="cell"><dt>ended succeeded</dt><dd>{percent(r.success_rate)} <span class="hint">promised: over 99 %</span></dd></div>
            <div class="cell"><dt>median time of a deployment</dt><dd>{or(r.deployment_time_ms)} <span class="hint">promised: under 10 m, without watching</span></dd></div>
            <div class="cell"><dt>zero downtime</dt><dd>{percent(r.zero_downtime_rate)} <span class="hint">changes that caused no request to fail</span></dd></div>
          </dl>
          <details><summary>The days as a table</summary>
            <div class="table-box" role="region" aria-label="days" tabIndex={0}><table><thead><tr><th scope="col">day</th><th scope="col" class="num">brought</th><th scope="col" class="num">failed</th></tr></thead>
              <tbody>{[...r.days].reverse().filter((d) => d.deployments + d.failed > 0).map((d) => <tr key={d.day}><th scope="row" class="mono">{d.day}</th><td class="num">{d.deployments}</td><td class="num">{d.failed}</td></tr>)}</tbody></table></div>
          </details>
        </>
      )}
    </>
  );
}
