"""The simulator against the real thing: one plan, once by a real agent with a real proxy and real
processes, once in virtual time, gives the same commands in the same order."""

import json
import subprocess
import unittest

from house import BUILD, House, poll

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
