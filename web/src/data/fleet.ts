// Every service in every environment, as the agent last told; one that an event names is read anew.
import { computed, signal } from "@preact/signals";
import { Refused, type BriefDeployment, type Service } from "../../client/index.ts";
import { needOf, waitsForYou, type Need } from "../logic/states.ts";
import { client, listen } from "./link.ts";

export interface Site { environment: string; service: string; state: Service<BriefDeployment>; need: Need | null }

export const environments = signal<string[]>([]);
export const sites = signal<ReadonlyMap<string, Site>>(new Map());
export const loaded = signal(false);
export const trouble = signal<string>("");

const key = (environment: string, service: string) => `${environment}/${service}`;
const MANY = 24; // sites to read one by one; more: all at once

const siteOf = (environment: string, s: Service<BriefDeployment>): Site => ({ environment, service: s.service, state: s, need: needOf(s) });

let reading = false;
let again = false;
export async function readAll(): Promise<void> {
  if (reading) { again = true; return; }
  reading = true;
  try {
    do {
      again = false;
      const status = await client.environments();
      const next = new Map<string, Site>();
      for (const e of status.environments) for (const s of e.services) next.set(key(e.environment, s.service), siteOf(e.environment, s));
      environments.value = status.environments.map((e) => e.environment);
      sites.value = next;
      loaded.value = true;
      trouble.value = "";
    } while (again);
  } catch (error) {
    if (error instanceof Refused) trouble.value = error.message;
    else setTimeout(() => void readAll(), 500); // the agent is away: the link says so
  } finally {
    reading = false;
  }
}

const dirty = new Set<string>();
const busy = new Set<string>();
async function readOne(environment: string, service: string): Promise<void> {
  const k = key(environment, service);
  if (busy.has(k)) { dirty.add(k); return; }
  busy.add(k);
  try {
    do {
      dirty.delete(k);
      const status = await client.site(environment, service);
      const s = status.environments[0]?.services[0];
      if (!s) return;
      if (!environments.value.includes(environment)) return void readAll();
      sites.value = new Map(sites.value).set(k, siteOf(environment, s));
    } while (dirty.has(k));
  } catch { /* the stream's end is told by the link, and opening it again reads all */
  } finally {
    busy.delete(k);
  }
}

listen({
  open: (lost) => { if (lost || !loaded.value) void readAll(); },
  hear: (event) => {
    if (event.type === "step.progress") return;
    if (!event.environment || !event.service || busy.size >= MANY) void readAll();
    else void readOne(event.environment, event.service);
  },
});

export const tally = computed(() => {
  let wait = 0, live = 0, down = 0;
  for (const site of sites.value.values()) {
    if (waitsForYou(site.need)) ++wait;
    if (site.state.live) ++live;
    if (site.state.health === "down") ++down;
  }
  return { wait, live, down, all: sites.value.size };
});

export const approvals = computed(() => [...sites.value.values()]
  .filter((s) => s.state.live?.state === "waiting_approval")
  .sort((a, b) => (a.state.live!.waits_for?.until ?? "").localeCompare(b.state.live!.waits_for?.until ?? "")));
