// A plan's steps as the page shows them: those of one stage stand together.
import type { Step } from "../../client/index.ts";

export interface Group { name: string; weight: number | null; state: Step["state"]; steps: Step[] }

function stateOf(steps: Step[]): Step["state"] {
  for (const state of ["running", "failed", "undone"] as const) if (steps.some((s) => s.state === state)) return state;
  if (steps.every((s) => s.state === "waiting")) return "waiting";
  if (steps.some((s) => s.state === "waiting")) return "running";
  return steps.every((s) => s.state === "skipped") ? "skipped" : "done";
}

export function groups(steps: Step[]): Group[] {
  const out: Group[] = [];
  for (const step of steps) {
    const last = out.at(-1);
    if (step.name !== "" && last && last.name === step.name) last.steps.push(step);
    else out.push({ name: step.name, weight: null, state: "waiting", steps: [step] });
  }
  for (const group of out) {
    group.weight = group.steps.find((s) => s.verb === "shift")?.weight ?? null;
    group.state = stateOf(group.steps);
  }
  return out;
}

/** The shares a plan goes through, in basis points, and how far it came. */
export function stops(steps: Step[]): { weight: number; name: string; state: Step["state"] }[] {
  return steps.filter((s) => s.verb === "shift" && (s.weight ?? 0) > 0).map((s) => {
    const judge = steps.find((j) => j.n > s.n && j.verb === "judge" && j.name === s.name);
    const state = s.state === "done" && judge && judge.state !== "waiting" ? judge.state : s.state;
    return { weight: s.weight!, name: s.name, state };
  });
}

/** How long a step took or takes; null before it began. */
export function tookMs(step: Step, now: number): number | null {
  if (!step.started_at) return null;
  const end = step.ended_at ? Date.parse(step.ended_at) : step.state === "running" ? now : NaN;
  return Number.isNaN(end) ? null : Math.max(0, end - Date.parse(step.started_at));
}
