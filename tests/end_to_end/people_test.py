"""People at one agent: tokens and roles over HTTP and TLS, four eyes, the audit, keys for repeating; all of it over a
kill of the agent, and no secret in anything that is kept or shown."""

import http.client
import json
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
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", "agent.key", "-out", "agent.pem", "-days", "2", "-subj", "/CN=agent",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       cwd=house.folder, check=True, capture_output=True)
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
        clear = self.away(house, ana, "status", url=f"http://deploy.example.com:{self.port}")
        self.assertIn("in the clear", clear.stderr)

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

    def test_no_secret_is_kept_or_shown(self):
        house = self.house()
        config = house.folder / "slipway.yaml"
        config.write_text(config.read_text().replace("service:\n", "service:\n  secrets: [PLANTED]\n", 1))
        planted = "planted-4e7c19-in-the-environment"
        began = house.run("deploy", "production", "v1", env={"PLANTED": planted})
        self.assertEqual(began.returncode, 0, began.stderr)
        ana, ben = self.token(house, "ana", "admin"), self.token(house, "ben", "viewer")
        cookie = "f" * 64
        shown = began.stdout + began.stderr
        for token in (ana, ben, ana[:-1] + ("0" if ana[-1] != "0" else "1")):
            for method, path, body in (("GET", "/v1/deployments/1", None), ("GET", "/v1/tokens", None),
                                       ("GET", "/v1/config", None), ("GET", "/v1/agent", None),
                                       ("GET", "/v1/deployments/1/logs", None), ("GET", "/v1/audit", None),
                                       ("POST", "/v1/deployments/1/approve", {"because": "x"}),
                                       ("POST", "/v1/tokens", {"name": "a b", "roles": token}),
                                       ("POST", "/v1/session", {"token": token + "x"}), ("GET", "/nothing", None)):
                answer = self.ask(method, path, token, body, Cookie=f"slipway_session_{self.port}={cookie}")
                shown += json.dumps(answer)
        shown += "".join(house.run(*command).stdout for command in (
            ["audit", "export"], ["token", "list"], ["config", "show"], ["show", "1"], ["explain", "1"], ["check", "--show"]))
        house.run("agent", "stop")
        kept = {p: p.read_bytes() for p in (house.folder / ".slipway").rglob("*") if p.is_file()}
        self.assertIn(b"token_created", kept[house.folder / ".slipway" / "journal.db"])
        for what, secret in (("the variable", planted), ("the admin's token", ana[13:]), ("the viewer's token", ben[13:]),
                             ("the cookie", cookie)):
            self.assertNotIn(secret, shown, what)
            for path, data in kept.items():
                self.assertNotIn(secret.encode(), data, f"{what} stands in {path}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
