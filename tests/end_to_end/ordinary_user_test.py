"""Everything works without root's rights, too: some releases once more as an ordinary user, from a folder of its own."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from house import BUILD

NOBODY = 65534
HERE = pathlib.Path(__file__).resolve().parent
CASES = ["release_test.Forward.test_blue_green", "release_test.Forward.test_rolling",
         "release_test.TakenBack.test_canary_with_errors", "release_test.TakenBack.test_exits_at_once_shows_its_last_words",
         "release_test.Verbs.test_rollback_goes_to_the_warm_release"]


@unittest.skipUnless(os.geteuid() == 0, "these tests run as an ordinary user already")
class OrdinaryUser(unittest.TestCase):
    def test_releases(self):
        with tempfile.TemporaryDirectory(prefix="slipway-user-") as folder:
            folder = pathlib.Path(folder)
            for part in ("build", "tests", "home"):
                (folder / part).mkdir()
            for program in ("slipway", "slipway-shim", "demo-service", "load"):
                shutil.copy2(BUILD / program, folder / "build")
            for module in HERE.glob("*.py"):
                shutil.copy2(module, folder / "tests")
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
            environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "TMPDIR": str(folder / "home"),
                           "SLIPWAY_BUILD": str(folder / "build"), "PYTHONDONTWRITEBYTECODE": "1"}
            done = subprocess.run([self.python(), "-m", "unittest", "-v", *CASES], cwd=folder / "tests", env=environment,
                                  user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
                                  timeout=500)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn(f"Ran {len(CASES)} tests", done.stderr)
            self.assertNotIn("skipped", done.stderr)

    @staticmethod
    def python():
        """One that others than root may run."""
        for program in ("/usr/bin/python3", sys.executable):
            tried = subprocess.run([program, "-c", ""], user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
                                   capture_output=True) if os.path.exists(program) else None
            if tried is not None and tried.returncode == 0:
                return program
        raise unittest.SkipTest("no python3 that an ordinary user may run")


if __name__ == "__main__":
    unittest.main()
