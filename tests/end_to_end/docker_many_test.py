"""Twenty releases of containers by each strategy under load: by themselves, as services of a swarm, and as tasks of one
service that the swarm rolls; and an engine that is restarted in the middle of some."""

import sys
import unittest

import engine
from contained import PATIENT, Port, begin, end
from house import poll
from many import Many, release_many
from strategies import LONG_CANARY, ROLLING

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])


def make(n):
    """Another version of the same content as the one before the last."""
    Port.running.tag("web:v3" if n % 2 == 0 else "web:v2", f"r{n}")
    return f"r{n}"


class ManyContained(Many):
    settings = ""

    def run_one(self, name):
        strategy, replicas = self.strategies[name]
        with Port(strategy, environment_extra=f"    replicas: {replicas}", settings=self.settings) as h:
            return release_many(h, name, make, rate=100)


class Containers(ManyContained, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin("docker")

    @classmethod
    def tearDownClass(cls):
        end()

    def test_an_engine_restarted_in_the_middle_of_each_of_five_canaries(self):
        """Every release goes on, and the proxy tries for longer than the engine needs to make its rules anew."""
        with Port(LONG_CANARY, health=PATIENT) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            for n in range(5):
                Port.running.tag("web:v2" if n % 2 == 0 else "web:v3", f"s{n}")
                h.json("deploy", h.environment, "--version", f"s{n}", "--no-wait")
                poll("the first stage", lambda: (h.live() or {}).get("stage"))
                Port.running.stop()
                Port.running.start()
                done = h.json("watch", h.environment)
                self.assertEqual(done["state"], "succeeded", done)
            saw = load.stop()
            print(f"engine restarted five times: {saw['failed']} of {saw['sent']} requests failed, longest gap "
                  f"{saw['longest_gap_ms']:.0f} ms", flush=True)
            self.assertLess(saw["failed"], saw["sent"] / 50, saw)


class Services(ManyContained, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin("swarm", swarm=True)

    @classmethod
    def tearDownClass(cls):
        end()


class TasksOfOneService(ManyContained, unittest.TestCase):
    """Two at a time of three, then one: each release is two updates of the service."""

    settings = ", rolling: swarm"
    strategies = {"rolling": (ROLLING.replace("maxSurge: 1", "maxSurge: 2"), 3)}

    @classmethod
    def setUpClass(cls):
        begin("swarm", swarm=True)

    @classmethod
    def tearDownClass(cls):
        end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
