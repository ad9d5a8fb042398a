"""Many releases one after another under open-loop load, on any platform: what users saw, and what the receipts say."""

import concurrent.futures

from house import poll
from strategies import RECREATE, STRATEGIES

RELEASES = 20


def release_many(house, name, make, rate=150):
    """(what the load saw, the receipts) of twenty releases by a strategy; `make(n)` gives the version of the next one."""
    house.deploy(make(0))
    load = house.load(rate=rate, slow=2)
    poll("traffic", lambda: house.get()[0] == 200)
    receipts = []
    for n in range(1, RELEASES + 1):
        version = make(n)
        done = house.deploy(version)
        assert (done["state"], done["to"], done["strategy"]) == ("succeeded", version, name), done
        assert house.status()["version"] == version, house.status()
        receipts.append(done["receipt"])
    saw = load.stop()
    errors = [line for line in house.log_lines() if line["level"] == "error"]
    assert not errors, errors
    return saw, receipts


class Many:
    """Mixed into a test that has `run_one(name)`."""

    strategies = {**STRATEGIES, "recreate": (RECREATE, 1)}

    def test_twenty_of_each_strategy(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = {name: pool.submit(self.run_one, name) for name in self.strategies}
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
                self.assertEqual(saw["refused"] + saw["reset"] + saw["timed_out"] + saw["torn"], 0, saw)
                self.assertEqual(failed, saw["failed"], saw)
                if name == "recreate":
                    self.assertGreater(failed, 0)
                else:
                    self.assertEqual(failed, 0, saw)
