import { describe, expect, it } from "vitest";
import { MessageReader, readEvents } from "../../client/events.ts";
import type { BriefDeployment, Deployment, Point, Service, Step } from "../../client/index.ts";
import { evidenceRows, limitValue } from "../../src/logic/evidence.ts";
import { clock, count, percent, share, span } from "../../src/logic/format.ts";
import { screenOf } from "../../src/logic/routes.ts";
import { columns, merge, thinned } from "../../src/logic/series.ts";
import { actsFor, needOf } from "../../src/logic/states.ts";
import { groups, stops } from "../../src/logic/timeline.ts";

const step = (n: number, verb: Step["verb"], state: Step["state"], name = "", weight?: number): Step => ({
  n, verb, name, state, detail: "", attempt: 1, started_at: null, ended_at: null, deadline: null,
  because: { code: "", text: "", values: {} }, ...(weight === undefined ? {} : { weight }),
});
const point = (at: number, requests: [number, number], errors: [number, number]): Point => ({
  at: new Date(at * 1000).toISOString(), for_ms: 1000, requests, errors, error_rate: [null, null], p50_ms: [1, 2], p99_ms: [3, 4], share: [500, 490],
});

describe("format", () => {
  it("writes times and shares as the command line does", () => {
    expect([0, 0.4, 3.1, 350, 8200, 57_000, 340_000, 3_900_000, 270_000_000].map(span))
      .toEqual(["0 s", "0.4 ms", "3.1 ms", "350 ms", "8.2 s", "57 s", "5 m 40 s", "1 h 5 m", "3 d 3 h"]);
    expect([share(2490), share(10_000), share(5), share(null)]).toEqual(["24.9 %", "100 %", "0.1 %", "–"]);
    expect([0, 0.0012, 0.298, 0.00004, null].map(percent)).toEqual(["0 %", "0.12 %", "29.8 %", "0.004 %", "–"]);
    expect([count(12589), count(999), clock(57_000), clock(3_729_000), clock(-5)]).toEqual(["12,589", "999", "0:57", "1:02:09", "0:00"]);
  });
});

describe("events", () => {
  const text = (seq: number, type = "deployment.shifted") => `id: ${seq}\nevent: ${type}\ndata: {"seq":${seq},"type":"${type}"}\n\n`;
  it("are cut wherever the network cuts", () => {
    const whole = text(1) + ": here\n\n" + text(2);
    for (let cut = 0; cut <= whole.length; ++cut) {
      const reader = new MessageReader();
      const got = [...reader.push(whole.slice(0, cut)), ...reader.push(whole.slice(cut))];
      expect(got.map((m) => m.id)).toEqual(["1", "2"]);
    }
  });
  it("are told once, a gap moves the place back, and lines without an id move none", async () => {
    const body = text(7) + text(8) + text(8) + `event: step.progress\ndata: {"seq":0,"type":"step.progress"}\n\n` + text(3, "events.gap") + text(4);
    const heard: string[] = [];
    const place = await readEvents(new Response(body), { after: 7, onEvent: (e) => heard.push(`${e.seq} ${e.type}`) });
    expect(heard).toEqual(["8 deployment.shifted", "0 step.progress", "3 events.gap", "4 deployment.shifted"]);
    expect(place).toBe(4);
  });
});

describe("series", () => {
  it("joins without repetition", () => {
    const a = [point(1, [1, 1], [0, 0]), point(2, [1, 1], [0, 0])];
    const b = [point(2, [5, 5], [0, 0]), point(3, [1, 1], [0, 0])];
    expect(merge(a, b).map((p) => p.requests[0])).toEqual([1, 5, 1]);
    expect(merge(merge(a, b), b)).toEqual(merge(a, b));
  });
  it("is thinned without losing a request, and never across a change of the share", () => {
    const many = Array.from({ length: 1000 }, (_, n) => ({ ...point(n, [9, 1], [0, n % 10 === 0 ? 1 : 0]), share: [n < 501 ? 500 : 2500, 0] as [number, number] }));
    const few = thinned(many, 100);
    expect(few.length).toBeLessThanOrEqual(102);
    expect(few.reduce((s, p) => s + p.requests[0]! + p.requests[1]!, 0)).toBe(10_000);
    expect(few.reduce((s, p) => s + p.errors[1]!, 0)).toBe(100);
    expect(few.find((p) => p.share[0] === 2500)!.at).toBe(many[510]!.at);
    expect(few[0]!.share[1]).toBe(1000);
  });
  it("weights an error rate by its requests", () => {
    const [, stable, candidate] = columns([point(1, [100, 10], [0, 1]), point(2, [100, 0], [2, 0])], "error_rate", 10);
    expect(stable.at(-1)).toBeCloseTo(0.01);
    expect(candidate.at(-1)).toBeCloseTo(0.1);
  });
});

