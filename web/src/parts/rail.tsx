// The share rail: how much of the traffic the candidate has, asked and served. The candidate's part
// is hatched, so that the two are told apart without colour.
import { share } from "../logic/format.ts";

export interface Stop { weight: number; name: string; state: string }

/** Basis points of the candidate, as commanded and as measured. */
export function shareOf(d: { from: string | null; to: string | null; number: number;
    weights: Record<string, number>; served: Record<string, number> | null }) {
  // Two copies of one version: the candidate is the longer name.
  const name = d.from === d.to ? `${d.to}#${d.number}` : (d.to ?? "");
  const of = (all: Record<string, number> | null) => (all === null ? null : (all[name] ?? 0));
  return { asked: of(d.weights) ?? 0, served: of(d.served) };
}

export function MiniRail(p: { asked: number; served: number | null }) {
  const at = p.served ?? p.asked;
  return (
    <span class="rail mini" role="img" aria-label={`${share(at)} of the traffic`}>
      <span class="rail-candidate" style={{ width: `${at / 100}%` }} />
    </span>
  );
}

export function Rail(p: { asked: number; served: number | null; stops: Stop[]; from: string | null; to: string | null;
    /** What the share is: asked, served, at its end. */
    when: string }) {
  const at = p.served ?? p.asked;
  return (
    <div class="rail-box">
      <div class="rail-head">
        <span class="rail-side candidate-ink"><b>{share(at)}</b> <span>{p.to} candidate, {p.when}</span></span>
        {p.from && <span class="rail-side stable-ink"><span>{p.from} stable</span> <b>{share(10_000 - at)}</b></span>}
      </div>
      <div class="rail" role="img"
           aria-label={`${share(p.asked)} of the traffic asked for ${p.to}, ${p.served === null ? "not yet measured" : `${share(p.served)} served`}`}>
        <span class="rail-candidate" style={{ width: `${at / 100}%` }} />
        <span class="rail-asked" style={{ left: `${p.asked / 100}%` }} />
      </div>
      {p.stops.length > 0 && (
        <ol class="rail-stops" aria-label="stages">
          {p.stops.map((s) => (
            <li key={s.weight} class={`stop-${s.state}`} style={{ left: `${s.weight / 100}%` }}>
              <span>{share(s.weight)}</span><span class="sr"> {s.name}: {s.state}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
