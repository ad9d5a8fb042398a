// What may be done to a deployment in which state, what each verb will do, and how urgent a site is.
import type { BriefDeployment, Deployment, Role, Service, Session, State, Verb } from "../../client/index.ts";
import { share, words } from "./format.ts";

export type Tone = "good" | "bad" | "hold" | "live" | "quiet";

const ENDED: readonly State[] = ["succeeded", "rolled_back", "aborted", "failed", "superseded"];
export const ended = (state: State): boolean => ENDED.includes(state);

export function toneOf(state: State): Tone {
  switch (state) {
    case "succeeded": return "good";
    case "rolled_back": case "failed": case "rollback_failed": return "bad";
    case "aborted": case "superseded": return "quiet";
    case "waiting_approval": case "waiting_window": case "paused": case "queued": return "hold";
    case "rolling_back": return "bad";
    default: return "live";
  }
}
/** A mark beside the word: states differ by shape as well as by colour. */
export const markOf = (tone: Tone): string => ({ good: "✓", bad: "✗", hold: "◷", live: "▶", quiet: "–" })[tone];

export type Act = Verb | "rollback" | "restart";
const SKIPPED = new Set(["check", "smoke", "mirror", "disturb", "gate", "purge"]);

/** The verbs offered, the likeliest first. `newest`: it is the last of its site. */
export function actsFor(d: Deployment, newest: boolean): Act[] {
  const current = d.steps.find((s) => s.state === "running");
  const skip: Act[] = current && SKIPPED.has(current.verb) && current.name !== "approval" ? ["skip"] : [];
  switch (d.state) {
    case "waiting_approval": return ["approve", "reject"];
    case "running": return ["promote", ...skip, "pause", "abort"];
    case "paused": return ["resume", "promote", ...skip, "abort"];
    case "queued": case "waiting_window": case "rollback_failed": return ["abort"];
    case "rolling_back": return [];
    default: return newest ? [...(d.state === "succeeded" ? (["rollback", "restart"] as Act[]) : (["retry"] as Act[]))] : [];
  }
}

const RELEASES: readonly Role[] = ["deployer", "admin"];
const ANSWERS: readonly Role[] = ["approver", "admin"];
const HOLDS: readonly Role[] = ["deployer", "approver", "admin"];
const NEEDS: Record<Act, readonly Role[]> = {
  promote: RELEASES, resume: RELEASES, skip: RELEASES, retry: RELEASES, restart: RELEASES,
  approve: ANSWERS, reject: ANSWERS, pause: HOLDS, abort: HOLDS, rollback: HOLDS,
};

/** Whether this person's roles let them; the agent decides, this only spares a refusal. */
export function may(who: Session | null, act: Act, environment: string): boolean {
  return Boolean(who?.roles.some((r) => NEEDS[act].includes(r.role) && (r.environment === null || r.environment === environment)));
}

/** What leads users back to a good release is the careful choice; the others move forward. */
export const leadsBack = (act: Act): boolean => ["abort", "rollback", "reject", "pause"].includes(act);

/** What will happen, for the confirmation. */
export function effectOf(act: Act, d: BriefDeployment): string {
  const to = d.to ?? "the release";
  const back = d.from ? `${d.from} gets all traffic back first, then ${to} is drained and removed.` : `${to} is removed.`;
  switch (act) {
    case "approve": return `${to} goes on to ${d.environment} by the plan shown.`;
    case "reject": return `The deployment ends aborted. Nothing was changed.`;
    case "promote": return d.stage
      ? `Stage ${d.stage.n} of ${d.stage.of} (${d.stage.name || share(d.stage.traffic_percentage * 100)}) ends now as passed. Harm is judged on.`
      : `The current stage ends now as passed. Harm is judged on.`;
    case "skip": return `The current step ends as skipped.`;
    case "pause": return `Nothing moves forward until it is resumed. Harm still takes it back. After 24 h it is aborted.`;
    case "resume": return `It goes on where it stands.`;
    case "abort": return d.state === "rollback_failed"
      ? `The failed rollback ends as failed; weights stay as they are.`
      : d.state === "queued" || d.state === "waiting_window" ? `It ends aborted. Nothing was changed.` : back;
    case "rollback": return `${d.environment} goes back to the last other release that succeeded${d.from ? ` (${d.from})` : ""}, traffic first.`;
    case "restart": return `A new deployment of ${to} with the newest configuration and secrets.`;
    case "retry": return `A new deployment of ${to} to ${d.environment}.`;
  }
}

/** Why a site needs a person; null: it does not. Smaller is more urgent. */
export interface Need { rank: number; tone: Tone; text: string }
export function needOf(s: Service<BriefDeployment>): Need | null {
  const live = s.live;
  if (live?.state === "rollback_failed") return { rank: 0, tone: "bad", text: "a rollback failed: needs a person" };
  if (s.health === "down") return { rank: 1, tone: "bad", text: s.trouble[0]?.text ?? "no instance is healthy" };
  if (live?.state === "waiting_approval") return { rank: 2, tone: "hold", text: "waits for approval" };
  if (live?.state === "paused") return { rank: 3, tone: "hold", text: "paused" };
  if (s.breaker) return { rank: 4, tone: "bad", text: s.breaker.text };
  if (s.trouble.length > 0) return { rank: 5, tone: "bad", text: s.trouble[0]!.text };
  if (live && live.state === "rolling_back") return { rank: 6, tone: "bad", text: "rolling back" };
  if (live) return { rank: 7, tone: "live", text: words(live.state) };
  if (s.drift.length > 0) return { rank: 8, tone: "hold", text: `drift: ${s.drift.map((x) => x.what).join(", ")}` };
  return null;
}
/** Waits for a person's answer or hands. */
export const waitsForYou = (need: Need | null): boolean => need !== null && need.rank <= 5;
