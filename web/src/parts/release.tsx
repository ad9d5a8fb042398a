// A release that is begun from here: which version of what goes where, how, and why. What the plan is
// and whether it waits for somebody is seen on its page.
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Refused } from "../../client/index.ts";
import { go } from "../app/place.ts";
import { environments, sites } from "../data/fleet.ts";
import { client, me } from "../data/link.ts";
import { toDeployment } from "../logic/routes.ts";
import { may } from "../logic/states.ts";

const open = signal(false);
export const askRelease = (): void => { open.value = true; };
/** Where this person may release; the agent decides, this only spares a refusal. */
export const releasable = (): string[] => environments.value.filter((e) => may(me.value, "retry", e));

const STRATEGIES = [["", "as configured"], ["blue_green", "blue-green"], ["canary", "canary"], ["rolling", "rolling"], ["recreate", "recreate"]] as const;

export function ReleaseDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const [environment, setEnvironment] = useState("");
  const [service, setService] = useState("");
  const [versions, setVersions] = useState<string[]>([]);
  const id = useId();
  const places = releasable();
  const place = places.includes(environment) ? environment : (places[0] ?? "");
  const services = [...sites.value.values()].filter((s) => s.environment === place).map((s) => s.service).sort();
  const what = services.includes(service) ? service : (services[0] ?? "");
  const serves = sites.value.get(`${place}/${what}`)?.state.version;

  useEffect(() => {
    setTrouble("");
    setBusy(false);
    if (open.value && !dialog.current!.open) dialog.current!.showModal();
    if (!open.value && dialog.current!.open) dialog.current!.close();
  }, [open.value]);
  useEffect(() => {
    if (!open.value || !what) return;
    let stale = false;
    client.releases({ service: what, limit: 50 }).then((list) => { if (!stale) setVersions(list.items.map((r) => r.version)); }, () => { if (!stale) setVersions([]); });
    return () => { stale = true; };
  }, [open.value, what]);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    setBusy(true);
    setTrouble("");
    try {
      const begun = await client.begin({
        environment: place, service: what, version: text("version"),
        ...(text("strategy") ? { strategy: text("strategy") } : {}), ...(text("because") ? { because: text("because") } : {}),
      });
      open.value = false;
      go(toDeployment(begun.number));
    } catch (error) {
      setTrouble(error instanceof Refused ? `Refused: ${error.message}` : "The agent does not answer. Look at the history before you try again.");
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} class="release" aria-labelledby={`${id}-title`} onClose={() => { open.value = false; }}>
      {open.value && (
        <form onSubmit={submit}>
          <h2 id={`${id}-title`}>Deploy</h2>
          <div class="fields">
            <label for={`${id}-where`}>Environment</label>
            <select id={`${id}-where`} value={place} onChange={(e) => setEnvironment(e.currentTarget.value)}>{places.map((e) => <option key={e}>{e}</option>)}</select>
            <label for={`${id}-what`}>Service</label>
            <select id={`${id}-what`} value={what} onChange={(e) => setService(e.currentTarget.value)}>{services.map((s) => <option key={s}>{s}</option>)}</select>
            <label for={`${id}-version`}>Version <span class="hint">{serves ? `${serves} serves` : "nothing serves yet"}</span></label>
            <input id={`${id}-version`} name="version" list={`${id}-versions`} required maxLength={128} autoComplete="off" spellcheck={false} autoFocus />
            <datalist id={`${id}-versions`}>{versions.filter((v) => v !== serves).map((v) => <option key={v} value={v} />)}</datalist>
            <label for={`${id}-how`}>Strategy</label>
            <select id={`${id}-how`} name="strategy">{STRATEGIES.map(([value, says]) => <option key={value} value={value}>{says}</option>)}</select>
          </div>
          <label for={`${id}-why`}>Why <span class="hint">kept on record, may be left out</span></label>
          <textarea id={`${id}-why`} name="because" rows={2} maxLength={2000} />
          <p class="trouble" role="alert">{trouble}</p>
          <div class="row end">
            <button type="button" onClick={() => dialog.current!.close()}>Cancel</button>
            <button type="submit" class="primary" disabled={busy}>Deploy</button>
          </div>
        </form>
      )}
    </dialog>
  );
}
