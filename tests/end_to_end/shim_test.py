"""SIGKILL of the shims: of an instance, of the candidate, of the proxy."""

import os
import pathlib
import signal
import time
import unittest

from house import EASY, UNJUDGED, House, lives, poll

BLUE_GREEN = "blue_green_deployment: { monitor: 2s, keep_warm: 10m }" + UNJUDGED
CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 10, duration: 2s, EASY }
    - { name: half, traffic_percentage: 50, duration: 2s, EASY }
    - { name: final, traffic_percentage: 100, duration: 2s, EASY }
  rollback: { automatic: true }
""".replace("EASY", EASY) + UNJUDGED


def shim_of(house, pid):
    parent = house.parent(pid)
    assert os.readlink(f"/proc/{parent}/exe").endswith("slipway-shim"), parent
    return parent


def proxy_master(house):
    """The proxy's first process: the others are its children."""
    pids = house.haproxy_pids()
    return next(pid for pid in pids if house.parent(pid) not in pids)


class OfAnInstance(unittest.TestCase):
    def test_the_only_one_serves_on_under_another(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            [pid] = h.instances("v1")
            for _ in range(3):
                shim = h.guard_of(pid)
                os.kill(shim, signal.SIGKILL)
                poll("another shim", lambda: h.guard_of(pid) not in (None, shim))
            self.assertEqual(h.instances("v1"), [pid])
            self.assertEqual(h.status()["health"], "healthy")
            # It is stopped as any other, after its drain.
            h.deploy("v2")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)

    def test_while_the_agent_is_away_too(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            load = h.load(rate=200, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            [pid] = h.instances("v1")
            shim = h.guard_of(pid)
            h.kill_agent()
            os.kill(shim, signal.SIGKILL)
            h.run("agent", "start")
            poll("another shim", lambda: h.guard_of(pid) not in (None, shim))
            self.assertEqual(h.instances("v1"), [pid])
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            # What it guards is watched: its end is seen and mended.
            os.kill(pid, signal.SIGKILL)
            poll("a restart", lambda: h.instances("v1") not in ([], [pid]) and h.get() == (200, "v1"))

    def test_of_the_candidate_leaves_the_release_alone(self):
        with House(CANARY) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("the canary's share", lambda: h.live()["weights"].get("v2") == 1000)
            os.kill(h.guard_of(h.instances("v2")[0]), signal.SIGKILL)
            self.assertEqual(h.json("watch", "production")["state"], "succeeded")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


class OfTheProxy(unittest.TestCase):
    def test_it_gets_a_new_one_and_no_connection_is_refused(self):
        with House(CANARY.replace("2s", "10m")) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200, slow=2)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("the canary's share", lambda: h.live()["weights"].get("v2") == 1000)
            master = proxy_master(h)
            shim = shim_of(h, master)
            os.kill(shim, signal.SIGKILL)

            def guarded():
                try:
                    new = proxy_master(h)
                    return new != master and shim_of(h, new)
                except (StopIteration, AssertionError, OSError):
                    return None

            if pathlib.Path("/proc/sys/kernel/yama/ptrace_scope").exists() and os.geteuid() != 0:
                self.skipTest("this user may not take another process's sockets over")
            poll("a shim of the proxy", guarded)
            poll("the old one's end", lambda: not lives(master))
            poll("the split", lambda: {h.get()[1] for _ in range(20)} == {"v1", "v2"})
            # It guards: the proxy is killed and comes back.
            os.kill(proxy_master(h), signal.SIGKILL)
            poll("the split", lambda: {h.try_get()[1] for _ in range(20)} == {"v1", "v2"})
            saw = load.stop()
            self.assertEqual(saw["refused"], 0, saw)
            # Only what was under way when the proxy itself was killed, never what came afterwards.
            self.assertLessEqual(saw["failed"], 25, saw)
            done = h.json("abort", "production", status=None)
            self.assertTrue(done["receipt"]["complete"], done["receipt"])

    def test_one_that_cannot_be_reached_and_then_ends_is_replaced(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            master = proxy_master(h)
            shim = shim_of(h, master)
            # As on a machine without a free processor: its door is closed, and it has not gone yet.
            pathlib.Path(f"/proc/{shim}/cwd/sock").unlink()
            time.sleep(3)  # poll: the agent looks each second
            os.kill(shim, signal.SIGKILL)
            poll("the old proxy's end", lambda: not lives(master))
            self.assertNotEqual(shim_of(h, proxy_master(h)), shim)

    def test_its_loss_alone_fails_nothing(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            master = proxy_master(h)
            os.kill(shim_of(h, master), signal.SIGKILL)
            h.deploy("v2")
            poll("the old proxy's end", lambda: not lives(master))
            self.assertEqual(h.get()[1], "v2")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


if __name__ == "__main__":
    unittest.main(verbosity=2)
