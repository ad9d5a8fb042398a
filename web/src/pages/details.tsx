// What stands behind the tabs of a deployment: its story, its processes, their output, its plan.
import { useEffect, useState } from "preact/hooks";
import type { Deployment } from "../../client/index.ts";
import { client } from "../data/link.ts";
import type { LiveDeployment } from "../data/deployment.ts";
import { moment, share, span, time, words } from "../logic/format.ts";
import { tookMs } from "../logic/timeline.ts";

const FIRST = 40; // lines of a story before one asks for all

export function Story(p: { live: LiveDeployment }) {
  const [whole, setWhole] = useState(false);
  const story = [...p.live.story.value].reverse();
  const all = whole ? story : story.slice(0, FIRST);
  if (all.length === 0) return <p class="empty">{p.live.known.value.story ? "Nothing is told of it here." : "…"}</p>;
  return (
    <>
    <ol class="story">
      {all.map((e, i) => (
        <li key={story.length - i}><time class="mono" dateTime={e.at}>{time(e.at, true)}</time><span class="type">{e.type}</span><span>{e.text}</span></li>
      ))}
    </ol>
    {story.length > all.length && <p class="more"><button type="button" onClick={() => setWhole(true)}>All {story.length}</button></p>}
    </>
  );
}

export function Instances(p: { live: LiveDeployment; d: Deployment }) {
  const all = p.live.processes.value;
  return (
    <div class="table-box" role="region" aria-label="instances" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">instance</th><th scope="col">version</th><th scope="col">state</th><th scope="col" class="num">port</th>
          <th scope="col" class="num">process</th><th scope="col" class="num">restarts</th><th scope="col">since</th><th scope="col">trouble</th></tr></thead>
        <tbody>
          {all.map((i) => (
            <tr key={i.instance}><th scope="row" class="mono">{i.instance}</th>
              <td class={i.version === p.d.to ? "candidate-ink" : i.version === p.d.from ? "stable-ink" : ""}>{i.version ?? "–"}</td>
              <td>{words(i.state)}</td><td class="num">{i.port || "–"}</td><td class="num">{i.pid || "–"}</td>
              <td class="num">{i.restarts}</td><td class="mono">{time(i.since)}</td><td>{i.trouble}</td></tr>
          ))}
          {all.length === 0 && <tr><td colSpan={8} class="none">None is running.</td></tr>}
        </tbody>
      </table>
    </div>
  );
}

export function Logs(p: { d: Deployment }) {
  const [version, setVersion] = useState(p.d.to ?? "");
  const [text, setText] = useState<string | null>(null);
  const read = () => {
    setText(null);
    client.logs(p.d.number, { ...(version ? { version } : {}), tail: 200 }).then(setText, (error: Error) => setText(error.message));
  };
  useEffect(read, [version, p.d.number]);
  return (
    <>
      <div class="row">
        <label>Output of <select value={version} onChange={(e) => setVersion(e.currentTarget.value)}>
          <option value="">every version</option>
          {[p.d.to, p.d.from].filter((v, i, a) => v && a.indexOf(v) === i).map((v) => <option key={v!} value={v!}>{v}</option>)}
        </select></label>
        <button type="button" onClick={read}>Read again</button>
        <span class="hint">the last 200 lines</span>
      </div>
      <pre class="logs" tabIndex={0}>{text === null ? "…" : text || "It wrote nothing."}</pre>
    </>
  );
}

export function Plan(p: { d: Deployment }) {
  const d = p.d;
  return (
    <>
      <div class="table-box" role="region" aria-label="plan" tabIndex={0}>
        <table>
          <thead><tr><th scope="col" class="num">step</th><th scope="col">verb</th><th scope="col">does</th><th scope="col">state</th><th scope="col">began</th><th scope="col" class="num">took</th><th scope="col">because</th></tr></thead>
          <tbody>
            {d.steps.map((s) => (
              <tr key={s.n} aria-current={s.state === "running" ? "step" : undefined}><th scope="row" class="num">{s.n}</th><td>{s.verb}{s.weight !== undefined && s.verb === "shift" ? ` to ${share(s.weight)}` : ""}</td>
                <td>{s.detail}</td><td>{s.state}</td><td class="mono">{time(s.started_at)}</td>
                <td class="num">{tookMs(s, Date.now()) === null ? "–" : span(tookMs(s, Date.now())!)}</td><td>{s.because.text}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {d.notes.length > 0 && <ul class="notes">{d.notes.map((n) => <li key={n}>{n}</li>)}</ul>}
      <dl class="digests">
        <div><dt>plan</dt><dd class="mono">{d.plan ?? "–"}</dd></div>
        <div><dt>release</dt><dd class="mono">{d.digest ?? "–"}</dd></div>
        <div><dt>configuration</dt><dd class="mono">{d.config ?? "–"}</dd></div>
        <div><dt>asked</dt><dd>{moment(d.requested_at)} by {d.by}</dd></div>
        {d.approvals.map((a) => <div key={a.at}><dt>{a.answer}</dt><dd>{moment(a.at)} by {a.by}{a.note && `: ${a.note}`}</dd></div>)}
      </dl>
    </>
  );
}
