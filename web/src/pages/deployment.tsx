// A deployment, live or ended: what serves at what measured share, what it waits for, until when,
// what then, the way back; both versions over time; the evidence; the receipt.
import { useMemo } from "preact/hooks";
import type { Deployment as Object_ } from "../../client/index.ts";
import { useKeys, type Key } from "../app/keys.ts";
import { go } from "../app/place.ts";
import { now } from "../data/clock.ts";
import { useDeployment, type LiveDeployment } from "../data/deployment.ts";
import { sites } from "../data/fleet.ts";
import { dwellOf, evidenceRows, limitValue } from "../logic/evidence.ts";
import { clock, millis, moment, percent, share, span, time } from "../logic/format.ts";
import { toDeployment } from "../logic/routes.ts";
import { columns, thinned } from "../logic/series.ts";
import { actsFor, may, ended, type Act } from "../logic/states.ts";
import { stops } from "../logic/timeline.ts";
import { me } from "../data/link.ts";
import { ActButton, ask } from "../parts/act.tsx";
import { Chart, type ChartMark } from "../parts/chart.tsx";
import { EvidenceTable } from "../parts/evidence.tsx";
import { Countdown, FromTo, Labelled, StateMark } from "../parts/marks.tsx";
import { Rail, shareOf } from "../parts/rail.tsx";
import { ReceiptSlip } from "../parts/receipt.tsx";
import { StepLine } from "../parts/steps.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { Instances, Logs, Plan, Story } from "./details.tsx";

const RATE_OVER = 10; // seconds that an error rate is told over
const DOTS = 180; // of a line; more are joined
const KEYS: Partial<Record<Act, string>> = { promote: "p", pause: " ", resume: " ", abort: "a", approve: "y", reject: "n" };

function Waits(p: { d: Object_ }) {
  const d = p.d;
  const w = d.waits_for;
  const back = d.way_back;
  const dwell = dwellOf(d);
  return (
    <dl class="waits-panel" aria-label="what it waits for">
      <Labelled label="waits for" class="wide">
        {w?.what ?? "–"}
        {dwell && (
          <span class="meter" role="img" aria-label={`watched ${span(dwell.watched)} of at least ${span(dwell.wanted)}`}>
            <span style={{ width: `${(dwell.watched / dwell.wanted) * 100}%` }} />
          </span>
        )}
      </Labelled>
      <Labelled label="at the latest in" class="figure"><Countdown at={w?.until ?? null} /><span class="hint">{w?.until ? time(w.until) : ""}</span></Labelled>
      <Labelled label="then">{w?.then ?? "–"}</Labelled>
      <Labelled label="way back">
        {back ? <>{back.ready ? "ready" : "not ready"}, to {back.to}{back.takes_ms !== null && `, takes ${span(back.takes_ms)}`}
          <span class="hint">{back.point_of_no_return ? `no return after ${back.point_of_no_return}` : "no point of no return in this plan"}</span></> : "none: nothing served before"}
      </Labelled>
    </dl>
  );
}

function Outcome(p: { d: Object_ }) {
  const d = p.d;
  return (
    <dl class="waits-panel" aria-label="how it ended">
      <Labelled label="why" class="wide">{d.because.text || "–"}</Labelled>
      <Labelled label="ended">{moment(d.ended_at)}</Labelled>
      <Labelled label="took">{span(d.duration_ms)}</Labelled>
      <Labelled label="zero downtime">{d.receipt.caused === 0 ? "yes: 0 requests caused to fail" : `no: ${d.receipt.caused} requests caused to fail`}</Labelled>
    </dl>
  );
}

