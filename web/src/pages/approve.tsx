// One question for one thumb: may this plan go on? Linked from notifications; the inbox gathers all.
import { useId, useState } from "preact/hooks";
import { Refused, type Deployment } from "../../client/index.ts";
import { useDeployment } from "../data/deployment.ts";
import { approvals, environments, loaded, sites } from "../data/fleet.ts";
import { moment, roughly, share, span } from "../logic/format.ts";
import { now } from "../data/clock.ts";
import { me } from "../data/link.ts";
import { toDeployment } from "../logic/routes.ts";
import { may } from "../logic/states.ts";
import { stops } from "../logic/timeline.ts";
import { perform } from "../parts/act.tsx";
import { Countdown, FromTo, StateMark } from "../parts/marks.tsx";

/** The environments before this one, with what they say of the same version. */
function elsewhere(d: Deployment): string[] {
  return environments.value.filter((e) => e !== d.environment).flatMap((e) => {
    const s = sites.value.get(`${e}/${d.service}`)?.state;
    const last = s?.last;
    if (!last || last.to !== d.to || !last.ended_at) return [];
    const mark = last.state === "succeeded" ? "✓" : "✗";
    return [`${e}: ${mark} ${last.state.replaceAll("_", " ")} ${roughly(now.value - Date.parse(last.ended_at))} ago`];
  });
}

function Facts(p: { d: Deployment }) {
  const d = p.d;
  const shares = stops(d.steps).map((s) => share(s.weight).replace(" %", ""));
  const dwell = d.steps.reduce((sum, s) => sum + (s.dwell_ms ?? 0), 0);
  const facts = [
    `${(d.strategy ?? "").replaceAll("_", " ")}${shares.length > 0 ? ` ${shares.join(" · ")} %` : ""}${dwell > 0 ? `, watched ${span(dwell)} at least` : ""}`,
    ...d.notes, ...elsewhere(d),
  ];
  return (
    <ul class="facts-list">
      {facts.filter(Boolean).map((f) => <li key={f}>{f}</li>)}
      {d.warnings.map((w) => <li key={w.text} class="warn"><b aria-hidden="true">!</b> {w.text}</li>)}
      {d.way_back?.point_of_no_return && <li class="warn"><b aria-hidden="true">!</b> no way back after {d.way_back.point_of_no_return}</li>}
    </ul>
  );
}

function Card(p: { id: string; alone?: boolean }) {
  const live = useDeployment(p.id);
  const id = useId();
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const d = live.object.value;
  if (!d) return <p class="empty" role={live.missing.value ? "alert" : undefined}>{live.missing.value || "…"}</p>;
  const asks = d.state === "waiting_approval";
  const waits = asks && may(me.value, "approve", d.environment);
  const answer = async (act: "approve" | "reject", form: HTMLFormElement) => {
    const because = String(new FormData(form).get("because") ?? "").trim();
    if (act === "reject" && !because) {
      setTrouble("Say why it is rejected.");
      return;
    }
    setBusy(true);
    setTrouble("");
    try {
      live.took(await perform(act, d, because ? { because } : {}));
    } catch (error) {
      setTrouble(error instanceof Refused ? `Refused: ${error.message}` : "The agent does not answer; nothing is known to have changed.");
    }
    setBusy(false);
  };
  const Title = p.alone ? "h1" : "h2";
  return (
    <article class="approval">
      <Title>{d.service} → {d.environment} <StateMark state={d.state} /></Title>
      <p class="versions"><FromTo from={d.from} to={d.to} /> <span class="hint">asked by {d.by} {moment(d.requested_at)}</span></p>
      {d.note && <p class="note">“{d.note}”</p>}
      <Facts d={d} />
      {waits ? (
        <form onSubmit={(e) => { e.preventDefault(); void answer("approve", e.currentTarget); }}>
          <p class="until">{d.waits_for?.what}; <Countdown at={d.waits_for?.until ?? null} /> left, then {d.waits_for?.then}</p>
          <label for={`${id}-why`}>why</label>
          <input id={`${id}-why`} name="because" type="text" maxLength={2000} autoComplete="off" />
          <p class="trouble" role="alert">{trouble}</p>
          <div class="row answers">
            <button type="submit" class="primary" disabled={busy}>Approve</button>
            <button type="button" class="back" disabled={busy} onClick={(e) => void answer("reject", e.currentTarget.form!)}>Reject</button>
          </div>
        </form>
      ) : <p class="until">{(asks ? d.waits_for?.what : d.because.text) || d.waits_for?.what}</p>}
      <p><a href={toDeployment(d.number)}>The whole deployment</a></p>
    </article>
  );
}

export function Approve(p: { id: string }) {
  return <div class="approve-page"><Card id={p.id} alone /></div>;
}

export function Approvals() {
  const all = approvals.value;
  return (
    <>
      <h1>Approvals</h1>
      {loaded.value && all.length === 0 && <p class="empty">Nothing waits for an answer.</p>}
      <div class="inbox">{all.map((s) => <Card key={s.state.live!.number} id={String(s.state.live!.number)} />)}</div>
    </>
  );
}
