"""kill -9 of the agent at twelve sampled records of a canary, a blue-green and a rolling deployment."""

import unittest

from crash import crash_at, every_point

EACH = 4


def sample(strategy, calm):
    points = every_point(strategy, calm)
    return [points[len(points) * i // EACH + len(strategy) % 3] for i in range(EACH)]


class Killed(unittest.TestCase):
    maxDiff = None

    def test_at_sampled_records_it_comes_to_the_same_end(self):
        wrong, tried = crash_at(sample, workers=5)
        self.assertEqual("\n".join(wrong), "")
        self.assertEqual(tried, 12)


if __name__ == "__main__":
    unittest.main(verbosity=2)
