// Written by client/generate.js from src/api/openapi.json (npm run generate): not to be changed by hand.
export interface paths {
    "/v1/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postDeployment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getDeployment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/verdicts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getVerdicts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getExplanation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["skip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["reject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/abort": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["abort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/dora": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getDora"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getEnvironments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments/{env}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments/{env}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postRollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments/{env}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postRestart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postSimulate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getConfig"];
        put: operations["putConfig"];
        post: operations["postConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getReleases"];
        put?: never;
        post: operations["postRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/builds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postBuild"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getTokens"];
        put?: never;
        post: operations["postToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{name}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["revokeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getAuditCheck"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getSession"];
        put?: never;
        post: operations["postSession"];
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getAgent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agent/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["stopAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getOpenapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Why something was refused (RFC 9457). */
        Problem: {
            /** @description urn:slipway:problem:CODE */
            type: string;
            title: string;
            status: number;
            /** @description the sentence that the command line prints: place, cause and remedy */
            detail: string;
            /** @description one of a closed list: `slipway help codes` */
            code: string;
            errors: components["schemas"]["Mistake"][];
            /** @description of the deployment, where that is why */
            state?: string;
            /** @description of the deployment in the way */
            number?: number;
        };
        Mistake: {
            /** @description a place in the body, a query's name, or a file's line */
            at: string;
            code: string;
            text: string;
            hint: string;
            /** @description with the lines of the file around it */
            rendered?: string;
        };
        /** @description Why something is as it is. */
        Because: {
            /** @description one of a closed list; empty: nothing to say */
            code: string;
            text: string;
            values: {
                [key: string]: string;
            };
        };
        /** @description What it waits for. */
        Wait: {
            what: string;
            /** Format: date-time */
            until: string | null;
            /** @description what happens when that time comes */
            then: string;
            who: string[];
        };
        WayBack: {
            to: string;
            ready: boolean;
            takes_ms: number | null;
            point_of_no_return: string | null;
        };
        Stage: {
            n: number;
            of: number;
            name: string;
            traffic_percentage: number;
        };
        Step: {
            n: number;
            /** @enum {string} */
            verb: "check" | "build" | "save" | "migrate" | "provision" | "warm" | "smoke" | "mirror" | "shift" | "disturb" | "judge" | "gate" | "retire" | "purge";
            name: string;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "failed" | "skipped" | "undone";
            detail: string;
            attempt: number;
            /** @description of a shift or a judged stage: basis points */
            weight?: number;
            /** @description of a judged stage */
            dwell_ms?: number;
            /** Format: date-time */
            started_at: string | null;
            /** Format: date-time */
            ended_at: string | null;
            /** Format: date-time */
            deadline: string | null;
            because: components["schemas"]["Because"];
        };
        Approval: {
            by: string;
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            answer: "approved" | "rejected";
            note: string;
            /** @description its digest */
            plan: string;
        };
        Note: {
            code: string;
            text: string;
        };
        Metric: {
            name: string;
            /**
             * @description what the test looks for
             * @enum {string}
             */
            side: "harm" | "safe";
            /** @description the test's name */
            engine: string;
            unit: string;
            /** @enum {string} */
            verdict: "pass" | "fail" | "hold";
            stable: number | null;
            candidate: number | null;
            limit: string;
            /** @description where the limit was written */
            origin: string;
            /** @description requests or samples */
            n_stable: number;
            n_candidate: number;
            /** @description of them bad */
            x_stable: number;
            x_candidate: number;
            evidence: number | null;
            /** @description it decides when `evidence` reaches this */
            needed: number | null;
            /** @description of what is needed, 0 to 1 */
            share: number | null;
            text: string;
        };
        Verdict: {
            /** Format: date-time */
            at: string;
            stage: string;
            /** @enum {string} */
            verdict: "pass" | "fail" | "hold";
            /** @enum {string} */
            data: "enough" | "no_data" | "stale" | "too_little" | "bad";
            /** @description a metric's name */
            decided_by: string | null;
            observed_ms: number;
            /** @description what is wrong with the data */
            trouble: string;
            metrics: components["schemas"]["Metric"][];
            /** @description only in an explanation */
            sentences?: string[];
        };
        VersionReceipt: {
            requests: number;
            errors: number;
            p50_ms: number | null;
            p99_ms: number | null;
        };
        /** @description What users met: there from the first moment, final at the end. */
        Receipt: {
            /** @description false: the counts are not from rows of the proxy alone */
            complete: boolean;
            requests: number;
            /** @description what users saw fail, for any reason, of either version */
            failed: number;
            /** @description those failed by the deployment; zero downtime is 0 */
            caused: number;
            dropped: number;
            drained: number;
            cut: number;
            longest_gap_ms: number | null;
            gap_before_ms: number | null;
            rows_lost: number;
            unobserved_ms: number;
            proxy_down_ms: number;
            versions: {
                [key: string]: components["schemas"]["VersionReceipt"];
            };
            /** @description requests assigned to the candidate */
            exposed: number;
            detected_after_ms: number | null;
            traffic_back_after_ms: number | null;
        };
        DeploymentReceipt: {
            /** @constant */
            schema: "receipt/1";
            id: string;
            state: components["schemas"]["State"];
            /** @description false: the counts are not from rows of the proxy alone */
            complete: boolean;
            requests: number;
            /** @description what users saw fail, for any reason, of either version */
            failed: number;
            /** @description those failed by the deployment; zero downtime is 0 */
            caused: number;
            dropped: number;
            drained: number;
            cut: number;
            longest_gap_ms: number | null;
            gap_before_ms: number | null;
            rows_lost: number;
            unobserved_ms: number;
            proxy_down_ms: number;
            versions: {
                [key: string]: components["schemas"]["VersionReceipt"];
            };
            /** @description requests assigned to the candidate */
            exposed: number;
            detected_after_ms: number | null;
            traffic_back_after_ms: number | null;
        };
        /**
         * @description The last five are for ever.
         * @enum {string}
         */
        State: "queued" | "waiting_approval" | "waiting_window" | "running" | "paused" | "rolling_back" | "rollback_failed" | "succeeded" | "rolled_back" | "aborted" | "failed" | "superseded";
        /** @enum {string} */
        Strategy: "blue_green" | "canary" | "rolling" | "recreate" | "ab_test" | "shadow" | "flag" | "steps";
        /** @description What `?depth=brief` tells of a deployment. */
        BriefDeployment: {
            /** @constant */
            schema: "deployment/1";
            id: string;
            number: number;
            /** @enum {string} */
            kind: "deploy" | "rollback" | "restart";
            group: string | null;
            /** @description of a rollback: what it undoes */
            of: string | null;
            retry_of: string | null;
            url: string | null;
            service: string;
            environment: string;
            /** @description a Strategy once it is planned; until then as it was asked for */
            strategy: string | null;
            by: string;
            /** @enum {string} */
            trigger: "cli" | "api" | "dashboard" | "git" | "schedule" | "auto";
            /** @description the text of `because` of who asked */
            note: string;
            /** @description null on a first release */
            from: string | null;
            to: string | null;
            commit: string | null;
            digest: string | null;
            config: string | null;
            /** @description its digest: what an approval is for */
            plan: string | null;
            rules_version: number;
            state: components["schemas"]["State"];
            because: components["schemas"]["Because"];
            /** Format: date-time */
            requested_at: string | null;
            /** Format: date-time */
            started_at: string | null;
            /** Format: date-time */
            ended_at: string | null;
            duration_ms: number;
            waits_for: components["schemas"]["Wait"] | null;
            way_back: components["schemas"]["WayBack"] | null;
            dwell_ms: number;
            wait_ms: number;
            stage: components["schemas"]["Stage"] | null;
            /** @description asked for, by version, basis points */
            weights: {
                [key: string]: number;
            };
            /** @description counted */
            served: {
                [key: string]: number;
            } | null;
            /** @description where the counts come from */
            measured: string | null;
            /** @description true */
            brief: boolean;
            /** @description true: so old that its steps and verdicts are no longer kept */
            folded?: boolean;
        };
        Deployment: {
            /** @constant */
            schema: "deployment/1";
            id: string;
            number: number;
            /** @enum {string} */
            kind: "deploy" | "rollback" | "restart";
            group: string | null;
            /** @description of a rollback: what it undoes */
            of: string | null;
            retry_of: string | null;
            url: string | null;
            service: string;
            environment: string;
            /** @description a Strategy once it is planned; until then as it was asked for */
            strategy: string | null;
            by: string;
            /** @enum {string} */
            trigger: "cli" | "api" | "dashboard" | "git" | "schedule" | "auto";
            /** @description the text of `because` of who asked */
            note: string;
            /** @description null on a first release */
            from: string | null;
            to: string | null;
            commit: string | null;
            digest: string | null;
            config: string | null;
            /** @description its digest: what an approval is for */
            plan: string | null;
            rules_version: number;
            state: components["schemas"]["State"];
            because: components["schemas"]["Because"];
            /** Format: date-time */
            requested_at: string | null;
            /** Format: date-time */
            started_at: string | null;
            /** Format: date-time */
            ended_at: string | null;
            duration_ms: number;
            waits_for: components["schemas"]["Wait"] | null;
            way_back: components["schemas"]["WayBack"] | null;
            dwell_ms: number;
            wait_ms: number;
            stage: components["schemas"]["Stage"] | null;
            /** @description asked for, by version, basis points */
            weights: {
                [key: string]: number;
            };
            /** @description counted */
            served: {
                [key: string]: number;
            } | null;
            /** @description where the counts come from */
            measured: string | null;
            steps: components["schemas"]["Step"][];
            approvals: components["schemas"]["Approval"][];
            warnings: components["schemas"]["Note"][];
            /** @description the changes and the last; all: `GET /v1/deployments/{id}/verdicts` */
            verdicts: components["schemas"]["Verdict"][];
            receipt: components["schemas"]["Receipt"];
            notes: string[];
            /** @description true: so old that its steps and verdicts are no longer kept */
            folded?: boolean;
            /** @description to a request that found something there already: `already_running`, `already_deploying`, `joined` */
            answer?: string;
        };
        /** @description The deployment; what is known of one that was accepted and is superseded already. */
        AcceptedDeployment: components["schemas"]["Deployment"] | {
            /** @constant */
            schema: "deployment/1";
            number: number;
            state: string;
        };
        Process: {
            instance: number;
            version: string | null;
            state: string;
            port: number;
            pid: number;
            restarts: number;
            /** Format: date-time */
            since: string | null;
            trouble: string;
        };
        InstanceCount: {
            ready: number;
            wanted: number;
        };
        Warm: {
            version: string;
            /** Format: date-time */
            until: string | null;
        };
        Drift: {
            what: string;
            wanted: string | null;
            found: string | null;
        };
        Breaker: {
            /** Format: date-time */
            since: string | null;
            failed: number;
            text: string;
        };
        Service: {
            service: string;
            /** @description the release that stays */
            version: string | null;
            digest: string | null;
            listen: string | null;
            /** @enum {string} */
            health: "healthy" | "degraded" | "down" | "none";
            instances: {
                [key: string]: components["schemas"]["InstanceCount"];
            };
            weights: {
                [key: string]: number;
            };
            served: {
                [key: string]: number;
            } | null;
            warm: components["schemas"]["Warm"][];
            drift: components["schemas"]["Drift"][];
            /** Format: date-time */
            frozen_until: string | null;
            breaker: components["schemas"]["Breaker"] | null;
            trouble: components["schemas"]["Note"][];
            /** @description left out by `?depth=brief` */
            processes?: components["schemas"]["Process"][];
            live: components["schemas"]["Deployment"] | components["schemas"]["BriefDeployment"] | null;
            queued: components["schemas"]["Deployment"] | components["schemas"]["BriefDeployment"] | null;
            last: components["schemas"]["Deployment"] | components["schemas"]["BriefDeployment"] | null;
        };
        Environment: {
            environment: string;
            services: components["schemas"]["Service"][];
        };
        Status: {
            /** @constant */
            schema: "status/1";
            environments: components["schemas"]["Environment"][];
        };
        DeploymentList: {
            /** @constant */
            schema: "list/1";
            items: (components["schemas"]["Deployment"] | components["schemas"]["BriefDeployment"])[];
            /** @description give it as `?after=` for the next page; null: that was all */
            next: number | null;
        };
        VerdictList: {
            /** @constant */
            schema: "list/1";
            items: components["schemas"]["Verdict"][];
            /** @description give it as `?after=` for the next page; null: that was all */
            next: number | null;
        };
        KnownRelease: {
            /** @constant */
            schema: "release/1";
            service: string;
            version: string;
            /** @description `sha256:` and 64 digits */
            digest: string;
            /** @description null: files of the agent's machine */
            image: string | null;
            commit: string | null;
            /**
             * @description registered by name, or pinned by a deployment
             * @enum {string}
             */
            origin: "created" | "deployed";
            by: string;
            because: string;
            /** Format: date-time */
            registered_at: string;
            /** @description the last one of each environment */
            deployments: components["schemas"]["ReleasedIn"][];
        };
        ReleasedIn: {
            environment: string;
            id: string;
            number: number;
            state: components["schemas"]["State"];
            digest: string;
        };
        NewRelease: {
            version: string;
            /** @description needed where there are several */
            service?: string | null;
            /** @description as the service is configured there; else in the first that has it */
            environment?: string | null;
            /** @description what it is; without it the image or the files that are configured */
            image?: string | null;
            commit?: string | null;
            because?: string | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        BuildRequest: {
            version: string;
            /** @description needed where there are several */
            service?: string | null;
            duration: components["schemas"]["Time"];
            /** @enum {string|null} */
            state?: "succeeded" | "failed" | "" | null;
            test_coverage?: number | null;
            /** @description where it failed */
            because?: string | null;
        };
        BuildReport: {
            /** @constant */
            schema: "build_report/1";
            service: string;
            version: string;
            /** @enum {string} */
            state: "succeeded" | "failed";
            duration_ms: number;
            test_coverage: number | null;
        };
        ReleaseList: {
            /** @constant */
            schema: "list/1";
            items: components["schemas"]["KnownRelease"][];
            /** @description give it as `?after=` for the next page; null: that was all */
            next: number | null;
        };
        TokenList: {
            /** @constant */
            schema: "list/1";
            items: components["schemas"]["Token"][];
            /** @description give it as `?after=` for the next page; null: that was all */
            next: number | null;
        };
        AuditList: {
            /** @constant */
            schema: "list/1";
            items: components["schemas"]["AuditEntry"][];
            /** @description give it as `?after=` for the next page; null: that was all */
            next: number | null;
        };
        Sentence: {
            /** Format: date-time */
            at: string;
            type: string;
            code: string;
            text: string;
            values: {
                [key: string]: string;
            };
        };
        Explanation: {
            /** @constant */
            schema: "explain/1";
            id: string;
            state: components["schemas"]["State"];
            because: components["schemas"]["Because"];
            sentences: components["schemas"]["Sentence"][];
            verdicts: components["schemas"]["Verdict"][];
        };
        /** @description Stable and candidate; of `share`: asked and served, basis points. */
        Pair: [
            number | null,
            number | null
        ];
        Point: {
            /** Format: date-time */
            at: string;
            for_ms: number;
            requests?: components["schemas"]["Pair"];
            errors?: components["schemas"]["Pair"];
            error_rate?: components["schemas"]["Pair"];
            p50_ms?: components["schemas"]["Pair"];
            p99_ms?: components["schemas"]["Pair"];
            share?: components["schemas"]["Pair"];
        };
        Series: {
            /** @constant */
            schema: "series/1";
            id: string;
            stable: string;
            candidate: string;
            points: components["schemas"]["Point"][];
        };
        Day: {
            /** Format: date */
            day: string;
            deployments: number;
            failed: number;
        };
        Dora: {
            /** @constant */
            schema: "dora/1";
            /** Format: date-time */
            since: string;
            /** Format: date-time */
            until: string;
            environment: string | null;
            service: string | null;
            changes: number;
            deployments: number;
            deployments_per_day: number;
            lead_time_ms: number | null;
            failed: number;
            change_failure_rate: number | null;
            time_to_restore_ms: number | null;
            mttr_ms: number | null;
            success_rate: number | null;
            deployment_time_ms: number | null;
            zero_downtime_rate: number | null;
            days: components["schemas"]["Day"][];
        };
        Commits: {
            commits: number;
            commit_p50_ms: number;
            commit_p99_ms: number;
        };
        Agent: {
            /** @constant */
            schema: "agent/1";
            pid: number;
            /** Format: date-time */
            now: string;
            /** @description the newest event's number */
            event: number;
            version: string;
            uptime_s: number;
            listen: string | null;
            state_dir: string;
            project: string;
            config: string | null;
            file_sha256: string | null;
            journal: components["schemas"]["Commits"];
        };
        Stopping: {
            /** @constant */
            schema: "agent/1";
            stopping: boolean;
            all: boolean;
        };
        Standing: {
            /** @enum {string} */
            status: "healthy" | "degraded" | "unhealthy" | "ready" | "recovering" | "running" | "stopping";
            /** Format: date-time */
            timestamp: string | null;
            version: string;
            /** @description seconds */
            uptime: number;
            checks: {
                [key: string]: {
                    /** @enum {string} */
                    status: "healthy" | "unhealthy";
                    text?: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        Event: {
            /** @constant */
            schema: "event/1";
            /** @description 0: told once, to those who watch now */
            seq: number;
            type: string;
            /** Format: date-time */
            at: string | null;
            deployment: string | null;
            environment: string | null;
            service: string | null;
            by: string | null;
            text: string;
            data: {
                [key: string]: unknown;
            };
        };
        Grant: {
            /** @enum {string} */
            role: "viewer" | "deployer" | "approver" | "admin";
            /** @description null: every one, also those to come */
            environment: string | null;
        };
        Token: {
            /** @constant */
            schema: "token/1";
            id: string;
            name: string;
            roles: components["schemas"]["Grant"][];
            /** @enum {string} */
            state: "good" | "expired" | "revoked";
            /** Format: date-time */
            created_at: string;
            created_by: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            revoked_at: string | null;
            revoked_by: string | null;
        };
        NewToken: {
            /** @constant */
            schema: "token/1";
            id: string;
            name: string;
            roles: components["schemas"]["Grant"][];
            /** @enum {string} */
            state: "good" | "expired" | "revoked";
            /** Format: date-time */
            created_at: string;
            created_by: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            revoked_at: string | null;
            revoked_by: string | null;
            /** @description slp_<id>_<secret>: shown in the first answer only */
            token?: string;
        };
        Session: {
            /** @constant */
            schema: "session/1";
            name: string;
            /** @enum {string} */
            via: "socket" | "token" | "session";
            /** @description its id */
            token: string | null;
            roles: components["schemas"]["Grant"][];
        };
        Link: {
            /** @constant */
            schema: "link/1";
            /** @description signs a browser in, once */
            url: string;
            name: string;
            /** Format: date-time */
            expires_at: string;
        };
        LinkRequest: Record<string, never>;
        SignedOut: {
            /** @constant */
            schema: "session/1";
            name: null;
        };
        AuditEntry: {
            n: number;
            prev: string;
            /** Format: date-time */
            at: string;
            by: string;
            token: string;
            from: string;
            via: string;
            act: string;
            target: string;
            environment: string;
            because: string;
            /** @enum {string} */
            outcome: "accepted" | "refused" | "unknown";
            status: number;
            code: string;
            /** @description failures of the same address that were not recorded one by one */
            omitted: number;
            hash: string;
        };
        AuditCheck: {
            /** @constant */
            schema: "audit_check/1";
            ok: boolean;
            entries: number;
            head: string;
            text: string;
        };
        Config: {
            /** @constant */
            schema: "config/1";
            digest: string;
            file: string;
            folder: string;
            /** @description as it was written, with the names of secrets and no values */
            bytes: string;
            file_sha256: string;
        };
        ConfigTaken: {
            /** @constant */
            schema: "config/1";
            digest: string;
            changed: boolean;
            notices: string[];
        };
        PlanStep: {
            n: number;
            verb: string;
            name: string;
            detail: string;
            weight?: number;
            dwell_s?: number;
            deadline_s?: number;
        };
        Plan: {
            /** @constant */
            schema: "plan/1";
            service: string;
            environment: string;
            strategy: components["schemas"]["Strategy"];
            from: string | null;
            to: string;
            digest: string | null;
            config: string;
            plan: string;
            steps: components["schemas"]["PlanStep"][];
            notes: string[];
            warnings: components["schemas"]["Note"][];
            /** @description what each stage can see */
            outlook: components["schemas"]["Note"][];
            text: string;
        };
        Check: {
            /** @constant */
            schema: "check/1";
            ok: boolean;
            digest: string;
            environments: string[];
            services: string[];
            notices: string[];
            show: string;
        };
        Judged: {
            /** @enum {string} */
            verdict: "pass" | "fail" | "hold";
            after_ms: number;
            unattended: boolean;
            sentences: string[];
        };
        ReplayedStage: {
            name: string;
            weight: number;
            same: boolean;
            was: components["schemas"]["Judged"];
            would: components["schemas"]["Judged"];
        };
        Replay: {
            /** @constant */
            schema: "replay/1";
            id: string;
            policy: string;
            same: boolean;
            stages: components["schemas"]["ReplayedStage"][];
            text: string[];
            notes: string[];
        };
        Counted: {
            /** @constant */
            schema: "hook/1";
            metric: string;
            count: number;
            deployments: number;
        };
        /** @description A number of milliseconds, or a text like 90s, 5m, 1h30m; at most 366 days. */
        Time: number | string;
        /** @description A configuration as it stands in files. Over a URL only `PUT /v1/config` takes it, without variables and secrets. */
        ConfigFiles: {
            file?: string | null;
            folder?: string | null;
            bytes: string;
            env_files?: {
                [key: string]: string;
            } | null;
            caller?: {
                [key: string]: string;
            } | null;
        };
        Release: {
            environment: string;
            /** @description A version; or, where there are several services, a service and its version. */
            version: string | {
                [key: string]: string;
            };
            /** @description needed where there are several */
            service?: string | null;
            /** @description in any spelling; left out: the configuration's */
            strategy?: string | null;
            because?: string | null;
            /** @enum {string|null} */
            when_busy?: "queue" | "supersede" | "refuse" | null;
            options?: components["schemas"]["ReleaseOptions"] | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        ReleaseOptions: {
            warmupTime?: components["schemas"]["Time"] | null;
            healthCheckInterval?: components["schemas"]["Time"] | null;
            autoRollback?: boolean | null;
        };
        VerbBody: {
            because?: string | null;
            /** @description approve: the plan that was shown; another one is a 409 */
            plan?: string | null;
            /** @description promote: to the end */
            full?: boolean | null;
            force?: boolean | null;
            /** @description pause: goes on by itself then */
            for?: components["schemas"]["Time"] | null;
            step?: number | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        Rollback: {
            /** @description a version; left out: the release before */
            to?: string | null;
            service?: string | null;
            because?: string | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        Restart: {
            service?: string | null;
            because?: string | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        SimulationRequest: {
            environment: string;
            /** @description A version; or, where there are several services, a service and its version. */
            version: string | {
                [key: string]: string;
            };
            /** @description needed where there are several */
            service?: string | null;
            /** @description in any spelling; left out: the configuration's */
            strategy?: string | null;
            /** @description strategies side by side */
            compare?: string[] | null;
            options?: components["schemas"]["ReleaseOptions"] | null;
            because?: string | null;
            /** @enum {string|null} */
            when_busy?: "queue" | "supersede" | "refuse" | null;
            /** @description requests a second of the busiest hour (20) */
            rps?: number | null;
            /**
             * @description of a day's requests (flat)
             * @enum {string|null}
             */
            pattern?: "flat" | "day" | "night" | "spikes" | "ramp" | "" | null;
            /** @description `from:ID`: the users of a past deployment, and what its good version answered them; instead of `rps` and `pattern` */
            traffic?: string | null;
            /** @description what the new version does: `errors=5% after 3m`, `latency=x2`, `crash after 30s`, `never ready`, `cannot start`, `missing`, `good`; several with commas; `recorded`: what the new version of `traffic` did (good) */
            candidate?: string | null;
            /** @description the name of the version that serves before */
            stable?: string | null;
            /** @description of a good version, the median (20ms) */
            latency?: components["schemas"]["Time"] | null;
            /** @description what a good version fails, a fraction (0.0005) */
            errors?: number | null;
            /** @description the run is the same for the same seed (1) */
            seed?: number | null;
            /** @description so many runs of each strategy (1) */
            seeds?: number | null;
            /** @description every event and every command of the first run */
            trace?: boolean | null;
            /** @description the first run of each strategy as SVG */
            plot?: boolean | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        /** @description Over the runs; null: of none of them. */
        Spread: {
            p10: number;
            p50: number;
            p90: number;
        } | null;
        SimulatedStrategy: {
            strategy: components["schemas"]["Strategy"];
            /** @description states at the end, and how many runs ended so */
            outcomes: {
                [key: string]: number;
            };
            duration_s: components["schemas"]["Spread"];
            failed: components["schemas"]["Spread"];
            exposed: components["schemas"]["Spread"];
            found_s: components["schemas"]["Spread"];
            back_ms: components["schemas"]["Spread"];
        };
        SimulatedMoment: {
            at_s: number;
            weight: number;
            stable: number;
            stable_errors: number;
            candidate: number;
            candidate_errors: number;
            state: string;
        };
        SimulatedRun: {
            seed: number;
            state: components["schemas"]["State"];
            because: components["schemas"]["Because"];
            duration_s: number;
            requests: number;
            failed: number;
            candidate_failed: number;
            exposed: number;
            found_s: number | null;
            back_ms: number | null;
            timeline: components["schemas"]["SimulatedMoment"][];
            trace?: string[];
        };
        Simulation: {
            /** @constant */
            schema: "simulate/1";
            environment: string;
            version: string;
            stable: string;
            candidate: string;
            rps: number;
            /** @enum {string} */
            pattern: "flat" | "day" | "night" | "spikes" | "ramp" | "recorded";
            /** @description the deployment whose users they are; empty: described */
            traffic: string;
            seed: number;
            seeds: number;
            strategies: components["schemas"]["SimulatedStrategy"][];
            run: components["schemas"]["SimulatedRun"];
            /** @description SVG, one after the other */
            plot?: string;
        };
        CheckRequest: {
            environment?: string | null;
            config_files?: components["schemas"]["ConfigFiles"] | null;
        };
        ReplayRequest: {
            config_files: components["schemas"]["ConfigFiles"];
        };
        ConfigRequest: {
            config_files: components["schemas"]["ConfigFiles"];
        };
        /** @description What somebody outside saw of one release: complaints, tickets, a bad score. */
        Signal: {
            version: string;
            service?: string | null;
            environment?: string | null;
            count?: number | null;
        };
        TokenRequest: {
            name: string;
            roles: [
                {
                    /** @enum {string} */
                    role: "viewer" | "deployer" | "approver" | "admin";
                    environment?: string | null;
                },
                ...{
                    /** @enum {string} */
                    role: "viewer" | "deployer" | "approver" | "admin";
                    environment?: string | null;
                }[]
            ];
            /** @description from 1s to 366d; 90 days unless told */
            expires?: components["schemas"]["Time"] | null;
        };
        RevokeRequest: {
            because?: string | null;
        };
        SignIn: {
            token: string;
        };
        StopRequest: {
            /** @description the services and the proxy too */
            all?: boolean | null;
        };
    };
    responses: never;
    parameters: {
        /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
        id: string;
        env: string;
        /** @description entries of a page */
        limit: number;
        /** @description entries of a page */
        audit_limit: number;
        /** @description the `next` of the page before */
        after: number;
        /** @description only of this environment */
        environment: string;
        /** @description only of this service */
        service: string;
        /** @description from this time on, UTC; empty as if left out */
        since: string;
        /** @description before this time, UTC; empty as if left out */
        until: string;
        /** @description brief: without steps, verdicts and receipts */
        depth: string;
        /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
        "Idempotency-Key": string;
        /** @description an answer's ETag: 304 when it is still the same */
        "If-None-Match": string;
        /** @description go on after this event */
        "Last-Event-ID": string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    postDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getVerdicts: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getExplanation: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getReceipt: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getLogs: {
        parameters: {
            query?: {
                /** @description of this version */
                version?: string;
                /** @description of this instance; 0: all */
                instance?: number;
                /** @description lines from the end */
                tail?: number;
                /** @description a regular expression; lines that it finds */
                grep?: string;
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getSeries: {
        parameters: {
            query?: {
                /** @description only this one */
                metric?: "requests" | "errors" | "error_rate" | "p50_ms" | "p99_ms" | "share";
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postReplay: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    promote: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    resume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    skip: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    retry: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    approve: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    reject: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    pause: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    abort: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description web-production-42, its number 42, or an environment or environment/service (written %2F) that has had one */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getHistory: {
        parameters: {
            query?: {
                /** @description only of this environment */
                environment?: components["parameters"]["environment"];
                /** @description only of this service */
                service?: components["parameters"]["service"];
                /** @description only in this state */
                state?: components["schemas"]["State"];
                /** @description only to this version */
                version?: string;
                /** @description from this time on, UTC; empty as if left out */
                since?: components["parameters"]["since"];
                /** @description before this time, UTC; empty as if left out */
                until?: components["parameters"]["until"];
                /** @description entries of a page */
                limit?: components["parameters"]["limit"];
                /** @description the `next` of the page before */
                after?: components["parameters"]["after"];
                /** @description brief: without steps, verdicts and receipts */
                depth?: components["parameters"]["depth"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getDora: {
        parameters: {
            query?: {
                /** @description only of this environment */
                environment?: components["parameters"]["environment"];
                /** @description only of this service */
                service?: components["parameters"]["service"];
                /** @description from this time on, UTC; empty as if left out */
                since?: components["parameters"]["since"];
                /** @description before this time, UTC; empty as if left out */
                until?: components["parameters"]["until"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getEnvironments: {
        parameters: {
            query?: {
                /** @description only of this service */
                service?: components["parameters"]["service"];
                /** @description brief: without steps, verdicts and receipts */
                depth?: components["parameters"]["depth"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getStatus: {
        parameters: {
            query?: {
                /** @description only of this service */
                service?: components["parameters"]["service"];
                /** @description brief: without steps, verdicts and receipts */
                depth?: components["parameters"]["depth"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                env: components["parameters"]["env"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postRollback: {
        parameters: {
            query?: {
                /** @description only of this service */
                service?: components["parameters"]["service"];
            };
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                env: components["parameters"]["env"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postRestart: {
        parameters: {
            query?: {
                /** @description only of this service */
                service?: components["parameters"]["service"];
            };
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                env: components["parameters"]["env"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postCheck: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postSimulate: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postHook: {
        parameters: {
            query?: {
                /** @description for senders that cannot shape their body: then it is not read, and the signal counts once */
                version?: string;
                /** @description with ?version= */
                environment?: string;
                /** @description with ?version= */
                service?: string;
            };
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description of a metric with `source: webhook` */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    putConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getReleases: {
        parameters: {
            query?: {
                /** @description only of this service */
                service?: components["parameters"]["service"];
                version?: string;
                /** @description entries of a page */
                limit?: components["parameters"]["limit"];
                /** @description the `next` of the page before */
                after?: components["parameters"]["after"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postRelease: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postBuild: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getTokens: {
        parameters: {
            query?: {
                /** @description entries of a page */
                limit?: components["parameters"]["limit"];
                /** @description the `next` of the page before */
                after?: components["parameters"]["after"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description its name or id */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getAudit: {
        parameters: {
            query?: {
                /** @description only of this name */
                by?: string;
                /** @description only of this environment */
                environment?: components["parameters"]["environment"];
                /** @description only these */
                outcome?: "accepted" | "refused" | "unknown";
                /** @description from this time on, UTC; empty as if left out */
                since?: components["parameters"]["since"];
                /** @description before this time, UTC; empty as if left out */
                until?: components["parameters"]["until"];
                /** @description entries of a page */
                limit?: components["parameters"]["audit_limit"];
                /** @description the `next` of the page before */
                after?: components["parameters"]["after"];
            };
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getAuditCheck: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    postLink: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getEvents: {
        parameters: {
            query?: {
                /** @description types, with commas; deployment.* takes all that begin so */
                type?: string;
                /** @description only of this one */
                deployment?: string;
                /** @description also what was counted of this one, as it is counted */
                progress?: string;
                /** @description only of this environment */
                environment?: components["parameters"]["environment"];
                /** @description only of this service */
                service?: components["parameters"]["service"];
            };
            header?: {
                /** @description go on after this event */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    stopAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request safe to repeat for 24 hours: the same request gets the first answer, another one with this key 422. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getOpenapi: {
        parameters: {
            query?: never;
            header?: {
                /** @description an answer's ETag: 304 when it is still the same */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
}
