"""kill -9 of the agent at every record that carries commands or changes a phase: before its commands are given, after
they were, and when the first is done and not recorded."""

import unittest

from crash import crash_at, every_point


class Killed(unittest.TestCase):
    maxDiff = None

    def test_at_every_record_it_comes_to_the_same_end(self):
        wrong, tried = crash_at(every_point, workers=5)
        self.assertEqual("\n".join(wrong), "")
        self.assertGreater(tried, 100)


if __name__ == "__main__":
    unittest.main(verbosity=2)
