"""Twenty releases of containers by each strategy under load, by themselves and as services of a swarm; and an engine that
is restarted in the middle of some."""

import concurrent.futures
import sys
import unittest

import engine
from contained import BLUE_GREEN, CANARY, LONG_CANARY, ROLLING, Port, begin, end
from house import poll

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])

RELEASES = 20
STRATEGIES = {"blue_green": (BLUE_GREEN, 1), "canary": (CANARY, 1), "rolling": (ROLLING, 2)}


def release_many(name):
    """What the load saw of twenty releases, and the receipts."""
    strategy, replicas = STRATEGIES[name]
    with Port(strategy, environment_extra=f"    replicas: {replicas}") as h:
        h.deploy("v1")
        load = h.load(rate=100, slow=2)
        poll("traffic", lambda: h.get()[0] == 200)
        receipts = []
        for n in range(RELEASES):
            version = f"r{n}"
            Port.running.tag("web:v2" if n % 2 == 0 else "web:v3", version)
            done = h.deploy(version)
            assert (done["state"], done["to"], done["strategy"]) == ("succeeded", version, name), done
            receipts.append(done["receipt"])
        saw = load.stop()
        errors = [line for line in h.log_lines() if line["level"] == "error"]
        assert not errors, errors
        return saw, receipts


class Many:
    def test_twenty_of_each_strategy(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = {name: pool.submit(release_many, name) for name in STRATEGIES}
        for name, run in runs.items():
            with self.subTest(name):
                saw, receipts = run.result()
                print(f"{Port.platform}, {name}: {RELEASES} releases, {saw['failed']} of {saw['sent']} requests failed, "
                      f"longest gap {saw['longest_gap_ms']:.0f} ms", flush=True)
                self.assertEqual(saw["failed"] + saw["torn"], 0, saw)
                for receipt in receipts:
                    self.assertTrue(receipt["complete"], receipt)
                    self.assertEqual(receipt["rows_lost"], 0, receipt)


class Containers(Many, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin("docker")

    @classmethod
    def tearDownClass(cls):
        end()

    def test_an_engine_restarted_in_the_middle_of_each_of_five_canaries(self):
        """Every release goes on; what fails is what the engine refuses while it makes its rules anew."""
        patient = "{ path: /up, interval: 1s, timeout: 1s, unhealthy_threshold: 10, start_timeout: 10s }"
        with Port(LONG_CANARY, health=patient) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            for n in range(5):
                Port.running.tag("web:v2" if n % 2 == 0 else "web:v3", f"s{n}")
                h.json("deploy", h.environment, "--version", f"s{n}", "--no-wait")
                stage = lambda: (h.live() or {}).get("stage")
                poll("the first stage", stage)
                Port.running.stop()
                Port.running.start()
                done = h.json("watch", h.environment)
                self.assertEqual(done["state"], "succeeded", done)
            saw = load.stop()
            print(f"engine restarted five times: {saw['failed']} of {saw['sent']} requests failed", flush=True)
            self.assertLess(saw["failed"], saw["sent"] / 10, saw)


class Services(Many, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin("swarm", swarm=True)

    @classmethod
    def tearDownClass(cls):
        end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
