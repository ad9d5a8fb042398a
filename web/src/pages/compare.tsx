// Two deployments side by side: what differs is marked, the candidates' errors and latency overlaid
// from the first request on.
import { useEffect, useState } from "preact/hooks";
import type { Deployment, Point } from "../../client/index.ts";
import { query } from "../app/place.ts";
import { client } from "../data/link.ts";
import { compare } from "../logic/compare.ts";
import { millis, percent } from "../logic/format.ts";
import { toDeployment } from "../logic/routes.ts";
import { columns, type Columns } from "../logic/series.ts";
import { Chart } from "../parts/chart.tsx";
import { FromTo, StateMark } from "../parts/marks.tsx";

interface Side { d: Deployment; points: Point[] }

/** The candidates of both, by seconds since each began; times of one have no value of the other. */
function overlay(a: Side, b: Side, metric: "error_rate" | "p99_ms"): Columns {
  const part = (s: Side) => {
    const [x, , y] = columns(s.points, metric, 10);
    const from = x[0] ?? 0;
    return x.map((t, i) => [Math.round(t - from), y[i] ?? null] as const).filter(([, v]) => v !== null);
  };
  const of = new Map<number, [number | null, number | null]>();
  for (const [t, v] of part(a)) of.set(t, [v, of.get(t)?.[1] ?? null]);
  for (const [t, v] of part(b)) of.set(t, [of.get(t)?.[0] ?? null, v]);
  const times = [...of.keys()].sort((x, y) => x - y);
  // A value stands until the next of its line.
  const held = (side: 0 | 1) => {
    let last: number | null = null;
    const end = Math.max(...times.filter((t) => of.get(t)![side] !== null), -1);
    return times.map((t) => (t > end ? null : (last = of.get(t)![side] ?? last)));
  };
  return [times, held(0), held(1)];
}

export function Compare() {
  const [sides, setSides] = useState<[Side, Side] | null>(null);
  const [trouble, setTrouble] = useState("");
  const ids = [query.value.get("a") ?? "", query.value.get("b") ?? ""];
  useEffect(() => {
    let stale = false;
    const one = async (id: string): Promise<Side> => ({ d: await client.deployment(id), points: (await client.series(id)).points });
    Promise.all([one(ids[0]!), one(ids[1]!)]).then(([a, b]) => { if (!stale) setSides([a, b]); }, (e: Error) => { if (!stale) setTrouble(e.message); });
    return () => { stale = true; };
  }, [ids.join()]);
  if (!sides) return <p class="empty" role={trouble ? "alert" : undefined}>{trouble || "…"}</p>;
  const [a, b] = sides;
  const facts = compare(a.d, b.d);
  const groups = [...new Set(facts.map((f) => f.group))];
  const names: [string, string] = [`#${a.d.number} ${a.d.to}`, `#${b.d.number} ${b.d.to}`];
  const since = (x: number) => `${x} s`;
  return (
    <>
      <h1>Compare</h1>
      <div class="table-box" role="region" aria-label="comparison" tabIndex={0}>
        <table class="compare">
          <thead><tr><th scope="col"><span class="sr">fact</span></th>
            {[a, b].map(({ d }) => <th key={d.number} scope="col"><a href={toDeployment(d.number)}>{d.id}</a><div><FromTo from={d.from} to={d.to} /> <StateMark state={d.state} /></div></th>)}</tr></thead>
          {groups.map((g) => (
            <tbody key={g}>
              <tr class="group"><th scope="rowgroup" colSpan={3}>{g}</th></tr>
              {facts.filter((f) => f.group === g).map((f) => (
                <tr key={f.name} class={f.differs ? "differs" : ""}><th scope="row">{f.name}{f.differs && <span class="sr"> (differs)</span>}</th><td>{f.a}</td><td>{f.b}</td></tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
      {a.points.length > 0 && b.points.length > 0 && (
        <div class="charts two-charts">
          <Chart title="candidate's error rate" names={names} inks={["--ink", "--candidate"]} data={overlay(a, b, "error_rate")} show={percent} axis={percent} marks={[]} least={0.02} most={1} since={since} />
          <Chart title="candidate's p99" names={names} inks={["--ink", "--candidate"]} data={overlay(a, b, "p99_ms")} show={millis} axis={(x) => millis(x)} marks={[]} least={5} since={since} />
        </div>
      )}
    </>
  );
}
