"""The Debian package on a Debian that has nothing else: installed with its dependencies by apt into a copy of a root
that debootstrap made, used, looked at by systemd, purged. SLIPWAY_ROOT names that root (debootstrap --variant=minbase
bookworm, apt able to fetch packages); without it, or without root's rights, this is skipped."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from house import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = os.environ.get("SLIPWAY_ROOT")
PROJECT = """service:
  name: web
  run: ["./releases/${version}/server", "--port", "${port}", "--version", "${version}"]
  health: { path: /up, interval: 200ms, timeout: 1s }
environments:
  production: { listen: 127.0.0.1:18080 }
blue_green_deployment: { monitor: 0s }
analysis: { defaults: off, warmup: 0s }
"""


@unittest.skipUnless(BASE and os.geteuid() == 0, "no SLIPWAY_ROOT, or not root")
class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = subprocess.run([str(ROOT / "script/package"), str(BUILD)], capture_output=True, text=True, check=False)
        if made.returncode:
            raise AssertionError(made.stdout + made.stderr)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-root-"))
        cls.root = cls.folder / "root"
        subprocess.run(["cp", "-a", BASE, str(cls.root)], check=True)
        shutil.copy(made.stdout.strip().splitlines()[-1], cls.root / "slipway.deb")
        cls.apt("install", "-y", "/slipway.deb", "systemd", "man-db", "bash-completion")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def inside(cls, *words, check=True):
        """In processes, mounts and a network of its own: what it starts ends with it."""
        done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={cls.root}/proc",
                               "chroot", str(cls.root), "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                               "LC_ALL=C.UTF-8", *words], capture_output=True, text=True, timeout=300, check=False,
                              stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise AssertionError(f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    @classmethod
    def apt(cls, *words):
        (cls.root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (cls.root / "usr/sbin/policy-rc.d").chmod(0o755)
        return cls.inside("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "--no-install-recommends", *words)

    def test_1_is_there_for_who_types_it(self):
        self.assertRegex(self.inside("slipway", "version").stdout, r"^slipway \d+\.\d+\.\d+")
        self.assertIn("slipway-deploy", self.inside("man", "-P", "cat", "slipway").stdout)
        self.assertIn("--strategy", self.inside("man", "-P", "cat", "slipway-deploy").stdout)
        completed = self.inside("bash", "-c", """. /usr/share/bash-completion/bash_completion
            . /usr/share/bash-completion/completions/slipway
            how=$(complete -p slipway); how=${how##*-F }
            COMP_WORDS=(slipway dep) COMP_CWORD=1 COMP_LINE='slipway dep' COMP_POINT=11
            ${how%% *} slipway dep slipway; echo "${COMPREPLY[@]}\"""").stdout
        self.assertIn("deploy", completed.split())
        self.assertIn("slipway:", (self.root / "etc/passwd").read_text())

    def test_2_releases(self):
        project = self.root / "srv" / "shop"
        (project / "releases" / "v1").mkdir(parents=True)
        shutil.copy(BUILD / "contained-service", project / "releases" / "v1" / "server")
        (project / "slipway.yaml").write_text(PROJECT)
        done = self.inside("sh", "-c", "ip link set lo up 2>/dev/null; cd /srv/shop && slipway deploy production v1 && "
                           "slipway status && slipway agent stop --all --yes")
        self.assertIn("v1", done.stdout)
        self.assertIn("succeeded", done.stdout)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_3_systemd_takes_its_unit(self):
        verified = subprocess.run(["systemd-analyze", f"--root={self.root}", "--man=no", "verify", "slipway.service"],
                                  capture_output=True, text=True, check=False)
        mine = [line for line in (verified.stdout + verified.stderr).splitlines() if "slipway" in line]
        self.assertEqual((verified.returncode, mine), (0, []))
        judged = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--root={self.root}", "--no-pager",
                                 "slipway.service"], capture_output=True, text=True, check=False)
        level = re.search(r"Overall exposure level for slipway.service: ([\d.]+) (\w+)", judged.stdout)
        self.assertIsNotNone(level, judged.stdout + judged.stderr)
        print("exposure by systemd-analyze security:", level[1], level[2])
        self.assertLess(float(level[1]), 5.0, judged.stdout)

    def test_4_a_purge_leaves_nothing(self):
        (self.root / "var/lib/slipway").mkdir(exist_ok=True)
        self.apt("purge", "-y", "slipway")
        left = [str(p) for p in self.root.rglob("*slipway*") if "proc" not in p.parts and p.name != "slipway.deb"
                and not str(p).startswith((f"{self.root}/srv", f"{self.root}/root", f"{self.root}/var/log",
                                           f"{self.root}/var/cache", f"{self.root}/tmp"))]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
