// The interface's JSON as types. Within a schema's version fields and words are only added, so
// readers ignore what they do not know.

export type LiveState =
  | "queued" | "waiting_approval" | "waiting_window" | "running" | "paused" | "rolling_back" | "rollback_failed";
export type EndState = "succeeded" | "rolled_back" | "aborted" | "failed" | "superseded";
export type State = LiveState | EndState;
export type Verb = "promote" | "approve" | "reject" | "pause" | "resume" | "skip" | "abort" | "retry";
export type Strategy = "blue_green" | "canary" | "rolling" | "recreate" | "ab_test" | "shadow" | "flag" | "steps";

export interface Because { code: string; text: string; values: Record<string, string> }

export interface Step {
  n: number;
  verb: string;
  name: string;
  state: "waiting" | "running" | "done" | "failed" | "skipped" | "undone";
  detail: string;
  attempt: number;
  weight?: number;
  dwell_ms?: number;
  started_at: string | null;
  ended_at: string | null;
  deadline: string | null;
  because: Because;
}

export interface Metric {
  name: string;
  side: "harm" | "safe";
  engine: string;
  unit: string;
  verdict: "pass" | "fail" | "hold";
  stable: number | null;
  candidate: number | null;
  limit: string;
  origin?: string;
  n_stable: number;
  n_candidate: number;
  x_stable: number;
  x_candidate: number;
  evidence: number | null;
  needed: number | null;
  /** Of what is needed, 0 to 1. */
  share?: number | null;
  text: string;
}

export interface Verdict {
  at: string;
  stage: string;
  verdict: "pass" | "fail" | "hold";
  data: "enough" | "no_data" | "stale" | "too_little" | "bad";
  decided_by?: string | null;
  observed_ms?: number;
  trouble?: string;
  metrics: Metric[];
  /** Only in an explanation. */
  sentences?: string[];
}

export interface VersionReceipt { requests: number; errors: number; p50_ms: number | null; p99_ms: number | null }

export interface Receipt {
  complete: boolean;
  requests: number;
  failed: number;
  caused: number;
  dropped: number;
  drained: number;
  cut: number;
  longest_gap_ms: number | null;
  gap_before_ms: number | null;
  rows_lost: number;
  unobserved_ms: number;
  proxy_down_ms: number;
  versions: Record<string, VersionReceipt>;
  exposed: number;
  detected_after_ms: number | null;
  traffic_back_after_ms: number | null;
}

export interface Wait { what: string; until: string | null; then: string; who: string[] }
export interface WayBack { to: string; ready: boolean; takes_ms: number | null; point_of_no_return: string | null }
export interface Approval { by: string; at: string; answer: "approved" | "rejected"; note: string; plan: string }

/** What every answer tells of a deployment. */
export interface BriefDeployment {
  schema: "deployment/1";
  id: string;
  number: number;
  kind: "deploy" | "rollback" | "restart";
  group?: string | null;
  of: string | null;
  retry_of: string | null;
  url?: string | null;
  service: string;
  environment: string;
  strategy: Strategy | null;
  by: string;
  trigger: string;
  note: string;
  from: string | null;
  to: string | null;
  commit: string | null;
  digest: string | null;
  config: string | null;
  plan: string | null;
  rules_version: number;
  state: State;
  because: Because;
  requested_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number;
  waits_for: Wait | null;
  way_back: WayBack | null;
  dwell_ms: number;
  wait_ms: number;
  stage: { n: number; of: number; name: string; traffic_percentage: number } | null;
  weights: Record<string, number>;
  served: Record<string, number> | null;
  /** Where the counts come from. */
  measured?: string | null;
  /** True in lists (`?depth=brief`), where nothing else is told. */
  brief?: boolean;
  /** Steps and verdicts of one this old are no longer kept. */
  folded?: boolean;
}

export interface Deployment extends BriefDeployment {
  steps: Step[];
  approvals: Approval[];
  warnings: { code: string; text: string }[];
  verdicts: Verdict[];
  receipt: Receipt;
  notes: string[];
  /** To a request that found something there already: "already_running", "already_deploying", "joined". */
  answer?: string;
}

