"""Releases on real traffic: each strategy forward under load, and bad releases taken back."""

import unittest

from house import House, poll

BLUE_GREEN = "blue_green_deployment: { monitor: 2s, keep_warm: 10m, rollback_triggers: [\"error_rate > 5%\"] }"
CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 10, duration: 2s, success_criteria: { error_rate: "< 1%" } }
    - { name: half, traffic_percentage: 50, duration: 2s }
    - { name: final, traffic_percentage: 100, duration: 2s }
  rollback: { automatic: true }
"""
ROLLING = """
deployment: { strategy: rolling }
rolling_deployment: { maxSurge: 1, maxUnavailable: 0, monitor: 2s }
"""

class Forward(unittest.TestCase):
    def three_releases(self, strategy, **house):
        with House(strategy) as h:
            if house:
                h.write_config(strategy, **house)
            for version in ("v1", "v2", "v3"):
                h.release(version)
            first = h.deploy("v1")
            self.assertEqual(first["state"], "succeeded")
            # A stage ends when it was shown safe: about 500 good requests for "< 1%".
            load = h.load(rate=400, slow=5)
            poll("traffic", lambda: h.get()[0] == 200)
            for version in ("v2", "v3"):
                done = h.deploy(version)
                self.assertEqual(done["state"], "succeeded", done)
                self.assertEqual(done["receipt"]["failed"], 0, done["receipt"])
                self.assertGreater(done["receipt"]["requests"], 100)
                self.assertTrue(done["receipt"]["complete"])
                self.assertEqual(h.status()["version"], version)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            self.assertEqual(h.get()[1], "v3")
            return saw

    def test_blue_green(self):
        self.three_releases(BLUE_GREEN)

    def test_canary(self):
        self.three_releases(CANARY)

    def test_rolling(self):
        self.three_releases(ROLLING, environment_extra="    replicas: 2")

    def test_recreate_states_its_downtime(self):
        with House("recreate: { monitor: 2s }\ndeployment: { strategy: recreate }") as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            plan = h.run("plan", "production", "--version", "v2")
            self.assertEqual(plan.returncode, 0, plan.stderr)
            self.assertRegex(plan.stdout, "down")
            load = h.load(rate=50)
            done = h.deploy("v2")
            self.assertEqual(done["state"], "succeeded", done)
            load.stop()
            self.assertEqual(h.get()[1], "v2")


class TakenBack(unittest.TestCase):
    def broken(self, strategy, *flags, **house):
        # Evidence needs six seconds at least, after the ten in which a new release is cold: a
        # shorter bake sees nothing but a catastrophe.
        strategy = strategy.replace("2s", "12s")
        with House(strategy) as h:
            if house:
                h.write_config(strategy, **house)
            h.release("v1")
            h.release("v2", *flags)
            h.deploy("v1")
            load = h.load(rate=200)
            poll("traffic", lambda: h.get()[0] == 200)
            done = h.deploy("v2", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            self.assertEqual(h.status()["version"], "v1")
            self.assertEqual(h.get()[1], "v1")
            saw = load.stop()
            return done, saw

    def test_canary_with_errors(self):
        done, saw = self.broken(CANARY, "--errors", "20")
        self.assertGreater(done["receipt"]["exposed"], 0)
        self.assertIsNotNone(done["receipt"]["detected_after_ms"])
        self.assertIsNotNone(done["receipt"]["traffic_back_after_ms"])
        self.assertLess(saw["failed"], 120)
        self.assertEqual(done["receipt"]["failed"], saw["failed"])

    def test_blue_green_with_errors(self):
        done, _ = self.broken(BLUE_GREEN, "--errors", "50")
        self.assertLess(done["receipt"]["detected_after_ms"], 30_000)

    def test_rolling_with_errors(self):
        self.broken(ROLLING, "--errors", "50", environment_extra="    replicas: 2")

    def test_never_ready_moves_no_traffic(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.script_release("v2", "sleep 1000\n")
            h.deploy("v1")
            # Only now: the first start of everything may take longer than this on a busy machine.
            text = (h.folder / "slipway.yaml").read_text().replace("timeout: 1s", "timeout: 1s, start_timeout: 2s")
            (h.folder / "slipway.yaml").write_text(text)
            load = h.load(rate=100)
            done = h.deploy("v2", status=1)
            self.assertEqual(done["state"], "rolled_back")
            self.assertEqual(done["receipt"]["exposed"], 0)
            self.assertEqual(load.stop()["failed"], 0)

    def test_exits_at_once_shows_its_last_words(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.script_release("v2", "echo no database here >&2; exit 3\n")
            h.deploy("v1")
            done = h.run("deploy", "production", "--version", "v2")
            self.assertEqual(done.returncode, 1)
            self.assertIn("no database here", done.stdout + done.stderr)
            self.assertEqual(h.status()["version"], "v1")

    def test_missing_program_is_refused_before_anything(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            done = h.run("deploy", "production", "--version", "v9")
            self.assertIn(done.returncode, (1, 2))
            self.assertIn("releases/v9", done.stdout + done.stderr)
            self.assertEqual(h.status()["version"], "v1")


class Verbs(unittest.TestCase):
    def test_rollback_goes_to_the_warm_release(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            h.deploy("v2")
            back = h.json("rollback", "production")
            self.assertEqual((back["kind"], back["state"], back["to"]), ("rollback", "succeeded", "v1"))
            self.assertEqual(h.get()[1], "v1")
            self.assertEqual(load.stop()["failed"], 0)

    def test_pause_resume_promote_abort(self):
        long = CANARY.replace("2s", "10m")
        with House(long) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=100)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("stage 1", lambda: h.live()["stage"] and h.live()["stage"]["n"] == 1)
            h.json("pause", "production")
            self.assertEqual(h.live()["state"], "paused")
            h.json("resume", "production")
            poll("the judge", lambda: any(s["verb"] == "judge" and s["state"] == "running"
                                          for s in h.live()["steps"]))
            h.json("promote", "production")
            poll("stage 2", lambda: h.live()["stage"]["n"] == 2)
            again = h.run("deploy", "production", "--version", "v2", "--no-wait", "--when-busy", "refuse")
            self.assertEqual(again.returncode, 0, again.stderr)  # the same release: it is followed
            done = h.json("abort", "production", status=None)
            self.assertEqual(done["state"], "aborted")
            self.assertEqual(h.get()[1], "v1")
            self.assertEqual(load.stop()["failed"], 0)

    def test_the_same_release_again_is_no_work(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            first = h.deploy("v1")
            again = h.deploy("v1")
            self.assertEqual(again["id"], first["id"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
