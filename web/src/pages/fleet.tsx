// The fleet: services by environments; what needs somebody comes first. Found by name, paged at 50.
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { go, query, path } from "../app/place.ts";
import { useKeys } from "../app/keys.ts";
import { environments, loaded, sites, tally, trouble, type Site } from "../data/fleet.ts";
import { clock, count, share } from "../logic/format.ts";
import { toDeployment, withQuery } from "../logic/routes.ts";
import { toneOf, waitsForYou } from "../logic/states.ts";
import { now } from "../data/clock.ts";
import { Age, FromTo, Mark, StateMark, Version } from "../parts/marks.tsx";
import { MiniRail, shareOf } from "../parts/rail.tsx";
import { askRelease, releasable } from "../parts/release.tsx";

const PAGE = 50;
export const searchBox = signal<HTMLInputElement | null>(null);

interface Row { service: string; cells: Map<string, Site>; rank: number }

function rowsOf(all: ReadonlyMap<string, Site>): Row[] {
  const rows = new Map<string, Row>();
  for (const site of all.values()) {
    const row = rows.get(site.service) ?? { service: site.service, cells: new Map<string, Site>(), rank: Infinity };
    row.cells.set(site.environment, site);
    row.rank = Math.min(row.rank, site.need?.rank ?? Infinity);
    rows.set(site.service, row);
  }
  return [...rows.values()].sort((a, b) => a.rank - b.rank || a.service.localeCompare(b.service, "en", { numeric: true }));
}

const FILTERS = {
  "": () => true,
  wait: (s: Site) => waitsForYou(s.need),
  live: (s: Site) => s.state.live !== null,
  down: (s: Site) => s.state.health === "down",
} as const;
type Filter = keyof typeof FILTERS;

function LiveCell(p: { site: Site }) {
  const d = p.site.state.live!;
  const { asked, served } = shareOf(d);
  const until = d.waits_for?.until;
  return (
    <a class="cell-link live" href={d.state === "waiting_approval" ? `${toDeployment(d.number)}/approve` : toDeployment(d.number)}>
      <span class="line1"><FromTo from={d.from} to={d.to} /> <StateMark state={d.state} /></span>
      <span class="line2">
        {d.state === "waiting_approval" || d.state === "queued" ? null : <><MiniRail asked={asked} served={served} /> <b class="mono">{share(served ?? asked)}</b> </>}
        <span class="waits">{d.waits_for?.what ?? ""}{until ? <span class="mono left"> {clock(Date.parse(until) - now.value)} left</span> : null}</span>
      </span>
    </a>
  );
}

function IdleCell(p: { site: Site }) {
  const s = p.site.state;
  const last = s.last;
  if (!s.version && !last) return <span class="cell-none">never released</span>;
  const tone = last ? toneOf(last.state) : "quiet";
  const need = p.site.need;
  const body = (
    <>
      <span class="line1">
        <Version of={s.version} />
        {last && <Mark tone={tone} says={last.state === "succeeded" ? "released" : `${last.to} ${last.state.replaceAll("_", " ")}`} />}
        <Age of={last?.ended_at ?? null} />
        {s.health !== "healthy" && s.health !== "none" && <span class={`state tone-bad`}><i aria-hidden="true">!</i>{s.health}</span>}
      </span>
      {need ? <span class={`line2 tone-${need.tone}`}>{need.text}</span>
        : last && last.state !== "succeeded" && <span class="line2">{last.to} was {last.state.replaceAll("_", " ")}</span>}
    </>
  );
  return last ? <a class="cell-link" href={toDeployment(last.number)}>{body}</a> : <span class="cell-link">{body}</span>;
}

function Counter(p: { n: number; says: string; filter: Filter; now: Filter; tone?: string }) {
  const on = p.now === p.filter && p.filter !== "";
  return (
    <button type="button" class={`counter ${p.n > 0 && p.tone ? `tone-${p.tone}` : ""}`} aria-pressed={on}
            onClick={() => go(withQuery("/", { q: query.value.get("q"), only: on ? "" : p.filter }))}>
      <b>{loaded.value ? count(p.n) : "–"}</b> <span>{p.says}</span>
    </button>
  );
}

