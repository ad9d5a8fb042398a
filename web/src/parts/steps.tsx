// The plan as a line of steps, those of one stage together; the running one shows what it does.
import type { Step } from "../../client/index.ts";
import { now } from "../data/clock.ts";
import { groups, tookMs } from "../logic/timeline.ts";
import { share, span, words } from "../logic/format.ts";

const GLYPH: Record<Step["state"], string> = { waiting: "·", running: "▶", done: "✓", failed: "✗", skipped: "»", undone: "↩" };

function StepItem(p: { step: Step }) {
  const s = p.step;
  const took = tookMs(s, s.state === "running" ? now.value : now.peek());
  return (
    <li class={`step step-${s.state}`} aria-current={s.state === "running" ? "step" : undefined}
        title={[s.detail, s.because.text].filter(Boolean).join("\n")}>
      <i aria-hidden="true">{GLYPH[s.state]}</i>
      <span class="verb">{s.verb === "gate" && s.name ? words(s.name) : s.verb}</span>
      <span class="sr">, {s.state}</span>
      {took !== null && <span class="took">{span(took)}</span>}
    </li>
  );
}

export function StepLine(p: { steps: Step[] }) {
  return (
    <ol class="steps" aria-label="steps">
      {groups(p.steps).map((g) => g.steps.length === 1 && g.weight === null
        ? <StepItem key={g.steps[0]!.n} step={g.steps[0]!} />
        : (
          <li key={g.steps[0]!.n} class={`stage stage-${g.state}`}>
            <span class="stage-name">{g.weight === null ? g.name : share(g.weight)} {g.weight !== null && g.name && <span>{g.name}</span>}</span>
            <ol>{g.steps.map((s) => <StepItem key={s.n} step={s} />)}</ol>
          </li>
        ))}
    </ol>
  );
}
