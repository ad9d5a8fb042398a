// A project in a temporary folder with a real agent, a real HAProxy, real processes, real load and a
// real browser. What was started is stopped by its process number.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { SlipwayClient } from "../../client/index.ts";

const BUILD = resolve(process.env["SLIPWAY_BUILD"] ?? "../build");
export const SHOTS = process.env["SLIPWAY_SHOTS"];

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

export async function poll<T>(what: string, condition: () => Promise<T> | T, ms = 15_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

export class House {
  readonly folder = mkdtempSync(join(tmpdir(), "slipway-web-"));
  port = 0;
  agentPort = 0;
  url = "";
  token = "";
  client = new SlipwayClient();
  private load: ChildProcess | null = null;
  private env: NodeJS.ProcessEnv;

  constructor() {
    this.env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SLIPWAY") && name !== "CI"));
  }

  async open(config: (port: number) => string): Promise<this> {
    this.port = await freePort();
    this.agentPort = await freePort();
    this.url = `http://127.0.0.1:${this.agentPort}`;
    writeFileSync(join(this.folder, "slipway.yaml"), config(this.port));
    this.startAgent();
    this.token = this.newToken("tess", "admin");
    this.client = new SlipwayClient({ url: this.url, token: this.token });
    return this;
  }

  /** A copy of the service whose behaviour is its flags. */
  release(version: string, ...flags: string[]): void {
    const folder = join(this.folder, "releases", version);
    mkdirSync(folder, { recursive: true });
    const server = join(folder, "server");
    writeFileSync(server, `#!/bin/sh\nexec ${join(BUILD, "demo-service")} "$@" ${flags.join(" ")}\n`);
    chmodSync(server, 0o755);
  }

  run(...args: string[]): { status: number | null; out: string } {
    const done = spawnSync(join(BUILD, "slipway"), args, { cwd: this.folder, env: this.env, encoding: "utf8", timeout: 60_000 });
    return { status: done.status, out: done.stdout + done.stderr };
  }
  must(...args: string[]): string {
    const { status, out } = this.run(...args);
    if (status !== 0) throw new Error(`slipway ${args.join(" ")}: status ${status}\n${out}`);
    return out;
  }

  newToken(name: string, ...roles: string[]): string {
    return this.must("token", "create", name, "--quiet", ...roles.flatMap((role) => ["--role", role])).trim();
  }

  startAgent(): void { this.must("agent", "start", "--listen", `127.0.0.1:${this.agentPort}`); }
  async killAgent(): Promise<void> {
    const { pid } = await this.client.agent();
    process.kill(pid, "SIGKILL");
    await poll("the agent's end", () => { try { process.kill(pid, 0); return false; } catch { return true; } });
  }

  startLoad(rate: number): void {
    this.load = spawn(join(BUILD, "load"), ["--to", `127.0.0.1:${this.port}`, "--rate", String(rate), "--slow", "0", "--new", "10", "--path", "/"], { stdio: "ignore" });
  }

  close(): void {
    this.load?.kill("SIGKILL");
    this.run("agent", "stop", "--all", "--yes");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds serious on the page as it stands; given to the debugger, so that the page's policy stays in force. */
export async function serious(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Finding { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
    return (await axe.run()).violations.filter((v) => v.impact === "serious" || v.impact === "critical")
      .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).slice(0, 3).join(" | ")}`);
  });
}

/** A browser, and what its pages complained of. */
export class Eyes {
  readonly complaints: string[] = [];
  /** Where new pages are signed in before they are opened. */
  readonly known: House[] = [];
  /** Answers that a test is about to bring on; the browser reports each. */
  private refusals: { status: number; path: string }[] = [];
  private constructor(private readonly browser: Browser) {}

  static async open(): Promise<Eyes> {
    return new Eyes(await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    }));
  }

  async context(of: { width?: number; height?: number; dark?: boolean; still?: boolean } = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      viewport: { width: of.width ?? 1280, height: of.height ?? 900 },
      colorScheme: of.dark ? "dark" : "light", reducedMotion: of.still ? "reduce" : "no-preference",
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
    });
    for (const house of this.known) {
      const answer = await context.request.post(`${house.url}/v1/session`, { data: { token: house.token }, headers: { Origin: house.url } });
      if (answer.status() !== 201) throw new Error(`${house.url} let nobody in: ${answer.status()}`);
    }
    return context;
  }

  async page(url: string, of: Parameters<Eyes["context"]>[0] = {}): Promise<Page> {
    const page = await (await this.context(of)).newPage();
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      // The browser itself reports a server that is away and a deployment that is not there; the page is
      // tested for how it takes that.
      if (message.type() !== "error" || text.includes("net::ERR_") || message.location().url.includes("999") || text.includes("401")) return;
      if (!this.awaited(text, message.location().url)) this.complaints.push(`${text} ${message.location().url}`);
    });
    await page.goto(url);
    return page;
  }

  /** One request to this path is about to be refused so, and no other. */
  awaitRefusal(status: number, path: string): void { this.refusals.push({ status, path }); }
  /** Those that did not come. */
  get outstanding(): string[] { return this.refusals.map((r) => `${r.status} ${r.path}`); }
  private awaited(text: string, url: string): boolean {
    const at = this.refusals.findIndex((r) => text.includes(`status of ${r.status}`) && new URL(url).pathname === r.path);
    if (at >= 0) this.refusals.splice(at, 1);
    return at >= 0;
  }

  async close(): Promise<void> { await this.browser.close(); }
}