describe("steps", () => {
  const plan = [step(1, "check", "done"), step(2, "provision", "done", "initial"), step(3, "shift", "done", "initial", 500),
    step(4, "judge", "running", "initial"), step(5, "shift", "waiting", "final", 10_000), step(6, "retire", "waiting")];
  it("of one stage stand together", () => {
    expect(groups(plan).map((g) => [g.name, g.state, g.weight, g.steps.length]))
      .toEqual([["", "done", null, 1], ["initial", "running", 500, 3], ["final", "waiting", 10_000, 1], ["", "waiting", null, 1]]);
    expect(stops(plan)).toEqual([{ weight: 500, name: "initial", state: "running" }, { weight: 10_000, name: "final", state: "waiting" }]);
  });
});

describe("evidence", () => {
  it("is one row a metric, with the harm and the safety of it", () => {
    const metric = { name: "error_rate", unit: "fraction", limit: "< 1%", stable: 0, candidate: 0.3, n_stable: 9, n_candidate: 8, x_stable: 0, x_candidate: 3, engine: "R2", origin: "", share: null, text: "" };
    const rows = evidenceRows({ at: "", stage: "", verdict: "fail", data: "enough", decided_by: null, observed_ms: 0, trouble: "", metrics: [
      { ...metric, side: "harm", verdict: "fail", evidence: 9.8, needed: 4.6 }, { ...metric, side: "safe", verdict: "hold", evidence: -1, needed: 4.6 }] });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ verdict: "fail", harm: { part: 1 }, safe: { part: 0 } });
    expect(["< 1%", "< 500ms", "< 2s", "> baseline * 1.5"].map(limitValue)).toEqual([0.01, 500, 2000, null]);
  });
});

describe("verbs", () => {
  const at = (state: string, steps: Step[] = []) => ({ state, steps }) as unknown as Deployment;
  it("are those the state allows", () => {
    expect(actsFor(at("waiting_approval"), true)).toEqual(["approve", "reject"]);
    expect(actsFor(at("running", [step(1, "judge", "running")]), true)).toEqual(["promote", "pause", "abort"]);
    expect(actsFor(at("running", [step(1, "smoke", "running")]), true)).toContain("skip");
    expect(actsFor(at("paused"), true)).toEqual(["resume", "promote", "abort"]);
    expect(actsFor(at("rolling_back"), true)).toEqual([]);
    expect(actsFor(at("succeeded"), true)).toEqual(["rollback", "restart"]);
    expect(actsFor(at("succeeded"), false)).toEqual([]);
    expect(actsFor(at("rolled_back"), true)).toEqual(["retry"]);
  });
  it("who needs somebody comes first", () => {
    const site = (live: string | null, health = "healthy") => ({ health, trouble: [], drift: [], breaker: null,
      live: live && { state: live } }) as unknown as Service<BriefDeployment>;
    const ranks = [site("rollback_failed"), site(null, "down"), site("waiting_approval"), site("paused"), site("running")].map((s) => needOf(s)!.rank);
    expect([...ranks].sort((a, b) => a - b)).toEqual(ranks);
    expect(needOf(site(null))).toBeNull();
  });
});

describe("paths", () => {
  it("are those that are linked to", () => {
    expect(screenOf("/")).toEqual({ name: "fleet" });
    expect(screenOf("/d/42")).toEqual({ name: "deployment", id: "42" });
    expect(screenOf("/d/web-production-42/explain")).toEqual({ name: "explain", id: "web-production-42" });
    expect(screenOf("/d/42/approve")).toEqual({ name: "approve", id: "42" });
    expect(screenOf("/d/42/other")).toEqual({ name: "nothing", path: "/d/42/other" });
  });
});
