"""The agent seen from outside: health and readiness that are true, figures that Prometheus takes, traces that a
collector takes, a log with one line a fact."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from house import EASY, UNJUDGED, House, free_port, poll
from otlp import Collector, attributes

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
BLUE_GREEN = "blue_green_deployment: { monitor: 1s, keep_warm: 10m }" + UNJUDGED
CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 40, duration: DWELL, success_criteria: { error_rate: "< 5%" } }
    - { name: final, traffic_percentage: 100, duration: 1s, success_criteria: { error_rate: "< 5%" } }
  rollback: { automatic: true }
"""


def get(house, path):
    """(status, type, text) over the agent's socket; (0, "", "") when nobody answers."""
    connection = http.client.HTTPConnection("agent", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.connect(str(house.folder / ".slipway" / "agent.sock"))
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()
    except OSError:
        return 0, "", ""
    finally:
        connection.close()


def standing(house, path):
    status, _, text = get(house, path)
    return status, json.loads(text) if text else {}


def samples(house):
    """name{labels} -> value, of /metrics."""
    status, kind, text = get(house, "/metrics")
    assert status == 200 and kind.startswith("text/plain; version=0.0.4"), (status, kind, text)
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def names(text):
    """Names of series in a page or a query."""
    return set(re.findall(r"\b(?:slipway|process)_[a-z0-9_]+", text))


class Health(unittest.TestCase):
    def test_says_what_is_so(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            status, ready = poll("readiness", lambda: (a := standing(h, "/ready"))[0] == 200 and a)
            self.assertEqual(ready["status"], "ready")
            for part in ("journal", "loop", "disk_space", "memory_usage", "proxy", "drivers"):
                self.assertEqual(ready["checks"][part]["status"], "healthy", ready)
            self.assertEqual(standing(h, "/health")[1]["status"], "healthy")
            self.assertTrue(ready["version"] and ready["uptime"] >= 0 and ready["timestamp"].endswith("Z"))
            self.proxy_that_hangs(h)
            self.journal_that_is_gone(h)

    def proxy_that_hangs(self, h):
        pids = h.haproxy_pids()
        self.assertTrue(pids)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            status, ready = standing(h, "/ready")
            self.assertEqual((status, ready["status"], ready["checks"]["proxy"]["status"]),
                             (503, "unhealthy", "unhealthy"))
            # To start the agent anew would mend nothing.
            status, health = standing(h, "/health")
            self.assertEqual((status, health["status"]), (200, "degraded"))
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        poll("readiness", lambda: standing(h, "/ready")[0] == 200)

    def journal_that_is_gone(self, h):
        journal = h.folder / ".slipway" / "journal.db"
        journal.rename(journal.with_suffix(".away"))
        try:
            for path in ("/health", "/ready"):
                status, said = standing(h, path)
                self.assertEqual((status, said["status"], said["checks"]["journal"]["status"]),
                                 (503, "unhealthy", "unhealthy"))
                self.assertIn("journal.db", said["checks"]["journal"]["text"])
        finally:
            journal.with_suffix(".away").rename(journal)
        self.assertEqual(standing(h, "/ready")[0], 200)

    def test_stopping_is_not_ready(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            h.run("agent", "stop")
            self.assertEqual(get(h, "/ready")[0], 0)

    def test_stop_all_leaves_nothing_behind(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            folder = next(p["path"] for p in standing(h, "/health")[1]["checks"]["disk_space"]["places"]
                          if not p["path"].startswith(str(h.folder)))
            self.assertTrue(os.listdir(folder))
            h.run("agent", "stop")
            self.assertTrue(os.listdir(folder))
            h.deploy("v1")
            self.assertEqual(h.run("agent", "stop", "--all", "--yes").returncode, 0)
            self.assertFalse(os.path.exists(folder))


class Figures(unittest.TestCase):
    def test_of_good_and_bad_releases(self):
        seen = set()
        with House(CANARY.replace("DWELL", "3s")) as h:
            for version, flags in (("v1", ()), ("v2", ("--errors", "40"))):
                h.release(version, *flags)
            h.deploy("v1")
            load = h.load(rate=300)
            started = h.start("deploy", "production", "--version", "v2", "--output", "json")
            poll("the candidate's share", lambda: samples(h).get(
                'slipway_candidate_share{environment="production",service="web"}') == 0.4)
            poll("requests of the candidate", lambda: samples(h).get(
                'slipway_watched_requests_total{environment="production",service="web",role="candidate"}', 0) > 0)
            seen |= names(get(h, "/metrics")[2])
            self.assertEqual(started.wait(120), 1)
            for pipe in (started.stdout, started.stderr):
                pipe.close()
            load.stop()
            before = poll("the end", lambda: (s := samples(h)) and s.get(
                'slipway_rollbacks_total{environment="production",service="web"}') == 1 and s)
            site = 'environment="production",service="web"'
            self.assertEqual(before[f'slipway_deployments_total{{{site},strategy="canary",state="rolled_back"}}'], 1)
            self.assertEqual(before[f'slipway_failed_deployments_total{{{site}}}'], 1)
            self.assertGreater(before[f'slipway_deployment_caused_failures_total{{{site}}}'], 0)
            self.assertEqual(before['slipway_deployment_success_rate{environment="production"}'], 0.5)
            self.assertEqual(before['slipway_change_failure_rate{environment="production"}'], 0.5)
            self.assertGreater(before['slipway_mttr_seconds{environment="production"}'], 0)
            self.assertGreater(before["slipway_health_check_duration_seconds_count"], 2)
            self.assertEqual(before['slipway_health_check_duration_seconds_bucket{le="+Inf"}'],
                             before["slipway_health_check_duration_seconds_count"])
            self.assertGreater(before['slipway_verdicts_total{verdict="fail"}'], 0)
            self.assertEqual(before[f'slipway_service_version_info{{{site},version="v1"}}'], 1)
            self.assertEqual(before['slipway_journal_commit_duration_seconds_bucket{le="+Inf"}'],
                             before['slipway_journal_commit_duration_seconds_count'])
            seen |= names(get(h, "/metrics")[2])
            self.checked_by_promtool(get(h, "/metrics")[2])
            self.same_after_a_crash(h, before)
        self.dashboard_and_rules_name_what_is_there(seen)

    def checked_by_promtool(self, page):
        if not shutil.which("promtool"):
            self.skipTest("no promtool")
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def same_after_a_crash(self, h, before):
        h.kill_agent()
        h.status()
        after = samples(h)
        of_the_journal = [name for name in before
                          if name.startswith(("slipway_deployment", "slipway_rollback", "slipway_failed",
                                              "slipway_untouched", "slipway_change", "slipway_mttr", "slipway_lead"))]
        self.assertGreater(len(of_the_journal), 40)
        self.assertEqual({n: after.get(n) for n in of_the_journal}, {n: before[n] for n in of_the_journal})

    def dashboard_and_rules_name_what_is_there(self, seen):
        dashboard = json.loads((PACKAGING / "grafana" / "slipway.json").read_text())
        queries = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
        queries += [a["expr"] for a in dashboard["annotations"]["list"] if "expr" in a]
        self.assertGreater(len(queries), 10)
        rules = (PACKAGING / "prometheus" / "slipway.rules.yml").read_text()
        asked = names(" ".join(queries)) | names(" ".join(re.findall(r"expr: (.*)", rules)))
        self.assertEqual(asked - seen, set(), "asked for, and not in /metrics")


class Charts(unittest.TestCase):
    def test_reach_back_over_a_restart(self):
        with House(CANARY.replace("DWELL", "20s") + UNJUDGED) as h:
            for version in ("v1", "v2"):
                h.release(version)
            h.deploy("v1")
            h.load(rate=200)
            h.run("deploy", "production", "--version", "v2", "--no-wait")

            def points(number=2):
                return json.loads(get(h, f"/v1/deployments/{number}/series")[2])["points"]

            before = poll("points", lambda: (p := points()) if len(points()) >= 4 else None, 40)
            h.kill_agent()
            h.status()
            after = poll("a newer point", lambda: (p := points()) and p[-1]["at"] > before[-1]["at"] and p, 40)
            self.assertEqual(after[:4], before[:4])
            self.assertEqual([p["at"] for p in after], sorted({p["at"] for p in after}), "each once, in order")


class Rules(unittest.TestCase):
    @unittest.skipUnless(shutil.which("promtool"), "no promtool")
    def test_are_accepted_and_fire(self):
        folder = PACKAGING / "prometheus"
        for words in (["check", "rules", "slipway.rules.yml"], ["test", "rules", "slipway.rules.test.yml"]):
            done = subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


    @unittest.skipUnless(shutil.which("promtool"), "no promtool")
    def test_queries_of_the_dashboard_are_well_formed(self):
        dashboard = json.loads((PACKAGING / "grafana" / "slipway.json").read_text())
        queries = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
        queries += [a["expr"] for a in dashboard["annotations"]["list"]]
        rules = [{"record": f"query_{n}", "expr": query.replace("$__rate_interval", "1m")}
                 for n, query in enumerate(queries)]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Traces(unittest.TestCase):
    def config(self, port):
        return BLUE_GREEN + f'agent: {{ traces: {{ otlp: "http://127.0.0.1:{port}" }} }}\n'

    def test_a_deployment_is_a_trace_and_its_steps_are_spans(self):
        port = free_port()
        with Collector(port, answers=(503, 429)) as collector, House(self.config(port)) as h:
            h.env["OTEL_EXPORTER_OTLP_HEADERS"] = "x-tenant=blue%20one"
            h.release("v1")
            shown = h.deploy("v1")
            poll("the trace", lambda: collector.traces, 30)
            self.assertEqual(collector.mistakes, [])
            self.assertEqual(collector.requests, 3)
            self.assertEqual(collector.headers[-1]["x-tenant"], "blue one")
            root, *steps = collector.spans()
            self.assertEqual(attributes(root)["deployment.id"], shown["id"])
            self.assertEqual(attributes(root)["slipway.state"], "succeeded")
            self.assertNotIn("parentSpanId", root)
            self.assertEqual({s["parentSpanId"] for s in steps}, {root["spanId"]})
            self.assertEqual({s["traceId"] for s in steps}, {root["traceId"]})
            done = [s["verb"] for s in shown["steps"] if s["state"] == "done"]
            self.assertEqual([attributes(s)["slipway.verb"] for s in steps], done)
            for span in steps:
                self.assertLessEqual(int(root["startTimeUnixNano"]), int(span["startTimeUnixNano"]))
                self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
            self.assertIn("deployment.ended", [e["name"] for e in root["events"]])
            poll("the count", lambda: samples(h)["slipway_traces_sent_total"] == 1)

    def test_waits_for_a_collector_that_is_away_and_delays_nothing(self):
        port = free_port()
        with House(self.config(port)) as h:
            h.release("v1")
            self.assertEqual(h.deploy("v1")["state"], "succeeded")
            poll("the waiting trace", lambda: samples(h)["slipway_traces_waiting"] == 1)
            h.kill_agent()
            with Collector(port) as collector:
                h.status()
                poll("the trace", lambda: collector.traces, 30)
                self.assertEqual(collector.mistakes, [])
            poll("its file to go", lambda: not list((h.folder / ".slipway" / "traces").glob("*.json")))


class Log(unittest.TestCase):
    def test_one_line_a_fact_with_documented_fields_and_no_secret(self):
        with House(BLUE_GREEN) as h:
            h.write_config(BLUE_GREEN, service_extra="  secrets: [SESSION_KEY]")
            h.env["SESSION_KEY"] = "hunter2-hunter2"
            h.release("v1")
            h.deploy("v1")
            facts = poll("the end in the log", lambda: [
                line for line in h.log_lines() if line.get("event") == "deployment.ended"])
            self.assertEqual((facts[0]["deployment"], facts[0]["site"], facts[0]["environment"]),
                             ("web-production-1", "production/web", "production"))
            for line in h.log_lines():
                self.assertLessEqual({"time", "level", "service", "version", "text"}, set(line), line)
                self.assertIn(line["level"], ("debug", "info", "warning", "error"))
                self.assertNotIn("debug", line["level"])
            self.assertEqual(sum(line.get("event") == "deployment.started" for line in h.log_lines()), 1)
            self.assertNotIn("hunter2", (h.folder / ".slipway" / "agent.log").read_text())
            self.assertNotIn("hunter2", get(h, "/metrics")[2] + get(h, "/health")[2])

    def test_level_is_a_setting(self):
        with House(BLUE_GREEN) as h:
            h.env["LOGGING_LEVEL"] = "error"
            h.release("v1")
            h.deploy("v1")
            self.assertEqual(h.log_lines(), [])
        with House(BLUE_GREEN) as h:
            h.env["LOGGING_LEVEL"] = "debug"
            h.release("v1")
            h.deploy("v1")
            poll("the fine lines", lambda: any(line["level"] == "debug" and line.get("event") == "step.ended"
                                               for line in h.log_lines()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
