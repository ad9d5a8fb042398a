"""The simulator against the real thing: one plan, once by a real agent with a real proxy and real
processes, once in virtual time, gives the same commands in the same order."""

import http.client
import json
import pathlib
import subprocess
import tempfile
import unittest

from house import BUILD, SLIPWAY, House, free_port, poll

BLUE_GREEN = "blue_green_deployment: { monitor: 2s, keep_warm: 10m }"
CANARY = """
deployment: { strategy: canary }
canary_deployment:
  stages:
    - { name: half, traffic_percentage: 50, duration: 3s, success_criteria: { error_rate: "< 5%" } }
    - { name: final, traffic_percentage: 100, duration: 3s }
blue_green_deployment: { keep_warm: 0s }
"""

ROLLING = """
deployment: { strategy: rolling }
rolling_deployment: { max_surge: 1, max_unavailable: 0, monitor: 2s }
"""


def last_release(lines):
    """The words of the commands since the last request to release."""
    begun = max(n for n, line in enumerate(lines) if " requested " in line)
    words = [line.split()[2] for line in lines[begun:] if line.startswith("  > ")]
    return [w for w in words if w != "tell"]


class Same(unittest.TestCase):
    def both(self, strategy, fault="good", *flags, ends="succeeded", replicas=1):
        with House(strategy, replicas) as h:
            h.release("v1")
            h.release("v2", *flags)
            h.deploy("v1")
            h.load(rate=400)
            poll("traffic", lambda: h.get()[0] == 200)
            real = h.deploy("v2", status=None)
            h.run("agent", "stop")
            journal = h.folder / ".slipway" / "journal.db"
            told = subprocess.run([str(BUILD / "slipway-torture"), "--commands", str(journal)],
                                  capture_output=True, text=True, check=True)
            done = h.run("simulate", "production", "--version", "v2", "--stable", "v1", "--rps", "400",
                         "--candidate", fault, "--trace", "--output", "json")
            self.assertEqual(done.returncode, 0, done.stderr)
            simulated = json.loads(done.stdout)["run"]
            self.assertEqual((real["state"], simulated["state"]), (ends, ends))
            self.assertEqual(last_release(told.stdout.split("\n")), last_release(simulated["trace"]))

    def test_blue_green(self):
        self.both(BLUE_GREEN)

    def test_canary(self):
        self.both(CANARY)

    def test_rolling(self):
        self.both(ROLLING, replicas=2)

    def test_a_canary_that_is_taken_back(self):
        self.both(CANARY, "errors=100%", "--errors", "100", ends="rolled_back")


class Simulate(unittest.TestCase):
    def test_it_needs_no_agent_and_a_seed_is_a_run(self):
        with House(CANARY) as h:
            ask = ("simulate", "production", "--version", "v2", "--rps", "200", "--candidate",
                   "errors=100%", "--seeds", "5", "--compare", "canary,blue_green", "--output", "json")
            first, second = h.run(*ask), h.run(*ask)
            self.assertEqual(first.returncode, 0, first.stderr)
            self.assertEqual(first.stdout, second.stdout)
            told = json.loads(first.stdout)
            self.assertEqual([s["strategy"] for s in told["strategies"]], ["canary", "blue_green"])
            self.assertEqual(told["strategies"][0]["outcomes"], {"rolled_back": 5})
            self.assertLessEqual(told["strategies"][0]["failed"]["p50"], told["strategies"][0]["failed"]["p90"])
            self.assertFalse((h.folder / ".slipway").exists())

    def test_the_users_of_a_past_release(self):
        with House(CANARY) as h:
            h.release("v1")
            h.release("v2", "--errors", "100")
            h.deploy("v1")
            h.load(rate=100)
            poll("traffic", lambda: h.get()[0] == 200)
            past = h.deploy("v2", status=None)
            self.assertEqual(past["state"], "rolled_back")
            ask = ("simulate", "production", "--version", "v3", "--traffic", "from:" + past["id"],
                   "--candidate", "recorded", "--output", "json")
            done = h.run(*ask)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout)
            self.assertEqual((told["traffic"], told["pattern"]), (past["id"], "recorded"))
            self.assertTrue(20 < told["rps"] < 200, told["rps"])
            self.assertEqual(told["run"]["state"], "rolled_back")
            self.assertEqual(h.run(*ask).stdout, done.stdout)
            for words in (("--traffic", "from:"), ("--traffic", "from:web-production-99"),
                          ("--traffic", "from:" + past["id"], "--rps", "5"), ("--candidate", "recorded")):
                self.assertEqual(h.run("simulate", "production", "--version", "v3", *words).returncode, 2, words)

    def test_words_that_cannot_be_are_refused(self):
        with House(CANARY) as h:
            for words in (("--candidate", "sideways"), ("--pattern", "square"), ("--rps", "many"),
                          ("--seeds", "0"), ("--plot", "out.gif")):
                done = h.run("simulate", "production", "--version", "v2", *words)
                self.assertEqual(done.returncode, 2, (words, done.stdout, done.stderr))

    def test_the_picture(self):
        with House(CANARY) as h:
            done = h.run("simulate", "production", "--version", "v2", "--plot", "out.html")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("<svg", (h.folder / "out.html").read_text())
            self.assertIn("succeeded", done.stdout)