function Pager(p: { page: number; pages: number; all: number }) {
  if (p.pages <= 1) return null;
  const to = (n: number) => withQuery("/", { q: query.value.get("q"), only: query.value.get("only"), page: n === 1 ? "" : n });
  return (
    <nav class="pager" aria-label="pages">
      {p.page > 1 ? <a href={to(p.page - 1)} rel="prev">← before</a> : <span>← before</span>}
      <span class="mono">{(p.page - 1) * PAGE + 1}–{Math.min(p.all, p.page * PAGE)} of {count(p.all)}</span>
      {p.page < p.pages ? <a href={to(p.page + 1)} rel="next">after →</a> : <span>after →</span>}
    </nav>
  );
}

export function Fleet() {
  const all = useMemo(() => rowsOf(sites.value), [sites.value]);
  const q = (query.value.get("q") ?? "").toLowerCase();
  const only = (["wait", "live", "down"].includes(query.value.get("only") ?? "") ? query.value.get("only") : "") as Filter;
  const found = all.filter((row) => {
    if (only && ![...row.cells.values()].some(FILTERS[only])) return false;
    if (!q) return true;
    if (row.service.toLowerCase().includes(q)) return true;
    return [...row.cells.values()].some((s) => [s.state.version, s.state.live?.to].some((v) => v?.toLowerCase().includes(q)));
  });
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number(query.value.get("page")) || 1));
  const t = tally.value;
  const releases = releasable().length > 0 && all.length > 0;
  useKeys([
    { key: "/", says: "search", does: () => searchBox.value?.focus() },
    ...(releases ? [{ key: "d", says: "deploy", does: askRelease }] : []),
  ], [releases]);
  const typed = (event: Event) => go(withQuery(path.value, { q: (event.target as HTMLInputElement).value, only }), true);

  return (
    <>
      <h1 class="sr">Fleet</h1>
      <div class="fleet-head">
        <div class="counters" aria-busy={!loaded.value}>
          <Counter n={t.wait} says={t.wait === 1 ? "waits for you" : "wait for you"} filter="wait" now={only} tone="hold" />
          <Counter n={t.live} says="live" filter="live" now={only} tone="live" />
          <Counter n={t.down} says="down" filter="down" now={only} tone="bad" />
          <Counter n={all.length} says={all.length === 1 ? "service" : "services"} filter="" now={only} />
        </div>
        <label class="search"><span class="sr">Find a service or version</span>
          <input type="search" placeholder="Find a service or version" value={query.value.get("q") ?? ""} onInput={typed}
                 ref={(element) => { searchBox.value = element; }} />
          <kbd aria-hidden="true">/</kbd>
        </label>
        {releases && <button type="button" class="primary" onClick={askRelease}>Deploy</button>}
      </div>
      {trouble.value && <p class="trouble" role="alert">{trouble.value}</p>}
      {loaded.value && all.length === 0 && (
        <p class="empty">No service is known yet. <code>slipway deploy ENVIRONMENT VERSION</code> releases the first one.</p>
      )}
      {all.length > 0 && (
        <div class="table-box" role="region" aria-label="fleet" tabIndex={0}>
          <table class="fleet">
            <thead><tr><th scope="col">service</th>{environments.value.map((e) => <th key={e} scope="col">{e}</th>)}</tr></thead>
            <tbody>
              {found.slice((page - 1) * PAGE, page * PAGE).map((row) => (
                <tr key={row.service}>
                  <th scope="row">{row.service}</th>
                  {environments.value.map((e) => {
                    const site = row.cells.get(e);
                    const tone = site?.need && site.need.rank <= 7 ? `needs-${site.need.tone}` : "";
                    return <td key={e} data-label={e} class={tone}>{!site ? <span class="cell-none">–</span> : site.state.live ? <LiveCell site={site} /> : <IdleCell site={site} />}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          {found.length === 0 && <p class="empty">Nothing here fits.</p>}
        </div>
      )}
      <Pager page={page} pages={pages} all={found.length} />
    </>
  );
}
