// A verb: its button, and the dialog that says what will happen and asks why. What leads users back
// to a good release asks no more than that.
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Refused, type Deployment, type VerbBody } from "../../client/index.ts";
import { client } from "../data/link.ts";
import { go } from "../app/place.ts";
import { toDeployment } from "../logic/routes.ts";
import { effectOf, leadsBack, type Act } from "../logic/states.ts";

interface Asked { act: Act; deployment: Deployment; done: (d: Deployment) => void }
const asked = signal<Asked | null>(null);

export const ask = (act: Act, deployment: Deployment, done: (d: Deployment) => void): void => {
  asked.value = { act, deployment, done };
};

const LABEL: Record<Act, string> = {
  approve: "Approve", reject: "Reject", promote: "Promote", pause: "Pause", resume: "Resume", skip: "Skip step",
  abort: "Abort", retry: "Retry", rollback: "Roll back", restart: "Restart",
};
export const labelOf = (act: Act): string => LABEL[act];

/** Does it; the plan that is shown is the plan that is approved. */
export async function perform(act: Act, d: Deployment, body: VerbBody): Promise<Deployment> {
  const because = { because: body.because ?? undefined };
  if (act === "rollback") return client.rollback(d.environment, d.service, because);
  if (act === "restart") return client.restart(d.environment, d.service, because);
  const more: VerbBody = act === "approve" && d.plan ? { plan: d.plan } : {};
  const step = act === "skip" ? d.steps.find((s) => s.state === "running")?.n : undefined;
  return client.act(d.number, act, { ...body, ...more, ...(step ? { step } : {}) });
}

export function ActButton(p: { act: Act; deployment: Deployment; done: (d: Deployment) => void; key?: string }) {
  const first = p.act === "approve" || p.act === "promote" || p.act === "resume";
  return (
    <button type="button" class={first ? "primary" : p.act === "abort" || p.act === "rollback" || p.act === "reject" ? "back" : ""}
            onClick={() => ask(p.act, p.deployment, p.done)}>
      {LABEL[p.act]}
    </button>
  );
}

export function ActDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const what = asked.value;

  useEffect(() => {
    setTrouble("");
    setBusy(false);
    if (what && !dialog.current!.open) dialog.current!.showModal();
    if (!what && dialog.current!.open) dialog.current!.close();
  }, [what]);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!what || busy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const because = String(form.get("because") ?? "").trim();
    setBusy(true);
    setTrouble("");
    try {
      const answer = await perform(what.act, what.deployment, {
        ...(because ? { because } : {}),
        ...(form.get("full") ? { full: true } : {}),
        ...(form.get("force") ? { force: true } : {}),
      });
      what.done(answer);
      asked.value = null;
      if (answer.number !== what.deployment.number) go(toDeployment(answer.number));
    } catch (error) {
      setTrouble(error instanceof Refused ? `Refused: ${error.message}` : "The agent does not answer. Nothing is known to have changed; try again.");
      setBusy(false);
    }
  };

  const d = what?.deployment;
  return (
    <dialog ref={dialog} class="act" aria-labelledby={`${id}-title`} onClose={() => { asked.value = null; }}>
      {what && d && (
        <form onSubmit={submit}>
          <h2 id={`${id}-title`}>{LABEL[what.act]} <span class="id">{d.service} / {d.environment} #{d.number}</span></h2>
          <p>{effectOf(what.act, d)}</p>
          <label for={`${id}-why`}>Why <span class="hint">kept on record{what.act === "reject" ? "" : ", may be left out"}</span></label>
          <textarea id={`${id}-why`} name="because" rows={2} maxLength={2000} required={what.act === "reject"} autoFocus />
          {what.act === "promote" && (
            <div class="choices">
              <label class="choice"><input type="checkbox" name="full" /> straight to 100 %</label>
              <label class="choice"><input type="checkbox" name="force" /> even while data is bad</label>
            </div>
          )}
          <p class="trouble" role="alert">{trouble}</p>
          <div class="row end">
            <button type="button" onClick={() => dialog.current!.close()}>Cancel</button>
            <button type="submit" class={leadsBack(what.act) ? "back" : "primary"} disabled={busy}>{LABEL[what.act]}</button>
          </div>
        </form>
      )}
    </dialog>
  );
}
