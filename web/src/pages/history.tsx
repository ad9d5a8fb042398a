// What was released, newest first: filtered by its address, read on by pages; two are compared.
import { useEffect, useState } from "preact/hooks";
import type { BriefDeployment } from "../../client/index.ts";
import { go, query } from "../app/place.ts";
import { environments, sites } from "../data/fleet.ts";
import { client, listen } from "../data/link.ts";
import { moment, span, words } from "../logic/format.ts";
import { toDeployment, withQuery } from "../logic/routes.ts";
import { FromTo, StateMark } from "../parts/marks.tsx";

const STATES = ["succeeded", "rolled_back", "aborted", "failed", "superseded", "running", "paused", "waiting_approval"];
const FIELDS = ["environment", "service", "state", "version", "since", "until"] as const;

function useHistory(filter: Record<string, string>) {
  const [items, setItems] = useState<BriefDeployment[] | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const [trouble, setTrouble] = useState("");
  const key = JSON.stringify(filter);
  useEffect(() => {
    let stale = false;
    const read = () => client.history({ ...filter, limit: 50 }).then((list) => {
      if (stale) return;
      setItems(list.items);
      setNext(list.next);
      setTrouble("");
    }, (error: Error) => { if (!stale) setTrouble(error.message); });
    void read();
    const silence = listen({ open: (lost) => { if (lost) void read(); }, hear: (e) => {
      if (e.type === "deployment.requested" || e.type === "deployment.ended") void read();
    } });
    return () => { stale = true; silence(); };
  }, [key]);
  const more = async () => {
    if (next === null || items === null) return;
    const list = await client.history({ ...filter, limit: 50, after: next });
    setItems([...items, ...list.items]);
    setNext(list.next);
  };
  return { items, next, trouble, more };
}

export function History() {
  const filter = Object.fromEntries(FIELDS.map((f) => [f, query.value.get(f) ?? ""]).filter(([, v]) => v)) as Record<string, string>;
  const { items, next, trouble, more } = useHistory(filter);
  const [chosen, setChosen] = useState<number[]>([]);
  const services = [...new Set([...sites.value.values()].map((s) => s.service))].sort();
  const set = (name: string, value: string) => go(withQuery("/history", { ...filter, [name]: value }), true);
  const choose = (n: number) => setChosen((c) => (c.includes(n) ? c.filter((x) => x !== n) : [...c.slice(-1), n]));
  const [a, b] = [...chosen].sort((x, y) => y - x);
  return (
    <>
      <div class="title-row">
        <h1>History</h1>
        <button type="button" class="primary" disabled={chosen.length !== 2} onClick={() => go(withQuery("/compare", { a, b }))}>
          {chosen.length === 2 ? `Compare #${b} with #${a}` : "Choose two to compare"}
        </button>
      </div>
      <form class="filters" onSubmit={(e) => e.preventDefault()} aria-label="filter">
        <label>environment<select value={filter["environment"] ?? ""} onChange={(e) => set("environment", e.currentTarget.value)}>
          <option value="">every</option>{environments.value.map((x) => <option key={x}>{x}</option>)}</select></label>
        <label>service<input list="services" value={filter["service"] ?? ""} onChange={(e) => set("service", e.currentTarget.value)} />
          <datalist id="services">{services.map((x) => <option key={x} value={x} />)}</datalist></label>
        <label>state<select value={filter["state"] ?? ""} onChange={(e) => set("state", e.currentTarget.value)}>
          <option value="">every</option>{STATES.map((x) => <option key={x} value={x}>{words(x)}</option>)}</select></label>
        <label>version<input value={filter["version"] ?? ""} onChange={(e) => set("version", e.currentTarget.value)} /></label>
        <label>since<input type="date" value={filter["since"] ?? ""} onChange={(e) => set("since", e.currentTarget.value)} /></label>
        <label>until<input type="date" value={filter["until"] ?? ""} onChange={(e) => set("until", e.currentTarget.value)} /></label>
      </form>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      <div class="table-box" role="region" aria-label="deployments" tabIndex={0}>
        <table class="history">
          <thead><tr><th scope="col"><span class="sr">compare</span></th><th scope="col" class="num">#</th><th scope="col">service</th><th scope="col">environment</th>
            <th scope="col">release</th><th scope="col">state</th><th scope="col">strategy</th><th scope="col">by</th><th scope="col">asked</th><th scope="col" class="num">took</th></tr></thead>
          <tbody>
            {(items ?? []).map((d) => (
              <tr key={d.number}>
                <td><input type="checkbox" aria-label={`compare ${d.id}`} checked={chosen.includes(d.number)} onChange={() => choose(d.number)} /></td>
                <td class="num"><a href={toDeployment(d.number)}>{d.number}</a></td>
                <th scope="row">{d.service}</th><td>{d.environment}</td>
                <td><a class="plain" href={toDeployment(d.number)}><FromTo from={d.from} to={d.to} /></a></td>
                <td><StateMark state={d.state} /></td>
                <td>{d.kind === "deploy" ? words(d.strategy ?? "–") : d.kind}</td><td>{d.by}</td><td class="mono">{moment(d.requested_at)}</td>
                <td class="num">{d.ended_at ? span(d.duration_ms) : "–"}</td>
              </tr>
            ))}
            {items?.length === 0 && <tr><td colSpan={10} class="none">Nothing here fits.</td></tr>}
          </tbody>
        </table>
      </div>
      {next !== null && <p><button type="button" onClick={() => void more()}>Older ones</button></p>}
    </>
  );
}