export interface Process {
  instance: number; version: string | null; state: string; port: number; pid: number; restarts: number;
  since: string | null; trouble: string;
}

export interface Service<D extends BriefDeployment = BriefDeployment> {
  service: string;
  version: string | null;
  digest: string | null;
  listen: string | null;
  health: "healthy" | "degraded" | "down" | "none";
  instances: Record<string, { ready: number; wanted: number }>;
  weights: Record<string, number>;
  served: Record<string, number> | null;
  warm: { version: string; until: string | null }[];
  drift: { what: string; wanted: string | null; found: string | null }[];
  frozen_until: string | null;
  breaker: { since: string; failed: number; text: string } | null;
  trouble: { code: string; text: string }[];
  processes?: Process[];
  live: D | null;
  queued: D | null;
  last: D | null;
}

export interface Status<D extends BriefDeployment = Deployment> {
  schema: "status/1";
  environments: { environment: string; services: Service<D>[] }[];
}

export interface Explanation {
  schema: "explain/1";
  id: string;
  state: State;
  because: Because;
  sentences: { at: string; type: string; code: string; text: string; values: Record<string, string> }[];
  verdicts: Verdict[];
}

type Pair = [number | null, number | null];
export interface Point {
  at: string; for_ms: number;
  requests: Pair; errors: Pair; error_rate: Pair; p50_ms: Pair; p99_ms: Pair;
  /** asked and served, basis points */
  share: Pair;
}
export interface Series { schema: "series/1"; id: string; stable: string; candidate: string; points: Point[] }

export interface Dora {
  schema: "dora/1";
  since: string; until: string; environment: string | null; service: string | null;
  changes: number; deployments: number; deployments_per_day: number;
  lead_time_ms: number | null; failed: number; change_failure_rate: number | null; time_to_restore_ms: number | null;
  mttr_ms?: number | null; success_rate: number | null; deployment_time_ms: number | null; zero_downtime_rate: number | null;
  days: { day: string; deployments: number; failed: number }[];
}

export interface Agent {
  schema: "agent/1"; pid: number; version: string; uptime_s: number; listen: string | null; project: string;
  now: string; event: number; config: string | null; state_dir?: string; file_sha256?: string | null;
  journal?: { commits: number; commit_p50_ms: number; commit_p99_ms: number };
}

export interface SlipwayEvent {
  schema: "event/1";
  /** 0: told once, to those who watch now */
  seq: number;
  type: string;
  /** null: of a gap after which nothing is kept */
  at: string | null;
  deployment: string | null;
  environment: string | null;
  service: string | null;
  by: string | null;
  text: string;
  data: Record<string, unknown>;
}

export interface List<T> { schema: "list/1"; items: T[]; next: number | null }
export interface Problem { type?: string; title: string; status: number; detail: string; code: string; state?: string; number?: number;
  errors?: { at: string; code: string; text: string; hint: string; rendered?: string }[] }

export type Role = "viewer" | "deployer" | "approver" | "admin";
/** Who the agent takes one for; an environment of null is every one. */
export interface Session {
  schema: "session/1"; name: string; via: string; token: string | null;
  roles: { role: Role; environment: string | null }[];
}

/** The last deployment of a release in one environment. */
export interface ReleasedIn { environment: string; id: string; number: number; state: State; digest: string }

export interface Release {
  schema: "release/1";
  service: string;
  version: string;
  digest: string;
  /** null: files of the agent's machine. */
  image: string | null;
  commit: string | null;
  /** Registered by name, or pinned by a deployment. */
  origin: "created" | "deployed";
  by: string;
  because: string;
  registered_at: string;
  deployments: ReleasedIn[];
}

export interface BuildReport {
  schema: "build_report/1";
  service: string;
  version: string;
  state: "succeeded" | "failed";
  duration_ms: number;
  test_coverage: number | null;
}
