"""Twenty releases of each strategy, one after another, under open-loop load."""

import unittest

from crash import BLUE_GREEN, CANARY, ROLLING
from house import House, poll

RELEASES = 20


class Many(unittest.TestCase):
    def releases(self, strategy, environment_extra="", failures=None):
        with House() as h:
            h.write_config(strategy, environment_extra=environment_extra)
            h.release("v0")
            h.deploy("v0")
            load = h.load(rate=150, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            stated = requests = 0
            for n in range(1, RELEASES + 1):
                h.release(f"v{n}")
                done = h.deploy(f"v{n}")
                self.assertEqual((done["state"], done["to"]), ("succeeded", f"v{n}"), done)
                receipt = done["receipt"]
                self.assertTrue(receipt["complete"], receipt)
                if failures is None:
                    self.assertEqual(receipt["failed"], 0, receipt)
                stated += receipt["failed"]
                requests += receipt["requests"]
                self.assertEqual(h.status()["version"], f"v{n}")
            saw = load.stop()
            self.assertEqual(h.get(), (200, f"v{RELEASES}"))
            self.assertEqual([line for line in h.log_lines() if line["level"] == "error"], [])
            print(f"{RELEASES} releases: {requests} requests while they ran, {saw['failed']} of {saw['sent']} failed, "
                  f"longest gap {saw['longest_gap_ms']:.0f} ms", flush=True)
            if failures is None:
                self.assertEqual(saw["failed"], 0, saw)
            else:
                failures(stated, saw)

    def test_blue_green(self):
        self.releases(BLUE_GREEN)

    def test_canary(self):
        self.releases(CANARY)

    def test_rolling(self):
        self.releases(ROLLING, "    replicas: 2")

    def test_recreate_states_its_downtime(self):
        def failures(stated, saw):
            # Nothing answers in its gap, and that is all that fails: the receipts say how many.
            self.assertGreater(saw["failed"], 0)
            self.assertEqual(saw["refused"] + saw["reset"] + saw["timed_out"], 0, saw)
            self.assertEqual(stated, saw["failed"])

        self.releases("deployment: { strategy: recreate }\nrecreate: { monitor: 1s }", failures=failures)


if __name__ == "__main__":
    unittest.main(verbosity=2)
