"""Programs that do not do what they should: each with its message and remedy, and stable still serves."""

import unittest

from house import EASY, UNJUDGED, House, poll

BLUE_GREEN = "blue_green_deployment: { monitor: 2s, keep_warm: 10m }" + UNJUDGED
ROLLING = """
deployment: { strategy: rolling }
rolling_deployment: { maxSurge: 1, maxUnavailable: 0, monitor: 0s }
""" + UNJUDGED


class Programs(unittest.TestCase):
    def refused_or_taken_back(self, make, words, status=(1, 2), strategy=BLUE_GREEN, health=""):
        """Releases what `make` puts in place of v2: every one of `words` is said, and v1 never stops answering."""
        with House(strategy) as h:
            h.release("v1")
            h.deploy("v1")
            load = h.load(rate=100)
            poll("traffic", lambda: h.get()[0] == 200)
            if health:
                text = (h.folder / "slipway.yaml").read_text().replace("timeout: 1s", f"timeout: 1s, {health}")
                (h.folder / "slipway.yaml").write_text(text)
            make(h)
            done = h.run("deploy", "production", "--version", "v2")
            said = done.stdout + done.stderr
            self.assertIn(done.returncode, status, said)
            for word in words:
                self.assertIn(word, said)
            site = h.status()
            self.assertEqual((site["version"], site["live"], site["weights"]), ("v1", None, {"v1": 10000}))
            self.assertEqual(h.get(), (200, "v1"))
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            self.assertEqual(h.instances("v2"), [])

    def test_missing(self):
        def make(h):
            (h.folder / "releases" / "v2").mkdir()

        self.refused_or_taken_back(make, ["releases/v2/server", "no such file"], status=(2,))

    def test_not_executable(self):
        def make(h):
            h.release("v2")
            (h.folder / "releases/v2/server").chmod(0o644)

        self.refused_or_taken_back(make, ["not executable", "chmod +x"], status=(2,))

    def test_exits_at_once(self):
        self.refused_or_taken_back(lambda h: h.script_release("v2", "echo no database here >&2; exit 3\n"),
                                   ["no database here", "3"], status=(1,))

    def test_never_ready(self):
        self.refused_or_taken_back(lambda h: h.script_release("v2", "exec sleep 1000 # poll\n"),
                                   ["not ready after 2 s", "refused"], status=(1,), health="start_timeout: 2s")

    def test_answers_503_and_is_never_ready(self):
        self.refused_or_taken_back(lambda h: h.release("v2", "--warm-up", "600000"), ["not ready after 2 s", "503"],
                                   status=(1,), health="start_timeout: 2s")

    def test_ready_then_dead(self):
        with House(BLUE_GREEN.replace("2s", "10m")) as h:
            h.release("v1")
            h.release("v2", "--crash-after", "4000")
            h.deploy("v1")
            load = h.load(rate=200)
            done = h.run("deploy", "production", "--version", "v2")
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("signal 6", done.stdout)
            self.assertIn("out of memory", done.stdout + h.run("explain", "production").stdout)
            self.assertEqual(h.get(), (200, "v1"))
            saw = load.stop()
            self.assertEqual(saw["failed"] - saw["torn"], 0, saw)

    def test_ignores_term_and_is_killed_after_its_drain(self):
        with House() as h:
            h.write_config(ROLLING, environment_extra="    replicas: 2")
            (h.folder / "slipway.yaml").write_text(
                (h.folder / "slipway.yaml").read_text().replace("drain: 5s", "drain: 2s"))
            h.release("v1", "--deaf", "1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=100)
            done = h.deploy("v2")
            self.assertEqual(done["state"], "succeeded", done)
            self.assertEqual(h.instances("v1"), [])
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


class Changed(unittest.TestCase):
    def test_a_running_plan_does_not_change_with_the_file(self):
        canary = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 10, duration: 10m, EASY }
    - { name: final, traffic_percentage: 100, duration: 1s, EASY }
""".replace("EASY", EASY) + UNJUDGED
        with House(canary) as h:
            for version in ("v1", "v2", "v3"):
                h.release(version)
            h.deploy("v1")
            load = h.load(rate=200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("the judge", lambda: any(s["verb"] == "judge" and s["state"] == "running" for s in h.live()["steps"]))
            before = h.live()
            h.write_config(BLUE_GREEN)
            self.assertEqual(h.run("check").returncode, 0)
            h.kill_agent()
            h.run("agent", "start")
            after = h.live()
            self.assertEqual((after["plan"], after["strategy"]), (before["plan"], "canary"))
            h.json("promote", "production")
            done = h.json("watch", "production")
            self.assertEqual((done["state"], done["plan"]), ("succeeded", before["plan"]))
            # The next one is planned by the new file.
            self.assertEqual(h.deploy("v3")["strategy"], "blue_green")
            self.assertEqual(load.stop()["failed"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