function Charts(p: { live: LiveDeployment; d: Object_ }) {
  const { d, live } = p;
  const all = live.points.value;
  const points = useMemo(() => thinned(all, DOTS), [all]);
  const rates = useMemo(() => columns(points, "error_rate", RATE_OVER), [points]);
  const latency = useMemo(() => columns(points, "p99_ms"), [points]);
  const shares = useMemo(() => columns(points, "share"), [points]);
  const marks: ChartMark[] = d.steps
    .filter((s) => s.verb === "shift" && s.ended_at !== null && s.weight !== undefined)
    .map((s) => ({ at: Date.parse(s.ended_at!) / 1000, label: share(s.weight) }));
  if (d.state === "rolled_back" || d.state === "rolling_back") {
    const back = live.story.value.find((e) => e.type === "deployment.rolling_back");
    if (back) marks.push({ at: Date.parse(back.at) / 1000, label: "back" });
  }
  if (points.length === 0)
    return <p class="empty charts-none">{!live.known.value.points ? "…" : ended(d.state) ? "What was counted over time is kept while the agent runs; the receipt below is kept for good." : "Nothing was counted yet: charts begin with the first traffic."}</p>;
  const rows = evidenceRows(d.verdicts.at(-1));
  const limitOf = (name: RegExp) => rows.find((r) => name.test(r.name))?.limit ?? "";
  const names: [string, string] = [d.from ?? "nothing", d.to === d.from ? `${d.to} new` : (d.to ?? "")];
  const rateLimit = limitOf(/error/), p99Limit = limitOf(/p99/);
  return (
    <div class="charts">
      <Chart title="candidate's share" names={["asked", "served"]} inks={["--ink", "--candidate"]} data={shares} show={share} axis={(x) => `${x / 100} %`} marks={marks} least={1000} most={10_000} steps />
      <Chart title="error rate" names={names} data={rates} show={percent} axis={percent} limit={limitValue(rateLimit)} limitText={rateLimit} marks={marks} least={0.02} most={1} />
      <Chart title="p99 latency" names={names} data={latency} show={millis} axis={(x) => millis(x)} limit={limitValue(p99Limit)} limitText={p99Limit} marks={marks} least={5} />
    </div>
  );
}

function Head(p: { live: LiveDeployment; d: Object_; acts: Act[] }) {
  const { d } = p;
  const running = d.started_at && !d.ended_at ? now.value - Date.parse(d.started_at) : d.duration_ms;
  return (
    <header class="deployment-head">
      <div>
        <p class="crumb"><a href={`/?q=${encodeURIComponent(d.service)}`}>{d.service}</a> / {d.environment} <span class="mono">#{d.number}</span></p>
        <h1><FromTo from={d.from} to={d.to} /> <StateMark state={d.state} /></h1>
        <p class="facts">
          {d.kind !== "deploy" && <>{d.kind} · </>}{(d.strategy ?? "").replaceAll("_", " ")} · by {d.by} ({d.trigger}) · <span class="mono">{d.ended_at ? span(running) : clock(running)}</span>
          {d.note && <> · “{d.note}”</>}
          {" "}· <a href={`${toDeployment(d.number)}/explain`}>explain</a>
          {d.from && <> · <a href={`/history?environment=${d.environment}&service=${d.service}`}>history</a></>}
        </p>
      </div>
      <div class="verbs" role="group" aria-label="verbs">
        {p.acts.map((act) => <ActButton key={act} act={act} deployment={d} done={(x) => p.live.took(x)} />)}
      </div>
    </header>
  );
}

export function Deployment(p: { id: string }) {
  const live = useDeployment(p.id);
  const d = live.object.value;
  const site = d ? sites.value.get(`${d.environment}/${d.service}`)?.state : undefined;
  const newest = Boolean(d && site && !site.live && site.last?.number === d.number);
  const acts = d ? actsFor(d, newest).filter((a) => may(me.value, a, d.environment)) : [];
  const keys: Key[] = d ? [
    ...acts.filter((a) => KEYS[a]).map((a) => ({ key: KEYS[a]!, says: a, does: () => ask(a, d, (x) => live.took(x)) })),
    { key: "e", says: "explain", does: () => go(`${toDeployment(d.number)}/explain`) },
  ] : [];
  useKeys(keys, [d?.id, acts.join()]);

  if (!d) return <p class="empty" role={live.missing.value ? "alert" : undefined}>{live.missing.value || "…"}</p>;
  const { asked, served } = shareOf(d);
  return (
    <article class="deployment">
      <Head live={live} d={d} acts={acts} />
      {d.warnings.map((w) => <p class="warning" key={w.code + w.text}><b>warning</b> {w.text}</p>)}
      <section class="share-panel" aria-label="share">
        <Rail asked={asked} served={ended(d.state) ? asked : served} stops={stops(d.steps)} from={d.from} to={d.to}
              when={!ended(d.state) ? (served === null ? "asked" : "served") : newest ? "serves now" : "at its end"} />
      </section>
      {ended(d.state) ? <Outcome d={d} /> : <Waits d={d} />}
      {d.steps.length > 0 && <StepLine steps={d.steps} />}
      <Charts live={live} d={d} />
      <div class="two">
        <EvidenceTable of={d} />
        <ReceiptSlip receipt={d.receipt} final={ended(d.state)} />
      </div>
      <Tabs label="details" tabs={[
        { name: "Events", body: () => <Story live={live} /> },
        { name: "Instances", body: () => <Instances live={live} d={d} /> },
        { name: "Logs", body: () => <Logs d={d} /> },
        { name: "Plan", body: () => <Plan d={d} /> },
      ]} />
    </article>
  );
}
