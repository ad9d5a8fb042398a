"""Secrets planted wherever one can come in are looked for wherever something is kept, shown or sent, as they are and in
the forms that bytes are written in. Only the service may have them."""

import base64
import hashlib
import http.client
import http.server
import json
import pathlib
import threading
import unittest
import urllib.parse

from house import EASY, SERVICE, House, free_port, poll

CONFIG = """
canary_deployment:
  stages:
    - { name: half, traffic_percentage: 50, duration: 1s, EASY }
    - { name: final, traffic_percentage: 100, duration: 1s, EASY }
analysis: { defaults: off, warmup: 0s }
""".replace("EASY", EASY)


def forms(secret):
    """A secret as it may be written."""
    raw = secret.encode()
    whole = base64.b64encode(raw).decode()
    yield from (secret, secret[::-1], raw.hex(), whole, whole.rstrip("="), base64.urlsafe_b64encode(raw).decode(),
                urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1])
    for shift in (1, 2):  # inside of something longer
        yield base64.b64encode(b"x" * shift + raw).decode()[4:-4]


class Catcher(http.server.BaseHTTPRequestHandler):
    """A collector of traces: keeps bodies; whoever sends it credentials means to."""
    bodies, credentials = [], []

    def do_POST(self):
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.credentials.append(self.headers.get("Authorization", ""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Secrets(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.__exit__)
        self.port, self.otlp = free_port(), free_port()
        self.shown = {}  # where -> text
        self.proof = self.house.folder / "proof"
        Catcher.bodies, Catcher.credentials = [], []
        self.collector = http.server.ThreadingHTTPServer(("127.0.0.1", self.otlp), Catcher)
        threading.Thread(target=self.collector.serve_forever, daemon=True).start()
        self.addCleanup(self.collector.server_close)
        self.addCleanup(self.collector.shutdown)
        self.secrets = {
            "a variable of the caller": "Planted-1/caller+a4e7c19f",
            "a variable of the agent": "Planted-2/agent+b5f8d20e",
            "a file of variables": "Planted-3/file+c6a9e31d",
            "the collector's credentials": "Planted-4-collector-d7b0f42c",
        }
        self.house.write_config(
            CONFIG + f'agent: {{ listen: "127.0.0.1:{self.port}", traces: {{ otlp: "http://127.0.0.1:{self.otlp}" }} }}',
            service_extra="  secrets: [FROM_CALLER, FROM_AGENT, FROM_FILE]")
        (self.house.folder / "environments").mkdir()
        (self.house.folder / "environments" / "production.env").write_text(
            f"FROM_FILE={self.secrets['a file of variables']}\nPLAIN=not-secret\n")
        for version in ("v1", "v2"):
            self.house.script_release(version, f"""for name in FROM_CALLER FROM_AGENT FROM_FILE; do
  eval "value=\\$$name"
  printf %s "$value" | sha256sum >> {self.proof}
done
exec {SERVICE} "$@"
""")

    def ask(self, method, path, token=None, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, str) else json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        self.shown[f"{method} {path} {answer.status} ({len(self.shown)})"] = text
        return answer.status, text

    def command(self, *words, env=None):
        done = self.house.run(*words, env=env)
        self.shown[f"slipway {' '.join(words)} ({len(self.shown)})"] = done.stdout + done.stderr
        return done

    def token(self, name, role):
        return self.house.run("token", "create", name, "--role", role, "--quiet").stdout.strip()

    def listen(self, token):
        """What a stream of all events says until the house goes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"})
        self.addCleanup(connection.close)
        stream, heard = connection.getresponse(), []

        def hear():
            try:
                while piece := stream.read1(65536):
                    heard.append(piece.decode(errors="replace"))
            except (OSError, ValueError, AttributeError, http.client.HTTPException):
                pass
        threading.Thread(target=hear, daemon=True).start()
        return heard

    def test_are_nowhere_but_in_the_service(self):
        s, h = self.secrets, self.house
        collector = s["the collector's credentials"]
        # The agent's own environment has one; the command line that deploys brings another.
        h.run("agent", "start", env={"FROM_AGENT": s["a variable of the agent"],
                                     "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization={collector}"})
        brings = {"FROM_CALLER": s["a variable of the caller"]}
        first = self.command("deploy", "production", "v1", env=brings)
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr + h.agent_log())
        ana, vic = self.token("ana", "admin"), self.token("vic", "viewer")
        heard = self.listen(ana)
        load = h.load(rate=100)
        second = self.command("deploy", "production", "v2", "--because", "a reason that is kept", env=brings)
        self.assertEqual(second.returncode, 0, second.stdout + second.stderr)
        load.stop()
        poll("both traces", lambda: len(Catcher.bodies) >= 2, 30)
        self.assertEqual(set(Catcher.credentials), {s["the collector's credentials"]})

        proofs = {line.split()[0] for line in self.proof.read_text().splitlines()}
        for what in ("a variable of the caller", "a variable of the agent", "a file of variables"):
            self.assertIn(hashlib.sha256(s[what].encode()).hexdigest(), proofs, f"the service did not get {what}")

        self.plant_in_requests(ana, vic)
        self.plant_links(vic)
        self.read_everything(ana, vic)
        self.shown["events"] = "".join(heard)
        self.assertIn("deployment.ended", self.shown["events"])
        self.shown["traces"] = b"".join(Catcher.bodies).decode()
        self.shown["command lines"] = "\0".join("\0".join(words) for _, words in h.processes())
        self.assertIn("haproxy", self.shown["command lines"])
        running = self.files()
        # What may be kept is found by the same search.
        reason = "a reason that is kept"
        self.assertTrue([path for path, data in running.items() if reason.encode() in data])
        self.assertTrue([where for where, text in self.shown.items() if "audit export" in where and reason in text])
        h.kill_agent()  # as it is on disk at any moment
        h.status()
        h.run("agent", "stop")
        self.look(running)
        self.look(self.files())

    def plant_in_requests(self, ana, vic):
        """Tokens good and bad, sessions, passwords where none belong: the answers, the audit and the log do not repeat them."""
        s = self.secrets
        s["the admin's token"], s["the viewer's token"] = ana[13:], vic[13:]
        s["a token that is not good"] = "9" * 20 + "abcdef" * 7 + "99"
        bad = "slp_01234567_" + s["a token that is not good"]
        s["a cookie"] = "c0ffee" * 10 + "beef"
        s["a password in a field"] = "Planted-5-password-e8c1a53b"
        cookie = f"slipway_session_{self.port}={s['a cookie']}"
        status, _ = self.ask("POST", "/v1/session", body={"token": vic}, Origin=f"http://127.0.0.1:{self.port}")
        self.assertEqual(status, 201)
        self.ask("POST", "/v1/session", body={"token": bad})
        self.ask("GET", "/v1/history", bad)
        self.ask("GET", "/v1/history", Cookie=cookie)
        word = s["a password in a field"]
        for path, body in (("/v1/deployments", {"environment": "production", "version": "v1", "password": word}),
                           ("/v1/deployments", {"environment": "production", "version": {"web": 1, "x": word}}),
                           ("/v1/deployments", {"environment": "production", "version": "v1", "options": {"key": word}}),
                           ("/v1/deployments/2/abort", {"because": {"not": word}}),
                           ("/v1/tokens", {"name": "x", "roles": word}), ("/v1/tokens", {"name": [word], "roles": []}),
                           ("/v1/hooks/none", {"version": "v1", "secret": word}),
                           ("/v1/plan", '{"environment": "production", "x": "' + word),
                           ("/v1/check", {"config_files": {"file": "x", "bytes": 1, "caller": {"A": word}}}),
                           ("/v1/simulate", {"environment": "production", "version": "v2", "password": word}),
                           ("/v1/session", {"token": word}), ("/v1/session/link", {"for": word}),
                           ("/v1/releases", {"version": "v1", "password": word}),
                           ("/v1/builds", {"version": "v1", "duration": word}),
                           ("/v1/builds", {"version": "v1", "duration": 1, "token": word}),
                           ("/v1/builds", {"version": "v1", "duration": 1, "state": word}),
                           ("/v1/builds", {"version": "v1", "duration": 1, "test_coverage": word}),
                           ("/v1/builds", '{"version": "v1", "duration": 1, "x": "' + word)):
            status, _ = self.ask("POST", path, ana, body, **{"Idempotency-Key": f"k{len(self.shown)}"})
            self.assertGreaterEqual(status, 400, path)
        self.ask("POST", "/v1/tokens", vic, {"name": "y", "roles": [], "password": word})
        self.ask("PUT", "/v1/config", ana, {"config_files": {"file": "slipway.yaml", "bytes": "service: {}",
                                                             "caller": {"FROM_CALLER": word}}})

    def plant_links(self, vic):
        """A link signs whoever has it in: it is told to who asked for it, and to nobody else, whether it was followed or not."""
        origin = {"Origin": f"http://127.0.0.1:{self.port}"}
        for what, follow in (("a link that was followed", True), ("a link that was not", False)):
            done = self.house.run("dashboard", "--print")
            self.assertEqual(done.returncode, 0, done.stderr)
            code = done.stdout.strip().split("#")[1]
            self.secrets[what] = code.removeprefix("once_")
            if follow:
                self.assertEqual([self.ask("POST", "/v1/session", body={"token": code}, **origin)[0] for _ in range(2)],
                                 [201, 401])
        before = set(self.shown)
        status, text = self.ask("POST", "/v1/session/link", vic, {}, **{"Idempotency-Key": "a-link"})
        self.assertEqual(status, 201, text)
        for where in set(self.shown) - before:
            del self.shown[where]  # it is theirs
        self.secrets["a link by an address"] = json.loads(text)["url"].split("#once_")[1]
        self.ask("POST", "/v1/session/link", vic, {}, **{"Idempotency-Key": "a-link"})

    def read_everything(self, ana, vic):
        routes = json.loads(self.ask("GET", "/v1/openapi.json", ana)[1])["paths"]
        pages = ["/", "/login", "/d/2", "/metrics", "/health", "/ready", "/nothing"]
        for path, methods in routes.items():
            if "get" in methods and path != "/v1/events":
                pages.append(path.replace("{id}", "2").replace("{env}", "production"))
        for token in (ana, vic, None):
            for path in pages:
                self.ask("GET", path, token)
        for words in (["audit", "export"], ["audit"], ["token", "list"], ["config", "show"], ["show", "2"],
                      ["explain", "2"], ["check", "--show"], ["logs", "2"], ["status"], ["agent", "status"],
                      ["plan", "production", "v1"]):
            self.command(*words)
        self.assertIn("POST /v1/deployments", self.shown[next(k for k in self.shown if "audit export" in k)])

    def files(self):
        """All that the agent keeps: its state folder, and the folder of sockets and rows."""
        roots = [self.house.folder / ".slipway"]
        for _, words in self.house.processes():
            roots += [pathlib.Path(w).parent for w in words if w.endswith("haproxy.cfg")]
        found = {}
        for root in roots:
            for path in root.rglob("*"):
                try:
                    if path.is_file() and not path.is_socket():
                        found[str(path)] = path.read_bytes()
                except OSError:
                    continue
        self.assertTrue(any(name.endswith("journal.db") and b"token_created" in data or b"token_created" in data
                            for name, data in found.items()), "the search does not see the journal")
        self.assertTrue(any(b'"POST /v1/deployments' in data for data in found.values()))
        return found

    def look(self, files):
        for what, secret in self.secrets.items():
            for form in forms(secret):
                for where, text in self.shown.items():
                    self.assertNotIn(form, text, f"{what} is shown by {where}")
                for path, data in files.items():
                    self.assertNotIn(form.encode(), data, f"{what} stands in {path}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
