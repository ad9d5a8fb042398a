"""People at one agent: tokens and roles over HTTP and TLS, four eyes, the audit, keys for repeating; all of it over a
kill of the agent."""

import contextlib
import http.client
import json
import sqlite3
import ssl
import subprocess
import unittest

from house import House, free_port, poll

APPROVAL = "    approval_required: true\n    approval: { approvers: 2, timeout: 1h }"


class People(unittest.TestCase):
    def house(self, extra="", agent=""):
        house = House()
        self.addCleanup(house.__exit__)
        self.port = free_port()
        house.write_config(f'agent: {{ listen: "127.0.0.1:{self.port}"{agent} }}', environment_extra=extra)
        house.release("v1")
        house.release("v2")
        return house

    def token(self, house, name, *roles):
        done = house.run("token", "create", name, "--quiet", *[w for role in roles for w in ("--role", role)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def ask(self, method, path, token=None, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def away(self, house, token, *arguments, url=None, **more):
        """The command line as on another machine."""
        env = {"SLIPWAY_URL": url or f"http://127.0.0.1:{self.port}", "SLIPWAY_TOKEN": token, **more}
        return house.run(*arguments, env=env)

    def test_two_others_approve_and_everything_is_on_record(self):
        house = self.house(APPROVAL)
        ana, ben, cleo, vic = (self.token(house, n, r) for n, r in (
            ("ana", "deployer"), ("ben", "approver"), ("cleo", "admin"), ("vic", "viewer")))
        house.json("config", "push")
        self.assertEqual(self.away(house, vic, "deploy", "production", "v1").returncode, 2)
        begun = self.away(house, ana, "deploy", "production", "v1", "--no-wait", "--because", "first")
        self.assertEqual(begun.returncode, 0, begun.stderr)
        for token, why in ((ana, "may not approve"), (vic, "may not approve")):
            refused = self.away(house, token, "approve", "production")
            self.assertEqual(refused.returncode, 2)
            self.assertIn(why, refused.stderr)
        self.assertEqual(self.away(house, ben, "approve", "production", "--because", "read it").returncode, 0)
        self.assertEqual(house.live()["state"], "waiting_approval", "one of two is not enough")
        self.away(house, ben, "approve", "production")
        self.assertEqual(house.live()["state"], "waiting_approval", "one person twice is one")
        house.kill_agent()
        self.assertEqual(house.json("status")["environments"][0]["services"][0]["live"]["state"], "waiting_approval")
        self.assertEqual(self.away(house, cleo, "approve", "production").returncode, 0, "tokens outlive the agent")
        poll("v1", lambda: house.status()["version"] == "v1", 60)
        shown = house.json("show", "1")
        self.assertEqual(shown["by"], "ana")
        self.assertEqual({a["by"] for a in shown["approvals"]}, {"ben", "cleo"})
        # Who asked cannot approve, whatever their role.
        self.away(house, cleo, "deploy", "production", "v2", "--no-wait")
        own = self.away(house, cleo, "approve", "production")
        self.assertEqual(own.returncode, 2)
        self.assertIn("somebody else", own.stderr)

        entries = [json.loads(line) for line in house.run("audit", "export").stdout.splitlines()]
        self.assertEqual([e["n"] for e in entries], list(range(1, len(entries) + 1)))
        said = [(e["by"], e["outcome"], e["because"]) for e in entries]
        self.assertIn(("ana", "accepted", "first"), said)
        self.assertIn(("ben", "accepted", "read it"), said)
        self.assertIn(("vic", "refused", ""), said)
        self.assertEqual(house.run("audit", "verify").returncode, 0)
        self.assertEqual(self.away(house, vic, "audit").returncode, 2)

    def test_the_audit_shows_a_change_on_disk(self):
        house = self.house()
        self.token(house, "ana", "viewer")
        self.token(house, "ben", "viewer")
        house.run("agent", "stop")
        path = house.folder / ".slipway" / "journal.db"
        # The journal's write-ahead log is empty after a stop: the bytes are in the file, each once.
        data = path.read_bytes()
        at = data.index(b'"act":"POST /v1/tokens"')
        path.write_bytes(data[:at] + data[at:].replace(b"POST", b"PUTS", 1))
        house.run("agent", "start")
        broken = house.run("audit", "verify")
        self.assertEqual(broken.returncode, 1, broken.stdout)
        self.assertIn("was changed", broken.stdout)

    def test_a_repeated_request_is_done_once_also_over_a_kill(self):
        house = self.house()
        ana = self.token(house, "ana", "admin")
        house.json("config", "push")
        wish = {"environment": "production", "version": "v1"}
        first = self.ask("POST", "/v1/deployments", ana, wish, **{"Idempotency-Key": "k1"})
        self.assertEqual(first[0], 201, first)
        poll("v1", lambda: house.status()["version"] == "v1", 60)
        house.kill_agent()
        house.json("status")
        self.assertEqual(self.ask("POST", "/v1/deployments", ana, wish, **{"Idempotency-Key": "k1"}), first)
        self.assertEqual(self.ask("POST", "/v1/deployments", ana, {**wish, "version": "v2"},
                                  **{"Idempotency-Key": "k1"})[0], 422)
        self.assertEqual(len(house.json("history")["items"]), 1)

    def test_tls_is_needed_by_others_and_checked_by_the_command_line(self):
        house = self.house()
        self.certificate(house, "agent")
        naked = house.run("agent", "run", "--listen", f"0.0.0.0:{self.port}")
        self.assertEqual(naked.returncode, 3)
        self.assertIn("needs TLS", naked.stderr)
        house.write_config(f'agent: {{ listen: "0.0.0.0:{self.port}", tls: {{ certificate: agent.pem, key: agent.key }} }}')
        house.deploy("v1")
        ana = self.token(house, "ana", "deployer")
        url = f"https://localhost:{self.port}"
        unknown = self.away(house, ana, "status", url=url)
        self.assertEqual(unknown.returncode, 2, unknown.stdout)
        self.assertIn("not trusted", unknown.stderr)
        trusted = {"url": url, "SLIPWAY_CA": str(house.folder / "agent.pem")}
        self.assertIn("v1", self.away(house, ana, "status", **trusted).stdout)
        other = self.away(house, ana, "status", url=f"https://127.0.0.2:{self.port}", SLIPWAY_CA=trusted["SLIPWAY_CA"])
        self.assertEqual(other.returncode, 2, "the certificate names another")
        followed = self.away(house, ana, "deploy", "production", "v2", "--timeout", "5s", **trusted)
        self.assertIn(followed.returncode, (0, 4), followed.stdout + followed.stderr)
        self.assertIn("v2", followed.stdout, "events came")
        context = ssl.create_default_context(cafile=trusted["SLIPWAY_CA"])
        browser = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=10)
        browser.request("POST", "/v1/session", json.dumps({"token": ana}),
                        {"Content-Type": "application/json", "Origin": url})
        answer = browser.getresponse()
        self.assertEqual(answer.status, 201, answer.read())
        self.assertIn("; Secure", answer.getheader("Set-Cookie"))
        browser.close()
        self.a_renewed_certificate_counts_without_a_restart(house, ana, context)
        clear = self.away(house, ana, "status", url=f"http://deploy.example.com:{self.port}")
        self.assertIn("in the clear", clear.stderr)

    def test_the_dashboard_opens_by_a_link_and_outlives_the_agent(self):
        house = House()
        self.addCleanup(house.__exit__)
        house.write_config("")
        house.release("v1")
        self.assertIsNone(house.deploy("v1")["url"], "nobody can open it yet")
        link = house.json("dashboard")
        base, code = link["url"].split("/login#")
        self.port = int(base.rpartition(":")[2])
        self.assertEqual(house.json("show", "1")["url"], f"{base}/d/1")
        self.assertEqual(house.json("status")["environments"][0]["services"][0]["last"]["url"], f"{base}/d/1")
        page = {"Origin": base, "Host": base.partition("//")[2]}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/v1/session", json.dumps({"token": code}),
                           {**page, "Content-Type": "application/json"})
        answer = connection.getresponse()
        cookie = answer.getheader("Set-Cookie").partition(";")[0]
        self.assertEqual((answer.status, json.loads(answer.read())["name"]), (201, house.json("show", "1")["by"]))
        connection.close()
        self.assertEqual(self.ask("POST", "/v1/session", body={"token": code}, **page)[0], 401, "once")
        house.kill_agent()
        house.json("status")  # starts it again
        status, me = self.ask("GET", "/v1/session", Cookie=cookie)
        self.assertEqual((status, me["roles"]), (200, [{"role": "admin", "environment": None}]))
        self.assertEqual(house.json("agent", "status")["listen"], f"127.0.0.1:{self.port}")
        house.run("agent", "stop")
        house.run("agent", "start", "--listen", "none")
        self.assertIsNone(house.json("agent", "status")["listen"])
        house.kill_agent()
        self.assertIsNone(house.json("show", "1")["url"], "and it stays so")

    def test_builds_that_pipelines_report_are_counted(self):
        house = self.house()
        house.json("config", "push")
        ci = self.token(house, "ci", "deployer")
        for state, seconds in (("succeeded", 95), ("failed", 12)):
            status, told = self.ask("POST", "/v1/builds", ci, {"version": "v1", "duration": f"{seconds}s", "state": state,
                                                               "test_coverage": 0.87, "because": "npm test"})
            self.assertEqual((status, told["service"], told["state"]), (201, "web", state), told)
        self.assertEqual(self.ask("POST", "/v1/builds", ci, {"version": "v1", "duration": 1, "service": "x"})[0], 422)
        house.kill_agent()
        with contextlib.closing(sqlite3.connect(house.folder / ".slipway" / "journal.db")) as journal, journal:
            stream, whole = journal.execute("SELECT stream, bytes FROM notes WHERE instr(bytes, 'took_us')").fetchone()
            seq, = journal.execute("SELECT max(seq) FROM notes WHERE stream = ?", (stream,)).fetchone()
            # Two more builds, and neither can be read.
            for n, torn in enumerate((whole.replace(b'{"service"', b'["service"'), whole.replace(b"took_us", b"took_is"))):
                self.assertNotEqual(torn, whole)
                journal.execute("INSERT INTO notes(stream, seq, bytes) VALUES(?, ?, ?)", (stream, seq + 1 + n, torn))
        house.json("agent", "start")
        page = self.ask("GET", "/metrics")[1]
        for line in ('slipway_build_duration_seconds_sum{service="web",state="succeeded"} 95',
                     'slipway_build_duration_seconds_bucket{service="web",state="failed",le="30"} 1',
                     'slipway_test_coverage_ratio{service="web"} 0.87'):
            self.assertIn(line + "\n", page)

    def test_the_agent_may_have_a_certificate_of_its_own(self):
        house = self.house()
        house.write_config(f'agent: {{ listen: "0.0.0.0:{self.port}", tls: {{ own: true }} }}')
        house.deploy("v1")
        ana = self.token(house, "ana", "viewer")
        pem = house.folder / ".slipway" / "tls" / "agent.pem"
        url = f"https://localhost:{self.port}"
        for name in ("localhost", "127.0.0.1"):
            seen = self.away(house, ana, "--agent", f"https://{name}:{self.port}", "status", SLIPWAY_CA=str(pem))
            self.assertEqual((seen.returncode, "v1" in seen.stdout), (0, True), seen.stderr)
        self.assertEqual(self.away(house, ana, "status", url=url).returncode, 2, "nobody trusts it unasked")
        self.assertTrue(house.json("dashboard")["url"].startswith(url + "/login#once_"), "on this machine")
        self.assertEqual((pem.parent / "agent.key").stat().st_mode & 0o777, 0o600)
        before = pem.read_bytes()
        house.kill_agent()
        house.json("status")
        self.assertEqual(pem.read_bytes(), before, "it stays, so that who trusts it can go on")
        with_name = f'agent: {{ listen: "0.0.0.0:{self.port}", url: "https://deploy.example.com", tls: {{ own: true }} }}'
        house.write_config(with_name)
        house.json("config", "push")
        shown = subprocess.run(["openssl", "x509", "-in", str(pem), "-noout", "-ext", "subjectAltName"],
                               capture_output=True, text=True, check=True).stdout
        self.assertIn("DNS:deploy.example.com", shown)

    def certificate(self, house, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       cwd=house.folder, check=True, capture_output=True)

    def a_renewed_certificate_counts_without_a_restart(self, house, ana, context):
        def shown():
            return ssl.get_server_certificate(("localhost", self.port))

        before, pid = shown(), house.agent_pid()
        standing = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=10)
        standing.connect()
        # One that does not work changes nothing, and is said.
        (house.folder / "agent.pem").write_text("no certificate\n")
        poll("the complaint", lambda: any(line.get("code") == "certificate_not_renewed" for line in house.log_lines()))
        self.assertEqual(shown(), before)
        self.certificate(house, "renewed")
        for ending in ("pem", "key"):
            (house.folder / f"renewed.{ending}").rename(house.folder / f"agent.{ending}")
        poll("the new certificate", lambda: shown() != before)
        self.assertIn("v1", self.away(house, ana, "status", url=f"https://localhost:{self.port}",
                                      SLIPWAY_CA=str(house.folder / "agent.pem")).stdout)
        standing.request("GET", "/health")
        self.assertEqual(standing.getresponse().status, 200, "a connection that stands goes on")
        standing.close()
        self.assertEqual(house.agent_pid(), pid)

    def test_an_act_is_on_record_also_when_the_agent_dies_in_it(self):
        house = self.house()
        ana = self.token(house, "ana", "admin")
        house.json("config", "push")
        house.run("agent", "stop")
        # The request is on disk, and neither its answer nor the audit has been written.
        house.run("agent", "start", env={"SLIPWAY_DIE_AT_RECORD": "1:before-dispatch"})
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.ask("POST", "/v1/deployments", ana, {"environment": "production", "version": "v1", "because": "now"})
        house.run("agent", "start")
        self.assertEqual(house.json("show", "1")["by"], "ana", "it was asked for")
        entries = [json.loads(line) for line in house.run("audit", "export").stdout.splitlines()]
        made_up = [e for e in entries if e["outcome"] == "unknown"]
        self.assertEqual([(e["by"], e["act"], e["because"], e["environment"], e["code"]) for e in made_up],
                         [("ana", "POST /v1/deployments", "now", "production", "outcome_unknown")])
        self.assertEqual(house.run("audit", "verify").returncode, 0)
        house.kill_agent()
        again = [json.loads(line) for line in house.run("audit", "export").stdout.splitlines()]
        self.assertEqual(sum(e["outcome"] == "unknown" for e in again), 1, "made up for once")

    def test_who_may_make_tokens_hears_of_them(self):
        house = self.house()
        house.json("config", "push")
        ana, vic = self.token(house, "ana", "admin"), self.token(house, "vic", "viewer")
        heard = {}
        for name, token in (("ana", ana), ("vic", vic)):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"})
            self.addCleanup(connection.close)
            heard[name] = connection.getresponse()
        self.token(house, "ben", "deployer@staging")
        house.run("token", "revoke", "ben")
        said = ""
        while "token.revoked" not in said:
            said += heard["ana"].read1(65536).decode()
        self.assertIn("event: token.created", said)
        self.assertIn("deployer@staging", said)
        house.deploy("v1")
        said = ""
        while "deployment.ended" not in said:
            said += heard["vic"].read1(65536).decode()
        self.assertNotIn("token.", said)

    def test_a_pushed_configuration_is_the_one_that_counts(self):
        house = self.house()
        ana = self.token(house, "ana", "admin")
        house.json("config", "push")
        self.assertIn("has this", house.run("config", "diff").stdout)
        file = house.folder / "slipway.yaml"
        file.write_text(file.read_text().replace("drain: 5s", "drain: 6s"))
        drifted = self.away(house, ana, "plan", "production", "v1")
        self.assertIn("differs from the agent's configuration", drifted.stderr)
        pushed = self.away(house, ana, "config", "push")
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        self.assertIn("-  stop: { drain: 5s }", pushed.stdout)
        self.assertIn("+  stop: { drain: 6s }", pushed.stdout)
        self.assertNotIn("differs", self.away(house, ana, "plan", "production", "v1").stderr)
        self.assertEqual(self.away(house, self.token(house, "ben", "deployer"), "config", "push").returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
