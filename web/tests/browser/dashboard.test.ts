// The dashboard in a real browser on a real agent with a real deployment under load. One story: each
// test begins where the one before ended.
import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENDED, type SlipwayEvent } from "../../client/index.ts";
import { Eyes, House, SHOTS, poll, serious } from "./house.ts";

const CONFIG = (port: number) => `service:
  name: web
  run: ["./releases/\${version}/server", "--port", "\${port}", "--version", "\${version}"]
  health: { path: /up, interval: 200ms, timeout: 1s }
  stop: { drain: 2s }
environments:
  production:
    listen: 127.0.0.1:${port}
    approval_required: true
    approval: { approvers: 1, requester_may: true, timeout: 2h }
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 10, duration: 10m, success_criteria: { error_rate: "< 1%", p99_latency: "< 500ms" } }
    - { name: half, traffic_percentage: 50, duration: 10m }
    - { name: final, traffic_percentage: 100, duration: 1s }
  rollback: { automatic: true }
`;

const house = new House();
let eyes: Eyes;
let desk: Page; // the one who deploys
let phone: Page; // somebody else, elsewhere
const seen: SlipwayEvent[] = []; // by one stream, resumed whenever it breaks
const stop = new AbortController();

async function hearAll(): Promise<void> {
  let after = 0;
  while (!stop.signal.aborted) {
    const watching = { after, signal: stop.signal, onEvent: (e: SlipwayEvent) => void seen.push(e) };
    try { await house.client.watch({}, watching); } catch { /* resumed below */ }
    after = watching.after;
    await new Promise((done) => setTimeout(done, 50));
  }
}

const state = (page: Page) => page.locator("h1 .state");
const shows = (page: Page, word: string, ms = 15_000) =>
  page.locator("h1 .state", { hasText: word }).waitFor({ timeout: ms });

