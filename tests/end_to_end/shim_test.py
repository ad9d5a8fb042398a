"""SIGKILL of the shims: of an instance, of the candidate, of the proxy."""

import os
import pathlib
import signal
import unittest

from house import House, poll
from release_test import BLUE_GREEN, CANARY


def shim_of(house, pid):
    parent = house.parent(pid)
    assert os.readlink(f"/proc/{parent}/exe").endswith("slipway-shim"), parent
    return parent


def proxy_master(house):
    """The proxy's first process: the others are its children."""
    pids = house.haproxy_pids()
    return next(pid for pid in pids if house.parent(pid) not in pids)


class OfAnInstance(unittest.TestCase):
    def test_one_of_two_is_replaced_and_nobody_notices(self):
        with House() as h:
            h.write_config(BLUE_GREEN, environment_extra="    replicas: 2")
            h.release("v1")
            h.deploy("v1")
            load = h.load(rate=200, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            before = set(h.instances("v1"))
            os.kill(shim_of(h, min(before)), signal.SIGKILL)
            poll("its end", lambda: min(before) not in h.instances("v1"))
            poll("another", lambda: h.status()["instances"]["v1"]["ready"] == 2 and set(h.instances("v1")) != before)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            self.assertEqual(len(h.instances("v1")), 2)

    def test_the_only_one_is_back_at_once(self):
        with House(BLUE_GREEN) as h:
            h.release("v1")
            h.deploy("v1")
            load = h.load(rate=100, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            [before] = h.instances("v1")
            os.kill(shim_of(h, before), signal.SIGKILL)
            poll("another", lambda: h.instances("v1") not in ([], [before]) and h.get() == (200, "v1"))
            saw = load.stop()
            # What it had begun it finishes; until its successor is ready there is nobody to answer.
            self.assertEqual(saw["refused"] + saw["reset"] + saw["timed_out"], 0, saw)
            print(f"the only instance's shim killed: {saw['failed']} of {saw['sent']} were told 503", flush=True)

    def test_of_the_candidate_takes_the_release_back(self):
        with House(CANARY.replace("2s", "10m")) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("the canary's share", lambda: h.live()["weights"].get("v2") == 1000)
            os.kill(shim_of(h, h.instances("v2")[0]), signal.SIGKILL)
            done = h.json("watch", "production", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            self.assertEqual(h.instances("v2"), [])


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
            poll("the old one's end", lambda: not os.path.exists(f"/proc/{master}"))
            poll("the split", lambda: {h.get()[1] for _ in range(20)} == {"v1", "v2"})
            # It guards: the proxy is killed and comes back.
            os.kill(proxy_master(h), signal.SIGKILL)
            poll("an answer", lambda: h.get()[0] == 200)
            poll("the split", lambda: {h.get()[1] for _ in range(20)} == {"v1", "v2"})
            saw = load.stop()
            self.assertEqual(saw["refused"], 0, saw)
            # Only what was under way when the proxy itself was killed, never what came afterwards.
            self.assertLessEqual(saw["failed"], 25, saw)
            done = h.json("abort", "production", status=None)
            self.assertTrue(done["receipt"]["complete"], done["receipt"])

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
            poll("the old proxy's end", lambda: not os.path.exists(f"/proc/{master}"))
            self.assertEqual(h.get()[1], "v2")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


if __name__ == "__main__":
    unittest.main(verbosity=2)
