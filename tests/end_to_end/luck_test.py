"""Bad luck: the agent, the proxy and shims are killed; nothing that users see fails by it."""

import contextlib
import os
import signal
import subprocess
import unittest

from house import EASY, UNJUDGED, House, SLIPWAY, poll

BLUE_GREEN = "blue_green_deployment: { monitor: 2s, keep_warm: 10m }" + UNJUDGED
CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 10, duration: 2s, EASY }
    - { name: half, traffic_percentage: 50, duration: 2s, EASY }
    - { name: final, traffic_percentage: 100, duration: 2s, EASY }
  rollback: { automatic: true }
""".replace("EASY", EASY) + UNJUDGED


def stage_of(house):
    """Number of the stage that the live deployment is in; 0 before the first, 9 when it has ended."""
    live = house.live()
    return 9 if live is None else (live["stage"] or {"n": 0})["n"]


class Killed(unittest.TestCase):
    def test_agent_killed_in_a_canary_goes_on(self):
        with House(CANARY) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            for stage in (1, 2):
                poll(f"stage {stage}", lambda: stage_of(h) >= stage)
                h.kill_agent()
                self.assertEqual(h.get()[0], 200)
            h.run("agent", "start")
            done = h.json("watch", "production")
            self.assertEqual(done["state"], "succeeded", done)
            self.assertEqual(h.get()[1], "v2")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)

    def test_proxy_killed_under_load_is_back_with_its_split(self):
        long = CANARY.replace("2s", "10m")
        with House(long) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            load = h.load(rate=200)
            poll("the canary's share", lambda: h.live()["weights"].get("v2") == 1000)
            for pid in h.haproxy_pids():
                with contextlib.suppress(ProcessLookupError):  # a worker goes with its master
                    os.kill(pid, signal.SIGKILL)
            self.assertEqual(poll("an answer", lambda: h.try_get()[0]), 200)
            poll("the split", lambda: "v2" in {h.try_get()[1] for _ in range(20)})
            saw = load.stop()
            self.assertEqual(saw["refused"], 0, saw)
            h.json("abort", "production", status=None)

    def test_instance_of_the_candidate_dies(self):
        with House(BLUE_GREEN.replace("2s", "10m")) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("the switch", lambda: h.live()["weights"].get("v2") == 10000)
            for pid in h.instances("v2"):
                os.kill(pid, signal.SIGKILL)
            done = h.json("watch", "production", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            self.assertEqual(h.get()[1], "v1")
            # An answer that had begun when its process was killed cannot be given again; every other one is.
            saw = load.stop()
            self.assertEqual(saw["failed"] - saw["torn"], 0, saw)

    def test_serving_instance_that_crashes_comes_back(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            for pid in h.instances("v1"):
                os.kill(pid, signal.SIGKILL)
            poll("a restart", lambda: h.status()["health"] == "healthy" and h.get() == (200, "v1"))


class Stopped(unittest.TestCase):
    def test_stop_all_ends_instances_and_proxy(self):
        with House(BLUE_GREEN) as h:
            h.write_config(BLUE_GREEN, environment_extra="    replicas: 2")
            h.release("v1")
            h.deploy("v1")
            self.assertEqual(h.run("agent", "stop", "--all", "--yes").returncode, 0)
            left = subprocess.run(["pgrep", "-f", str(h.folder)], capture_output=True, text=True)
            self.assertEqual(left.stdout, "")
            self.assertEqual(h.haproxy_pids(), [])

    def test_stop_all_ends_what_a_stopped_agent_left_serving(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            self.assertEqual(h.run("agent", "stop").returncode, 0)
            self.assertEqual(h.get(), (200, "v1"))
            self.assertEqual(h.run("agent", "stop", "--all", "--yes").returncode, 0)
            self.assertEqual((h.processes(), h.haproxy_pids()), ([], []))
            again = h.run("agent", "stop", "--all", "--yes")
            self.assertEqual(again.returncode, 0, again.stderr)


class Refused(unittest.TestCase):
    def test_second_agent_on_one_folder(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            second = subprocess.run([SLIPWAY, "agent", "run"], cwd=h.folder, env=h.env, capture_output=True,
                                    text=True, timeout=20)
            self.assertEqual(second.returncode, 3, second.stderr)
            self.assertIn("agent", second.stderr)

    def test_mistakes_have_a_place_and_change_nothing(self):
        with House(CANARY.replace("traffic_percentage: 10", "traffic_percentage: 500")) as h:
            h.release("v1")
            done = h.run("deploy", "production", "--version", "v1")
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"slipway\.yaml:\d+:\d+: error: `traffic_percentage` must be between 0 and 100")

    def test_listen_address_in_use(self):
        import socket
        with House(BLUE_GREEN) as h, socket.socket() as taken:
            taken.bind(("127.0.0.1", h.port))
            taken.listen()
            h.release("v1")
            done = h.run("deploy", "production", "--version", "v1")
            self.assertIn(done.returncode, (1, 2))
            self.assertIn("in use", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
