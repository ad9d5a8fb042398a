"""The container image of the agent: built by packaging/Dockerfile as it says itself, on a real engine, from a Debian root
that debootstrap made (SLIPWAY_ROOT, as install_test.py says) in place of the published base image; then run."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import engine
from house import BUILD, poll

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = os.environ.get("SLIPWAY_ROOT")


class OutsideEngine(engine.Engine):
    """In this machine's own network, for what a build fetches; its containers have none of it, and no rule of it is
    touched."""

    def spawn(self, log):
        return subprocess.Popen(
            [engine.DOCKERD, "--data-root", self.folder / "data", "--exec-root", self.folder / "exec", "--pidfile",
             self.folder / "pid", "-H", self.host, "--bridge=none", "--iptables=false", "--ip-forward=false"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)


@unittest.skipUnless(BASE and shutil.which("docker") and not engine.missing(), "no SLIPWAY_ROOT, no docker, or not root")
class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([str(ROOT / "script/package"), str(BUILD)], check=True, stdout=subprocess.DEVNULL)
        cls.engine = OutsideEngine().__enter__()
        cls.addClassCleanup(cls.engine.__exit__)
        tar = subprocess.Popen(["tar", "-C", BASE, "--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./dev/*", "-c", "."],
                               stdout=subprocess.PIPE)
        cls.docker("import", "-", "debian:12-slim", stdin=tar.stdout)
        tar.stdout.close()
        assert tar.wait() == 0
        cls.docker("build", "--network", "host", "-f", str(ROOT / "packaging/Dockerfile"), "-t", "slipway",
                   str(BUILD / "package"))

    @classmethod
    def docker(cls, *words, stdin=subprocess.DEVNULL, check=True):
        done = subprocess.run(["docker", "-H", cls.engine.host, *words], stdin=stdin, capture_output=True, text=True,
                              timeout=900, check=False, env={**os.environ, "DOCKER_BUILDKIT": "0"})
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(words)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def test_is_an_agent_that_is_healthy_and_ends_when_told(self):
        name = "agent"
        self.docker("run", "-d", "--network", "none", "--name", name, "slipway")
        try:
            poll("its health", lambda: self.docker("inspect", "-f", "{{.State.Health.Status}}", name).strip() == "healthy",
                 60, 0.5)
            self.assertEqual(self.docker("exec", name, "id", "-un").strip(), "slipway")
            status = json.loads(self.docker("exec", name, "slipway", "agent", "status", "--state", "/var/lib/slipway",
                                            "--output", "json"))
            self.assertEqual((status["pid"], status["state_dir"]), (1, "/var/lib/slipway"))
            self.docker("exec", name, "haproxy", "-v")
            self.docker("stop", "--time", "20", name)
            self.assertEqual(self.docker("inspect", "-f", "{{.State.ExitCode}}", name).strip(), "0",
                             self.docker("logs", name))
        finally:
            self.docker("rm", "-f", "-v", name)

    def test_is_a_command_line_too(self):
        self.assertRegex(self.docker("run", "--rm", "--network", "none", "slipway", "version"), r"^slipway \d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main(verbosity=2)
