// Small signs that carry meaning by shape and word as well as by colour.
import type { ComponentChildren } from "preact";
import type { State } from "../../client/index.ts";
import { now } from "../data/clock.ts";
import { clock, moment, roughly, words } from "../logic/format.ts";
import { markOf, toneOf, type Tone } from "../logic/states.ts";

/** A version in its role: stable is a square, the candidate a diamond. */
export function Version(p: { of: string | null; role?: "stable" | "candidate" }) {
  if (!p.of) return <span class="version none">nothing</span>;
  return <span class={`version ${p.role ?? ""}`}>{p.role && <i aria-hidden="true" />}{p.of}</span>;
}

export function FromTo(p: { from: string | null; to: string | null }) {
  return (
    <span class="from-to">
      {p.from && <><Version of={p.from} role="stable" /><span class="arrow" aria-hidden="true">→</span><span class="sr"> to </span></>}
      <Version of={p.to} role="candidate" />
    </span>
  );
}

export function StateMark(p: { state: State; quiet?: boolean }) {
  const tone = toneOf(p.state);
  return <span class={`state tone-${tone} ${p.quiet ? "quiet" : ""}`}><i aria-hidden="true">{markOf(tone)}</i>{words(p.state)}</span>;
}

export function Mark(p: { tone: Tone; says: string }) {
  return <span class={`mark tone-${p.tone}`}><i aria-hidden="true">{markOf(p.tone)}</i><span class="sr">{p.says}</span></span>;
}

export function Verdict(p: { of: "pass" | "fail" | "hold" }) {
  const tone = p.of === "pass" ? "good" : p.of === "fail" ? "bad" : "hold";
  return <span class={`state tone-${tone}`}><i aria-hidden="true">{markOf(tone)}</i>{p.of}</span>;
}

/** Time left until `at`, each second. */
export function Countdown(p: { at: string | null }) {
  if (!p.at) return <span class="countdown">–</span>;
  const left = Date.parse(p.at) - now.value;
  return <time class="countdown" role="timer" dateTime={p.at} title={moment(p.at)}>{clock(left)}</time>;
}

/** "2 h" ago, with the moment behind it. */
export function Age(p: { of: string | null }) {
  if (!p.of) return null;
  return <time class="age" dateTime={p.of} title={moment(p.of)}>{roughly(now.value - Date.parse(p.of))}</time>;
}

export function Labelled(p: { label: string; children: ComponentChildren; class?: string }) {
  return <div class={`cell ${p.class ?? ""}`}><dt>{p.label}</dt><dd>{p.children}</dd></div>;
}
