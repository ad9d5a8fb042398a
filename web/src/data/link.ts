// The one stream of events: opened from a known place, resumed where it broke, closed while nobody
// looks. Who listens is told of each event once, and of each (re)opening.
import { signal } from "@preact/signals";
import { Refused, SlipwayClient, type Session, type SlipwayEvent } from "../../client/index.ts";

export const client = new SlipwayClient();

export type LinkState = "connecting" | "live" | "lost" | "refused";
export const link = signal<LinkState>("connecting");
/** Why the agent does not let this page in. */
export const refusal = signal<string>("");
/** Who the agent takes this page for; null: not known yet. */
export const me = signal<Session | null>(null);
/** The agent's clock less this machine's, in ms. */
export const skew = signal(0);

export interface Ear {
  /** One event, in order, never twice. */
  hear(event: SlipwayEvent): void;
  /** The stream stands: what was counted meanwhile has to be read anew. `lost`: events too. */
  open(lost: boolean): void;
}

const ears = new Set<Ear>();
export function listen(ear: Ear): () => void {
  ears.add(ear);
  return () => void ears.delete(ear);
}

const HIDDEN_FOR = 60_000; // a browser allows six connections to one place: hidden pages give theirs back
const SILENT_FOR = 40_000; // the agent speaks every 15 s

let place: number | null = null;
let progress: string | undefined;
let current: AbortController | null = null;
let wake: (() => void) | null = null;

/** Also hear what is counted of this deployment, as it is counted; undefined: of none. */
export function follow(id: string | undefined): void {
  if (progress === id) return;
  progress = id;
  current?.abort();
}

export function tryNow(): void {
  wake?.();
}

/** Nothing of what was read stays in the page. */
export async function signOut(): Promise<void> {
  await client.signOut().catch(() => {});
  location.assign("/");
}

const rest = (ms: number) => new Promise<void>((done) => {
  const timer = setTimeout(done, ms);
  wake = () => { clearTimeout(timer); done(); };
});

async function visible(): Promise<void> {
  if (!document.hidden) return;
  await new Promise<void>((done) => {
    document.addEventListener("visibilitychange", () => done(), { once: true });
  });
}

async function findPlace(): Promise<number> {
  me.value = await client.session();
  const asked = Date.now();
  const agent = await client.agent();
  skew.value = Date.parse(agent.now) - (asked + Date.now()) / 2;
  return agent.event;
}

async function once(): Promise<void> {
  if (place === null) {
    place = await findPlace();
    // What is read from here on misses nothing: events after this place will come.
    for (const ear of ears) ear.open(true);
  }
  const stop = new AbortController();
  current = stop;
  let silent = setTimeout(() => stop.abort(), SILENT_FOR);
  const watching = {
    after: place, signal: stop.signal,
    onOpen: () => {
      link.value = "live";
      refusal.value = "";
      for (const ear of ears) ear.open(false);
    },
    onBytes: () => {
      clearTimeout(silent);
      silent = setTimeout(() => stop.abort(), SILENT_FOR);
    },
    onEvent: (event: SlipwayEvent) => {
      if (event.type === "events.gap") for (const ear of ears) ear.open(true);
      else for (const ear of ears) ear.hear(event);
    },
  };
  try {
    await client.watch({ progress }, watching);
  } finally {
    clearTimeout(silent);
    place = watching.after;
    current = null;
  }
}

/** Runs as long as the page does. */
export async function keepLink(): Promise<never> {
  let tries = 0;
  let hidden = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = window.setTimeout(() => current?.abort(), HIDDEN_FOR);
  });
  for (;;) {
    await visible();
    const asked = progress;
    try {
      await once();
    } catch (error) {
      if (asked !== progress) continue; // another deployment is followed now
      if (error instanceof Refused && (error.problem.status === 401 || error.problem.status === 403)) {
        link.value = "refused";
        refusal.value = error.problem.detail;
        me.value = null;
        place = null; // another may sign in, who sees other things
        await rest(60_000);
        continue;
      }
      // Of a deployment that is not there nothing can be followed.
      if (error instanceof Refused && error.problem.status === 404) progress = undefined;
    }
    if (link.value === "live") tries = 0;
    link.value = "lost";
    // What the agent itself is (its version, its clock) may have changed: events go on where they were.
    await rest(Math.min(2_000, 100 * 2 ** Math.min(tries++, 5)));
  }
}
