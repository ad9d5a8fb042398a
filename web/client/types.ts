// The interface's JSON as types, by the names that callers use: taken from the agent's own document (document.ts).
// Within a schema's version fields and words are only added, so readers ignore what they do not know.
import type { components, operations } from "./document.ts";

type Of = components["schemas"];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]["parameters"]["query"]>;

export type State = Of["State"];
export type EndState = Extract<State, "succeeded" | "rolled_back" | "aborted" | "failed" | "superseded">;
export type LiveState = Exclude<State, EndState>;
export type Verb = "promote" | "approve" | "reject" | "pause" | "resume" | "skip" | "abort" | "retry";
export type Strategy = Of["Strategy"];
export type Because = Of["Because"];
export type Step = Of["Step"];
export type Metric = Of["Metric"];
export type Verdict = Of["Verdict"];
export type VersionReceipt = Of["VersionReceipt"];
export type Receipt = Of["Receipt"];
export type Wait = Of["Wait"];
export type WayBack = Of["WayBack"];
export type Approval = Of["Approval"];

/** What every answer tells of a deployment. */
export type BriefDeployment = Omit<Of["BriefDeployment"], "brief"> & {
  /** True in lists (`?depth=brief`), where nothing else is told. */
  brief?: boolean;
};
export type Deployment = Of["Deployment"];

export type Process = Of["Process"];
export type Service<D extends BriefDeployment = BriefDeployment> = Omit<Of["Service"], "live" | "queued" | "last"> & {
  live: D | null;
  queued: D | null;
  last: D | null;
};
export type Status<D extends BriefDeployment = Deployment> = Omit<Of["Status"], "environments"> & {
  environments: (Omit<Of["Environment"], "services"> & { services: Service<D>[] })[];
};
export type List<T> = Omit<Of["DeploymentList"], "items"> & { items: T[] };

export type Explanation = Of["Explanation"];
/** With all of its metrics, as it is told to who asks for none of them. */
export type Point = Required<Of["Point"]>;
export type Series = Omit<Of["Series"], "points"> & { points: Point[] };
export type Dora = Of["Dora"];
export type Agent = Of["Agent"];
export type SlipwayEvent = Of["Event"];
export type Problem = Of["Problem"];
export type Role = Of["Grant"]["role"];
/** Who the agent takes one for; an environment of null is every one. */
export type Session = Of["Session"];
/** The last deployment of a release in one environment. */
export type ReleasedIn = Of["ReleasedIn"];
export type Release = Of["KnownRelease"];
export type BuildReport = Of["BuildReport"];
export type Simulation = Of["Simulation"];

/** What an agent on the same machine takes besides, from its command line. */
type Handed = "config_files";
export type DeployRequest = Omit<Of["Release"], Handed | "options"> & {
  /** Times are milliseconds, or texts like "90s". */
  options?: Of["ReleaseOptions"] & { runMigrations?: boolean };
};
export type VerbBody = Omit<Of["VerbBody"], Handed>;
export type NewRelease = Of["NewRelease"];
export type NewBuild = Of["BuildRequest"];
export type SimulationRequest = Omit<Of["SimulationRequest"], Handed>;
export type HistoryFilter = Omit<Query<"getHistory">, "depth">;
export type ReleaseFilter = Query<"getReleases">;
export type ReportFilter = Query<"getDora">;
export type LogFilter = Query<"getLogs">;
