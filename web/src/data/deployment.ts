// One deployment as it happens: the object, what was counted, its story. Each is read anew when an
// event says so; what is counted arrives with its event.
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Refused, type Deployment, type Explanation, type Point, type Process } from "../../client/index.ts";
import { merge } from "../logic/series.ts";
import { ended } from "../logic/states.ts";
import { client, follow, listen } from "./link.ts";

const COUNTS_EVERY = 400; // ms between readings for counts alone

/** Runs at once; what is asked while it runs is done once more afterwards. */
function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running = false, again = false;
  return async () => {
    if (running) { again = true; return; }
    running = true;
    try {
      do { again = false; await work(); } while (again);
    } catch { /* the link tells of it, and its next opening reads anew */
    } finally { running = false; }
  };
}

export class LiveDeployment {
  readonly object = signal<Deployment | null>(null);
  readonly points = signal<Point[]>([]);
  readonly story = signal<Explanation["sentences"]>([]);
  /** Whether points and story were read once: before that an empty one says nothing. */
  readonly known = signal({ points: false, story: false });
  readonly processes = signal<Process[]>([]);
  readonly missing = signal<string>("");
  private countsAt = 0;
  private countsTimer = 0;

  constructor(readonly id: string) {}

  readonly read = coalesced(async () => {
    try {
      this.object.value = await client.deployment(this.id);
      this.missing.value = "";
    } catch (error) {
      if (error instanceof Refused) this.missing.value = error.message;
      throw error;
    }
  });
  readonly readPoints = coalesced(async () => {
    this.points.value = merge(this.points.value, (await client.series(this.id)).points);
    if (!this.known.value.points) this.known.value = { ...this.known.value, points: true };
  });
  readonly readStory = coalesced(async () => {
    this.story.value = (await client.explain(this.id)).sentences;
    if (!this.known.value.story) this.known.value = { ...this.known.value, story: true };
  });
  readonly readProcesses = coalesced(async () => {
    const d = this.object.value;
    if (!d) return;
    const status = await client.siteWhole(d.environment, d.service);
    this.processes.value = status.environments[0]?.services[0]?.processes ?? [];
  });

  /** After a verb: what it answered is newer than what was read. */
  took(answer: Deployment): void {
    if (answer.id === this.object.value?.id && answer.steps) this.object.value = answer;
    void this.read();
  }

  attach(): () => void {
    const readAll = async () => {
      await this.read();
      if (!this.object.value) return;
      void this.readPoints();
      void this.readStory();
      void this.readProcesses();
    };
    const silence = listen({
      open: () => void readAll(),
      hear: (event) => {
        const d = this.object.value;
        if (!d) return;
        if (event.type === "step.progress") {
          if (event.deployment !== d.id) return;
          this.points.value = merge(this.points.value, [event.data["point"] as Point]);
          this.readCounts();
        } else if (event.deployment === d.id || (event.environment === d.environment && event.service === d.service)) {
          void this.read();
          void this.readStory();
          if (event.type.startsWith("instance.") || event.type.startsWith("step.")) void this.readProcesses();
        }
      },
    });
    void readAll().then(() => follow(this.object.value && !ended(this.object.value.state) ? this.object.value.id : undefined));
    return () => {
      silence();
      clearTimeout(this.countsTimer);
      follow(undefined);
    };
  }

  private readCounts(): void {
    clearTimeout(this.countsTimer);
    const wait = this.countsAt + COUNTS_EVERY - Date.now();
    if (wait > 0) {
      this.countsTimer = window.setTimeout(() => this.readCounts(), wait);
      return;
    }
    this.countsAt = Date.now();
    void this.read();
  }
}

export function useDeployment(id: string): LiveDeployment {
  const live = useMemo(() => new LiveDeployment(id), [id]);
  useEffect(() => live.attach(), [live]);
  return live;
}
