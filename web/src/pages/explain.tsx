// Why it went as it did: each decision newest first, with the rule, what was seen and the proof.
import type { Verdict as VerdictObject } from "../../client/index.ts";
import { useDeployment } from "../data/deployment.ts";
import { evidenceRows } from "../logic/evidence.ts";
import { time, words } from "../logic/format.ts";
import { toDeployment } from "../logic/routes.ts";
import { ended } from "../logic/states.ts";
import { FromTo, StateMark, Verdict } from "../parts/marks.tsx";

const WHO: [RegExp, string][] = [
  [/^deployment\.verdict/, "judge"], [/^deployment\.(shifted)/, "router"], [/^instance\./, "instances"], [/^approval\./, "people"],
  [/^deployment\.(requested|promoted|paused|resumed|skipped)/, "people"], [/.*/, "engine"],
];
const whoOf = (type: string) => WHO.find(([pattern]) => pattern.test(type))![1];

function Proof(p: { of: VerdictObject }) {
  return (
    <dl class="proof-of">
      {evidenceRows(p.of).map((row) => (
        <div key={row.name + row.limit}>
          <dt>{words(row.name)} <Verdict of={row.verdict} /></dt>
          <dd><span class="label">rule</span> {row.limit}{row.origin && <span class="hint"> {row.origin}</span>}</dd>
          <dd><span class="label">saw</span> {row.text}</dd>
          {[["harm", row.harm], ["safe", row.safe]].map(([side, proof]) => proof && typeof proof === "object" && (
            <dd key={String(side)}><span class="label">{String(side)}</span> evidence {proof.evidence.toFixed(1)}, needed {proof.needed.toFixed(1)}</dd>
          ))}
        </div>
      ))}
    </dl>
  );
}

export function Explain(p: { id: string }) {
  const live = useDeployment(p.id);
  const d = live.object.value;
  if (!d) return <p class="empty" role={live.missing.value ? "alert" : undefined}>{live.missing.value || "…"}</p>;
  // A step that ends by a verdict or a shift says the same twice: the one who decided is kept.
  const told = live.story.value;
  const story = told.filter((e) => !(e.type.startsWith("step.") || e.type === "deployment.started") ||
    !told.some((o) => o !== e && o.at === e.at && o.text === e.text && !o.type.startsWith("step."))
  ).reverse();
  const proofs = new Map(d.verdicts.map((v) => [v.at, v]));
  const question = ended(d.state) ? (d.state === "succeeded" ? `why did ${d.id} succeed?` : `why was ${d.id} ${words(d.state)}?`) : `why is ${d.id} ${words(d.state)}?`;
  return (
    <article class="explain">
      <p class="crumb"><a href={toDeployment(d.number)}>{d.service} / {d.environment} <span class="mono">#{d.number}</span></a></p>
      <h1>{question}</h1>
      <p class="facts"><FromTo from={d.from} to={d.to} /> <StateMark state={d.state} /></p>
      {d.because.text && <p class="answer">{d.because.text}</p>}
      <ol class="reasons">
        {story.map((e, i) => {
          const proof = e.type === "deployment.verdict" ? proofs.get(e.at) : undefined;
          return (
            <li key={story.length - i} class={`who-${whoOf(e.type)}`}>
              <time class="mono" dateTime={e.at}>{time(e.at, true)}</time>
              <span class="who">{whoOf(e.type)}</span>
              <div>{e.text}{proof && <details open={i < 12}><summary>what was seen</summary><Proof of={proof} /></details>}</div>
            </li>
          );
        })}
      </ol>
    </article>
  );
}
