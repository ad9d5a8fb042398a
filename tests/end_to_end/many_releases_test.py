"""Twenty releases of each strategy, one after another, under open-loop load; the strategies side by side."""

import unittest

from house import House
from many import Many, release_many


class Processes(Many, unittest.TestCase):
    def run_one(self, name):
        strategy, replicas = self.strategies[name]
        with House() as h:
            h.write_config(strategy, environment_extra=f"    replicas: {replicas}")

            def make(n):
                h.release(f"v{n}")
                return f"v{n}"

            return release_many(h, name, make)


if __name__ == "__main__":
    unittest.main(verbosity=2)
