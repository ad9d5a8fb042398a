// The client's types are the interface's own document: what is kept of them is what it gives today.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
// @ts-expect-error a script, without types of its own
import { generated } from "../../client/generate.js";
import type { Deployment, DeployRequest, Point, SimulationRequest, State } from "../../client/index.ts";

describe("the client's types and the document", () => {
  it("are as the document says", async () => {
    const kept = readFileSync(fileURLToPath(new URL("../../client/document.ts", import.meta.url)), "utf8");
    expect(kept === (await generated()), "client/document.ts is of another document: script/build makes it anew").toBe(true);
  }, 60_000);

  // tsc reads this: each line that is marked must be a mistake.
  it("tell what cannot be", () => {
    const asked: DeployRequest = { environment: "production", version: { web: "v2" }, options: { warmupTime: "90s" } };
    const tried: SimulationRequest = { environment: "production", version: "v2", compare: ["canary", "rolling"], latency: 20 };
    const ends: State[] = ["succeeded", "rolled_back"];
    // @ts-expect-error no state
    ends.push("fine");
    // @ts-expect-error no environment
    const nowhere: DeployRequest = { version: "v2" };
    // @ts-expect-error no number
    const spread: Point["requests"] = ["1", 2];
    // @ts-expect-error may be null
    const url: (of: Deployment) => string = (of) => of.url;
    expect([asked, tried, nowhere, spread, url, ends].length).toBe(6);
  });
});
