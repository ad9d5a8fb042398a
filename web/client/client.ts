// A typed client of the agent's HTTP interface, for browsers and for Node 18 and newer.
import { readEvents, type Watching } from "./events.ts";
import type {
  Agent, BriefDeployment, BuildReport, Deployment, DeployRequest, Dora, Explanation, HistoryFilter, List, LogFilter, NewBuild,
  NewRelease, Problem, Release, ReleaseFilter, ReportFilter, Series, Session, Simulation, SimulationRequest, SlipwayEvent, Status,
  Verb, VerbBody,
} from "./types.ts";

export interface ClientOptions {
  /** "http://127.0.0.1:7411"; in a page of the agent itself: left out. */
  url?: string;
  /** "slp_<id>_<secret>" (`slipway token create`); a page that signed in needs none. */
  token?: string;
  fetch?: typeof fetch;
}

export interface DeployResult { success: boolean; deploymentId: string; deployment: Deployment }

/** The agent refused; `problem` is its document (RFC 9457). */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "Refused";
  }
}
/** Nobody answers. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("the agent does not answer", { cause });
    this.name = "Unreachable";
  }
}

export const ENDED = new Set(["succeeded", "rolled_back", "aborted", "failed", "superseded"]);

const part = encodeURIComponent;
function query(fields: object): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return pairs.length === 0 ? "" : "?" + new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
}

export class SlipwayClient {
  private readonly url: string;
  private readonly fetch: typeof fetch;
  private readonly headers: Record<string, string>;

  constructor(options: ClientOptions = {}) {
    this.url = (options.url ?? "").replace(/\/$/, "");
    this.fetch = options.fetch ?? ((...a) => globalThis.fetch(...a));
    this.headers = options.token ? { Authorization: `Bearer ${options.token}` } : {};
  }

  /** Deploys and follows to the end. Resolves also when it was taken back: look at `success`. */
  async deploy(request: DeployRequest): Promise<DeployResult> {
    const started = await this.begin(request);
    const deployment = await this.follow(started.id);
    return { success: deployment.state === "succeeded", deploymentId: deployment.id, deployment };
  }

  /** What `slipway status` prints. */
  getStatus(environment: string): Promise<Status> {
    return this.get(`/v1/environments/${part(environment)}/status`);
  }

  begin(request: DeployRequest): Promise<Deployment> { return this.post("/v1/deployments", request); }
  environments(): Promise<Status<BriefDeployment>> { return this.get("/v1/environments?depth=brief"); }
  site(environment: string, service: string): Promise<Status<BriefDeployment>> {
    return this.get(`/v1/environments/${part(environment)}/status${query({ service, depth: "brief" })}`);
  }
  siteWhole(environment: string, service: string): Promise<Status> {
    return this.get(`/v1/environments/${part(environment)}/status${query({ service })}`);
  }
  deployment(id: string | number): Promise<Deployment> { return this.get(`/v1/deployments/${part(id)}`); }
  series(id: string | number): Promise<Series> { return this.get(`/v1/deployments/${part(id)}/series`); }
  explain(id: string | number): Promise<Explanation> { return this.get(`/v1/deployments/${part(id)}/explain`); }
  logs(id: string | number, of: LogFilter): Promise<string> {
    return this.text(`/v1/deployments/${part(id)}/logs${query(of)}`);
  }
  history(filter: HistoryFilter = {}): Promise<List<BriefDeployment>> {
    return this.get(`/v1/history${query({ ...filter, depth: "brief" })}`);
  }
  dora(of: ReportFilter = {}): Promise<Dora> {
    return this.get(`/v1/reports/dora${query(of)}`);
  }
  releases(of: ReleaseFilter = {}): Promise<List<Release>> {
    return this.get(`/v1/releases${query(of)}`);
  }
  /** From here on this version is the digest that it has now. */
  register(release: NewRelease): Promise<Release> { return this.post("/v1/releases", release); }
  /** What a pipeline tells of a build that it made. */
  built(report: NewBuild): Promise<BuildReport> { return this.post("/v1/builds", report); }
  /** The release tried in virtual time, by described users or those of a past one (`traffic: "from:ID"`). */
  simulate(request: SimulationRequest): Promise<Simulation> { return this.post("/v1/simulate", request); }
  agent(): Promise<Agent> { return this.get("/v1/agent"); }
  /** Who the agent takes one for. */
  session(): Promise<Session> { return this.get("/v1/session"); }
  /** In a page of the agent itself: a cookie stands for the token from here on. */
  signIn(token: string): Promise<Session> { return this.post("/v1/session", { token }); }
  async signOut(): Promise<void> { await this.send("DELETE", "/v1/session"); }

  act(id: string | number, verb: Verb, body: VerbBody = {}): Promise<Deployment> {
    return this.post(`/v1/deployments/${part(id)}/${verb}`, body);
  }
  rollback(environment: string, service: string, body: { to?: string; because?: string } = {}): Promise<Deployment> {
    return this.post(`/v1/environments/${part(environment)}/rollback${query({ service })}`, body);
  }
  restart(environment: string, service: string, body: { because?: string } = {}): Promise<Deployment> {
    return this.post(`/v1/environments/${part(environment)}/restart${query({ service })}`, body);
  }

  /** One stream of events from `watching.after` on, until either side ends it. */
  async watch(of: { type?: string; deployment?: string; environment?: string; progress?: string | number },
              watching: Watching): Promise<number> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (watching.after > 0) headers["Last-Event-ID"] = String(watching.after);
    const response = await this.send("GET", `/v1/events${query(of)}`, undefined, headers, watching.signal);
    return readEvents(response, watching);
  }

  /** The deployment at its end. Goes on when the agent restarts under it, for `patience` ms. */
  async follow(id: string | number, onEvent: (event: SlipwayEvent) => void = () => {}, patience = 60_000): Promise<Deployment> {
    let heard = Date.now();
    let after = (await this.agent()).event;
    for (;;) {
      try {
        const now = await this.deployment(id);
        if (ENDED.has(now.state)) return now;
        heard = Date.now();
        const stop = new AbortController();
        const watching: Watching = {
          after, signal: stop.signal,
          onEvent: (event) => {
            onEvent(event);
            if (event.type === "deployment.ended" || event.type === "events.gap") stop.abort();
          },
        };
        await this.watch({ deployment: now.id }, watching).catch((error: unknown) => {
          if (!stop.signal.aborted) throw error;
        }).finally(() => { after = watching.after; });
      } catch (error) {
        if (error instanceof Refused || Date.now() - heard > patience) throw error;
        await new Promise((done) => setTimeout(done, 300));
      }
    }
  }

  private async get<T>(path: string): Promise<T> { return (await (await this.send("GET", path)).json()) as T; }
  private async text(path: string): Promise<string> { return (await this.send("GET", path)).text(); }
  private async post<T>(path: string, body: object): Promise<T> {
    return (await (await this.send("POST", path, JSON.stringify(body))).json()) as T;
  }

  private async send(method: string, path: string, body?: string, headers: Record<string, string> = {},
                     signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await this.fetch(this.url + path, {
        method, body, signal, cache: "no-store",
        headers: { ...this.headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable(error);
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => null)) as Problem | null;
    throw new Refused(problem ?? { type: "about:blank", title: response.statusText, status: response.status, code: "", errors: [],
      detail: `the agent answered ${response.status}` });
  }
}
