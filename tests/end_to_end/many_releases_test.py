"""Twenty releases of each strategy, one after another, under open-loop load; the strategies side by side."""

import concurrent.futures
import unittest

from crash import BLUE_GREEN, CANARY, ROLLING
from house import UNJUDGED, House, poll

RELEASES = 20
RECREATE = "deployment: { strategy: recreate }\nrecreate: { monitor: 1s }" + UNJUDGED
STRATEGIES = {"blue_green": (BLUE_GREEN, 1), "canary": (CANARY, 1), "rolling": (ROLLING, 2), "recreate": (RECREATE, 1)}


def release_many(name):
    """(what the load saw, what the receipts say) of twenty releases; raises when one did not go out."""
    strategy, replicas = STRATEGIES[name]
    with House() as h:
        h.write_config(strategy, environment_extra=f"    replicas: {replicas}")
        h.release("v0")
        h.deploy("v0")
        load = h.load(rate=150, slow=2)
        poll("traffic", lambda: h.get()[0] == 200)
        receipts = []
        for n in range(1, RELEASES + 1):
            h.release(f"v{n}")
            done = h.deploy(f"v{n}")
            assert (done["state"], done["to"], done["strategy"]) == ("succeeded", f"v{n}", name), done
            assert h.status()["version"] == f"v{n}", h.status()
            receipts.append(done["receipt"])
        saw = load.stop()
        assert h.get() == (200, f"v{RELEASES}")
        errors = [line for line in h.log_lines() if line["level"] == "error"]
        assert not errors, errors
        return saw, receipts


class Many(unittest.TestCase):
    def test_twenty_of_each_strategy(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = {name: pool.submit(release_many, name) for name in STRATEGIES}
        for name, run in runs.items():
            with self.subTest(name):
                saw, receipts = run.result()
                failed = sum(r["failed"] for r in receipts)
                print(f"{name}: {RELEASES} releases, {sum(r['requests'] for r in receipts)} requests while they ran, "
                      f"{failed} of them failed; {saw['failed']} of all {saw['sent']}; longest gap "
                      f"{saw['longest_gap_ms']:.0f} ms", flush=True)
                for receipt in receipts:
                    self.assertTrue(receipt["complete"], receipt)
                    self.assertEqual(receipt["rows_lost"], 0, receipt)
                # Every failure was in a deployment's gap, was answered, and stands in its receipt.
                self.assertEqual(saw["refused"] + saw["reset"] + saw["timed_out"], 0, saw)
                self.assertEqual(failed, saw["failed"], saw)
                if name == "recreate":
                    self.assertGreater(failed, 0)
                else:
                    self.assertEqual(failed, 0, saw)


if __name__ == "__main__":
    unittest.main(verbosity=2)