class ByTheAgent(unittest.TestCase):
    """POST /v1/simulate and `simulate --url`: the agent's own configuration, a few at once, nothing changed."""

    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.__exit__)
        self.port = free_port()
        self.house.write_config(f'agent: {{ listen: "127.0.0.1:{self.port}" }}' + CANARY)
        self.house.release("v1")
        self.house.deploy("v1")
        self.token = self.house.run("token", "create", "vic", "--role", "viewer", "--quiet").stdout.strip()

    def ask(self, body, timeout=90):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        self.addCleanup(connection.close)
        connection.request("POST", "/v1/simulate", json.dumps({"environment": "production", "version": "v9", **body}),
                           {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        return connection

    def answer(self, connection):
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer

    def test_it_says_what_the_command_says(self):
        words = ("simulate", "production", "--version", "v9", "--rps", "200", "--candidate", "errors=100%", "--seeds", "3",
                 "--compare", "canary,blue_green", "--output", "json")
        alone = self.house.run(*words)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        with tempfile.TemporaryDirectory() as elsewhere:  # no configuration there
            far = subprocess.run([SLIPWAY, *words, "--url", f"http://127.0.0.1:{self.port}"], cwd=elsewhere,
                                 env={**self.house.env, "SLIPWAY_TOKEN": self.token}, capture_output=True, text=True,
                                 check=False, timeout=120)
        self.assertEqual(far.returncode, 0, far.stderr)
        self.assertEqual(json.loads(far.stdout), json.loads(alone.stdout))
        asked = {"rps": 200, "candidate": "errors=100%", "seeds": 3, "compare": ["canary", "blueGreen"]}
        status, told, _ = self.answer(self.ask({**asked, "plot": True}))
        self.assertEqual(status, 200, told)
        self.assertIn("<svg", told.pop("plot"))
        self.assertEqual(told, json.loads(alone.stdout))
        self.assertEqual(len(self.house.json("history")["items"]), 1)

    def test_what_cannot_be_is_refused(self):
        for body, code in (({"candidate": "sideways"}, "usage"), ({"pattern": "square"}, "usage"),
                           ({"environment": "nowhere"}, "unknown_environment"), ({"seeds": 5000}, "invalid_body"),
                           ({"traffic": "from:web-production-99"}, "unknown_deployment")):
            status, told, _ = self.answer(self.ask(body))
            self.assertEqual((status, told["code"]), (404 if "traffic" in body else 422, code), told)

    def under_way(self):
        """How nice each thread is that simulates."""
        found = []
        for task in pathlib.Path(f"/proc/{self.house.agent_pid()}/task").iterdir():
            try:
                if (task / "comm").read_text() == "simulation\n":
                    found.append(int((task / "stat").read_text().rsplit(")", 1)[1].split()[16]))
            except OSError:  # it has ended
                continue
        return found

    def test_a_few_at_once_and_none_for_who_has_gone(self):
        long = {"seeds": 1000, "rps": 5000}
        waiting = [self.ask({**long, "seed": n}) for n in (1, 2)]
        poll("both to be under way", lambda: self.under_way() == [19, 19])
        status, told, answer = self.answer(self.ask({}))
        self.assertEqual((status, told["code"], answer.getheader("Retry-After")), (429, "too_many_simulations", "1"))
        self.assertEqual(self.house.status()["version"], "v1")
        for connection in waiting:
            connection.close()
        poll("their end", lambda: not self.under_way(), 10)
        self.assertEqual(self.answer(self.ask({}))[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
