"""Disks that are full or cannot be written: no new deployments, live ones hold, a fail verdict still rolls back."""

import contextlib
import subprocess
import unittest

from house import House, poll

CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 50, duration: 10m, success_criteria: { error_rate: "< 1%" } }
  rollback: { automatic: true }
"""


@contextlib.contextmanager
def small_disk(house, megabytes):
    state = house.folder / ".slipway"
    state.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "slipway-test", str(state)]
    if subprocess.run(["mount", *options], capture_output=True).returncode != 0:
        raise unittest.SkipTest("a small disk cannot be mounted here: it takes a privileged user")
    try:
        yield state
    finally:
        house.run("agent", "stop", "--all", "--yes")
        house.kill_leftovers()
        subprocess.run(["umount", "-l", str(state)], check=True)


def fill(folder):
    """Takes every block of the disk that is left, and keeps on taking what is given back."""
    with open(folder / "filler", "ab", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)


class Full(unittest.TestCase):
    def test_full_at_an_append(self):
        with House(CANARY) as h, small_disk(h, 64) as disk:
            h.release("v1")
            h.release("v2", "--errors", "30")
            h.release("v3")
            h.deploy("v1")
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("the judge", lambda: any(s["verb"] == "judge" and s["state"] == "running" for s in h.live()["steps"]),
                 40)
            self.assertTrue((disk / "ballast").exists())
            fill(disk)

            def gave_up_the_ballast():
                h.run("pause", "production")
                h.run("resume", "production")
                return not (disk / "ballast").exists()

            poll("an append that finds no room", gave_up_the_ballast, 60)
            poll("what status says", lambda: any(t["code"] == "disk_critical" for t in h.status()["trouble"]))
            self.assertIsNotNone(h.live())  # it holds
            refused = h.run("deploy", "production", "--version", "v3", "--when-busy", "supersede")
            self.assertIn(refused.returncode, (2, 3), refused.stdout + refused.stderr)
            self.assertIn("is full: no new deployments", refused.stdout + refused.stderr)
            load = h.load(rate=200)
            done = h.json("watch", "production", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            self.assertEqual(h.get(), (200, "v1"))
            saw = load.stop()
            self.assertEqual(saw["failed"], saw["error_5xx"], saw)  # of v2 alone
            # There is room again: within half a minute releases are taken.
            (disk / "filler").unlink()
            poll("the end of it", lambda: not h.status()["trouble"], 60)
            self.assertEqual(h.json("deploy", "production", "--version", "v3", "--no-wait")["to"], "v3")


class Unwritable(unittest.TestCase):
    def test_a_state_folder_that_cannot_be_made_says_so(self):
        with House(CANARY) as h:
            h.release("v1")
            done = h.run("--state", "/proc/slipway-state", "deploy", "production", "--version", "v1")
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertIn("cannot make the folder /proc/slipway-state", done.stderr)
            self.assertIn("--state DIR", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