/** Presses a verb, says why, and confirms. */
async function act(page: Page, verb: string, why: string): Promise<void> {
  await page.locator(".verbs").getByRole("button", { name: verb, exact: true }).click();
  const dialog = page.locator("dialog.act");
  await dialog.getByLabel(/^Why/).fill(why);
  await dialog.getByRole("button", { name: verb, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

async function shot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

beforeAll(async () => {
  await house.open(CONFIG);
  house.release("v1");
  house.release("v2");
  house.release("v3");
  void hearAll();
  house.must("deploy", "production", "--version", "v1", "--no-wait");
  house.must("approve", "production");
  await poll("v1", async () => (await house.client.getStatus("production")).environments[0]?.services[0]?.version === "v1");
  house.startLoad(150);
  eyes = await Eyes.open();
  eyes.known.push(house);
});
afterAll(async () => {
  stop.abort();
  await eyes?.close();
  house.close();
});

describe("a release", () => {
  it("is small to load, and is served under a strict policy", async () => {
    desk = await eyes.page("about:blank");
    let bytes = 0;
    const session = await desk.context().newCDPSession(desk);
    await session.send("Network.enable");
    session.on("Network.loadingFinished", (e: { encodedDataLength: number }) => { bytes += e.encodedDataLength; });
    const answer = (await desk.goto(house.url))!;
    await desk.locator(".fleet").waitFor();
    expect(answer.headers()["content-security-policy"]).toContain("script-src 'self'");
    expect(answer.headers()["content-security-policy"]).not.toContain("unsafe");
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(150_000);
  });

  it("appears in the fleet and waits for somebody", async () => {
    await desk.getByText("live", { exact: true }).first().waitFor();
    await house.client.begin({ environment: "production", version: "v2", strategy: "canary", because: "weekly release" });
    await desk.locator(".needs-hold").waitFor();
    await desk.getByRole("button", { name: /1 waits for you/ }).waitFor();
    expect(await serious(desk)).toEqual([]);
    await shot(desk, "fleet");
  });

  it("is approved on a phone", async () => {
    phone = await eyes.page(`${house.url}/approvals`, { width: 390, height: 844, dark: true, still: true });
    await phone.getByText("web → production").waitFor();
    await phone.goto(`${house.url}/d/2/approve`);
    await phone.getByLabel("why").fill("read the changes");
    expect(await serious(phone)).toEqual([]);
    await shot(phone, "approve");
    await phone.getByRole("button", { name: "Approve" }).click();
    await shows(phone, "running");
    const d = await house.client.deployment(2);
    expect(d.approvals).toMatchObject([{ answer: "approved", note: "read the changes", plan: d.plan }]);
  });

  it("is watched: its share, both versions, the evidence and the receipt as they grow", async () => {
    await desk.getByRole("link", { name: /v1.*v2/ }).click();
    await shows(desk, "running");
    await desk.locator(".chart").first().waitFor({ timeout: 20_000 });
    expect(await desk.locator(".chart").count()).toBe(3);
    await desk.locator(".evidence tbody th", { hasText: "error rate" }).first().waitFor({ timeout: 20_000 });
    const requests = async () => Number((await desk.locator(".slip dd").first().textContent())!.replaceAll(",", ""));
    const first = await poll("requests on the receipt", requests);
    await poll("more of them", async () => (await requests()) > first);
    await desk.getByText(/^evidence|watched$/).first().waitFor();
    expect(await desk.locator(".countdown").first().textContent()).toMatch(/\d+:\d\d/);
    await desk.locator(".rail-side", { hasText: "candidate" }).getByText(/^(8|9|1[0-3])(\.\d)? %$/).waitFor();
  });

  it("is paused by one and shown to the other, at the median within 200 ms", async () => {
    await phone.goto(`${house.url}/d/2`);
    await shows(phone, "running");
    await phone.locator(".chart").first().waitFor();
    expect(await serious(phone)).toEqual([]);
    await shot(phone, "deployment-phone");
    await phone.evaluate(() => {
      const seen: { state: string; at: number }[] = ((window as unknown as { seen: object }).seen = []);
      new MutationObserver(() => {
        const state = document.querySelector("h1 .state")?.textContent ?? "";
        if (seen.at(-1)?.state !== state) seen.push({ state, at: Date.now() });
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    for (let n = 0; n < 3; ++n) {
      await house.client.act(2, "pause");
      await shows(phone, "paused");
      await house.client.act(2, "resume");
      await shows(phone, "running");
    }
    await act(desk, "Pause", "looking closer");
    await shows(desk, "paused");
    await shows(phone, "paused");
    const events = await poll("their events", () => {
      const of = seen.filter((e) => e.type === "deployment.paused");
      return of.length === 4 ? of : null;
    });
    expect(events.at(-1)!.text).toContain("looking closer");
    const shown = (await phone.evaluate(() => (window as unknown as { seen: { state: string; at: number }[] }).seen)).filter((s) => s.state.includes("paused"));
    const late = events.map((e, n) => shown[n]!.at - Date.parse(e.at!)).sort((a, b) => a - b);
    expect(late[1], `ms: ${late}`).toBeLessThan(200);
  });

  it("goes on by the keyboard alone", async () => {
    await phone.getByRole("button", { name: "Resume" }).waitFor();
    await desk.locator("main").focus();
    await desk.keyboard.press("Space");
    await desk.locator("dialog.act[open]").waitFor();
    expect(await serious(desk)).toEqual([]);
    await shot(desk, "dialog");
    await desk.keyboard.press("Escape");
    await desk.locator("dialog.act").waitFor({ state: "hidden" });
    await desk.keyboard.press("Space");
    await desk.locator("dialog.act[open] textarea").waitFor();
    await desk.keyboard.type("fine");
    for (const key of ["Tab", "Tab", "Enter"]) await desk.keyboard.press(key);
    await shows(phone, "running");
    expect((await house.client.deployment(2)).state).toBe("running");
  });

  it("is promoted, and the page outlives the agent", async () => {
    await act(desk, "Promote", "seen enough");
    await desk.locator(".rail-side", { hasText: "candidate" }).getByText(/^(4[5-9]|5[0-5])(\.\d)? %$/).waitFor({ timeout: 20_000 });
    await house.killAgent();
    await desk.getByText("agent away").waitFor();
    expect(await state(desk).textContent()).toContain("running");
    house.startAgent();
    await desk.locator(".link-live").waitFor();
    const lines = () => desk.locator(".story li").allTextContents();
    await poll("the story", async () => (await lines()).length > 5);
    await poll("counts after the restart", async () => (await house.client.series(2)).points.length > 0);
    const all = desk.locator(".more button");
    if (await all.count()) await all.click();
    let told: string[] = []; // the release goes on meanwhile, and its story with it
    await poll("all of the story", async () => {
      told = await lines();
      return told.length === (await house.client.explain(2)).sentences.length;
    });
    expect(new Set(told).size).toBe(told.length);
    await shot(desk, "deployment");
  });

  it("succeeds, with nobody hurt", async () => {
    await act(desk, "Promote", "go");
    await shows(desk, "succeeded", 30_000);
    await desk.getByText("zero downtime", { exact: true }).last().waitFor();
    expect((await house.client.deployment(2)).receipt.caused).toBe(0);
  });

  it("is rolled back, traffic first", async () => {
    await act(desk, "Roll back", "customers call");
    await desk.waitForURL(/\/d\/3$/);
    const ended = await poll("its end", async () => {
      const d = await house.client.deployment(3);
      if (d.state === "waiting_approval") await house.client.act(3, "approve", { plan: d.plan! });
      return ENDED.has(d.state) ? d : null;
    });
    expect(ended).toMatchObject({ kind: "rollback", state: "succeeded", to: "v1", trigger: "dashboard" });
    await shows(desk, "succeeded");
  });

  it("is begun from the fleet, and aborted", async () => {
    await desk.goto(house.url);
    await desk.getByRole("button", { name: "Deploy" }).waitFor();
    await desk.locator("main").focus();
    await desk.keyboard.press("d");
    const dialog = desk.locator("dialog.release");
    expect(await serious(desk)).toEqual([]);
    await shot(desk, "deploy");
    await dialog.getByLabel("Version").fill("not a version");
    eyes.awaitRefusal(422, "/v1/deployments");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await dialog.getByText("Refused: ").waitFor();
    await dialog.getByLabel("Version").fill("v3");
    await dialog.getByLabel("Strategy").selectOption("canary");
    await dialog.getByLabel(/^Why/).fill("the cart");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await desk.waitForURL(/\/d\/4$/);
    await shows(desk, "waiting approval");
    expect(await house.client.deployment(4)).toMatchObject({ strategy: "canary", note: "the cart", trigger: "dashboard", url: `${house.url}/d/4` });
    const result = house.client.follow(4);
    await act(desk, "Approve", "");
    await desk.locator(".rail-side", { hasText: "candidate" }).getByText(/^(8|9|1[0-3])(\.\d)? %$/).waitFor({ timeout: 20_000 });
    await act(desk, "Abort", "not today");
    await shows(desk, "aborted", 20_000);
    const deployment = await result;
    expect(deployment.state).toBe("aborted");
    expect(deployment.weights).toEqual({ v1: 10_000 });
    const again = house.client.deploy({ environment: "production", version: "v3", strategy: "canary" });
    await poll("the question", async () => (await house.client.deployment(5).catch(() => null))?.state === "waiting_approval");
    await house.client.act(5, "reject", { because: "not again" });
    const { success, deploymentId } = await again;
    expect({ success, deploymentId }).toEqual({ success: false, deploymentId: "web-production-5" });
  });

  it("was told once, whole, to who resumed the stream", async () => {
    const numbered = seen.filter((e) => e.seq > 0 && e.type !== "events.gap");
    const keys = numbered.map((e) => e.seq);
    expect(new Set(keys).size).toBe(keys.length);
    for (const id of ["web-production-2", "web-production-3", "web-production-4"])
      expect(numbered.filter((e) => e.deployment === id && e.type === "deployment.ended"), id).toHaveLength(1);
  });
});

describe("every screen", () => {
  const SCREENS = ["/", "/d/4", "/d/2/explain", "/d/4/approve", "/history", "/compare?a=4&b=2", "/approvals", "/dora", "/login", "/d/999"];

  it("has no serious finding of axe, dark or light, large or small", async () => {
    for (const dark of [false, true]) {
      const page = await eyes.page("about:blank", { dark, still: true, ...(dark ? { width: 390, height: 844 } : {}) });
      for (const screen of SCREENS) {
        await page.goto(house.url + screen);
        await page.locator("main h1, main .empty").first().waitFor();
        await page.locator(".link-live").waitFor();
        await poll(`${screen} to be there`, async () => (await page.locator("main .empty", { hasText: /^…$/ }).count()) === 0);
        expect(await serious(page), `${screen} ${dark ? "dark, phone" : "light"}`).toEqual([]);
        await shot(page, `screen${screen.replaceAll(/[/?&=]/g, "-")}${dark ? "-dark-phone" : ""}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide, `${screen} is wider than the window`).toBeLessThanOrEqual(0);
      }
      await page.context().close();
    }
  });

  it("tells of history by filters, and compares two", async () => {
    await desk.goto(`${house.url}/history`);
    await desk.getByRole("checkbox", { name: "compare web-production-2" }).check();
    await desk.getByRole("checkbox", { name: "compare web-production-4" }).check();
    await desk.getByRole("button", { name: "Compare #2 with #4" }).click();
    await desk.locator(".differs", { hasText: "state" }).waitFor();
    await desk.goto(`${house.url}/history?state=aborted`);
    await desk.locator(".history tbody tr").first().waitFor();
    await poll("two aborted ones", async () => (await desk.locator(".history tbody tr").count()) === 2);
  });

  it("counts delivery from what happened", async () => {
    await desk.goto(`${house.url}/dora`);
    const card = (name: string) => desk.locator(".figure-card", { hasText: name });
    // v1 and v2 were brought; v2 was undone and v3 aborted under traffic.
    await card("Change failure rate").getByText("2 of 3 changes").waitFor();
    await card("Deployment frequency").getByText("2 deployments brought in 30 days").waitFor();
  });

  it("lets in who has a token, and offers what its roles allow", async () => {
    const stranger = await Eyes.open();
    try {
      const page = await stranger.page(`${house.url}/d/1`);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.getByLabel("Token").fill("slp_00000000_" + "0".repeat(64));
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("not known").waitFor();
      expect(await serious(page)).toEqual([]);
      await shot(page, "login");
      await page.getByLabel("Token").fill(house.newToken("vic", "viewer"));
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("by root (").or(page.getByText("(cli)")).first().waitFor();
      expect(await page.getByRole("group", { name: "verbs" }).getByRole("button").count()).toBe(0);
      expect(await page.evaluate(() => document.cookie)).toBe("");
      house.must("token", "revoke", "vic");
      await page.reload();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      const { url } = JSON.parse(house.must("dashboard", "-o", "json")) as { url: string };
      await page.goto(url);
      await page.getByRole("link", { name: /^signed in as/ }).waitFor();
      expect(page.url()).not.toContain("once_");
      await page.goto(`${house.url}/login#${house.newToken("wil", "deployer@production")}`);
      await page.getByRole("link", { name: "signed in as wil" }).waitFor();
      expect(page.url()).not.toContain("slp_");
    } finally {
      await stranger.close();
    }
  });

  it("raised no complaint of the browser, its policy included", () => {
    expect(eyes.complaints).toEqual([]);
    expect(eyes.outstanding).toEqual([]);
  });
});

describe("a thousand services", () => {
  const big = new House();
  const service = (n: number) => `s${String(n).padStart(4, "0")}`;
  const all = Array.from({ length: 1000 }, (_, n) => n);
  afterAll(() => big.close());

  it("are read, found and paged without waiting", async () => {
    await big.open(() => `services:
${all.map((n) => `  ${service(n)}: { run: "./server --port \${port}", health: { path: /up } }`).join("\n")}
environments:
  production:
    services:
${all.map((n) => `      ${service(n)}: { listen: "127.0.0.1:${20_000 + n}" }`).join("\n")}
`);
    // There is nothing to release, and it is refused; the configuration that came with it is recorded.
    expect(big.run("deploy", "production/s0000", "--version", "v1", "--no-wait").out).toContain("server");
    eyes.known.push(big);
    const page = await eyes.page(big.url);
    await page.getByRole("button", { name: "1,000 services" }).waitFor();
    expect(await page.locator(".fleet tbody tr").count()).toBe(50);
    await page.getByRole("link", { name: "after" }).click();
    await page.getByRole("rowheader", { name: service(50) }).waitFor();
    await page.keyboard.press("/");
    const took = await page.evaluate(async (wanted) => {
      const box = document.querySelector<HTMLInputElement>(".search input")!;
      if (document.activeElement !== box) throw new Error("the search box has no focus");
      const from = performance.now();
      box.value = wanted;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      while (document.querySelectorAll(".fleet tbody tr").length !== 1) {
        if (performance.now() - from > 5000) throw new Error("it was not found");
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - from;
    }, service(777));
    expect(took).toBeLessThan(500);
    await page.context().close();
  });
});
