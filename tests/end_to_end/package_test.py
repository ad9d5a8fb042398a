"""The Debian package: built, unpacked and looked at as a packager would; the unit and the manual pages; what the unpacked
program does."""

import gzip
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from house import BUILD, SLIPWAY, House

ROOT = pathlib.Path(__file__).resolve().parents[2]


def said(*words, **settings):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, **settings)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="slipway-package-")
        made = said(str(ROOT / "script/package"), str(BUILD), timeout=300)
        if made.returncode != 0:
            raise AssertionError(made.stdout + made.stderr)
        cls.package = made.stdout.strip().splitlines()[-1]
        cls.tree = pathlib.Path(cls.folder.name) / "tree"
        cls.control = pathlib.Path(cls.folder.name) / "control"
        for words in (["-x", cls.package, str(cls.tree)], ["-e", cls.package, str(cls.control)]):
            subprocess.run(["dpkg-deb", *words], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_holds_what_belongs_to_it(self):
        for path in ("usr/bin/slipway", "usr/lib/slipway/slipway-shim", "usr/lib/systemd/system/slipway.service",
                     "usr/lib/sysusers.d/slipway.conf", "etc/default/slipway", "usr/share/man/man1/slipway.1.gz",
                     "usr/share/man/man1/slipway-deploy.1.gz", "usr/share/bash-completion/completions/slipway",
                     "usr/share/zsh/vendor-completions/_slipway", "usr/share/fish/vendor_completions.d/slipway.fish",
                     "usr/share/slipway/prometheus/slipway.rules.yml", "usr/share/slipway/grafana/slipway.json",
                     "usr/share/doc/slipway/copyright", "usr/share/doc/slipway/changelog.gz"):
            self.assertTrue((self.tree / path).is_file(), path)

    def test_control_is_in_order(self):
        fields = (self.control / "control").read_text()
        for name in ("Package: slipway", "Section: admin", "Architecture:", "Maintainer:", "Installed-Size:"):
            self.assertIn(name, fields)
        depends = re.search(r"^Depends: (.*)$", fields, re.M)[1]
        for package in ("haproxy (>= 2.6)", "libcurl4", "libc6 (>=", "libsqlite3-0", "libprometheus-cpp-core"):
            self.assertIn(package, depends)
        self.assertEqual((self.control / "conffiles").read_text(), "/etc/default/slipway\n")
        for script in ("postinst", "prerm", "postrm"):
            self.assertEqual(said("sh", "-n", str(self.control / script)).returncode, 0)
            self.assertEqual(stat.S_IMODE((self.control / script).stat().st_mode), 0o755)
        for line in (self.control / "md5sums").read_text().splitlines():
            self.assertTrue((self.tree / line.split(None, 1)[1]).is_file(), line)

    def test_modes_and_owners_are_usual(self):
        listed = said("dpkg-deb", "-c", self.package).stdout.splitlines()
        for line in listed:
            mode, owner = line.split()[:2]
            self.assertEqual(owner, "root/root", line)
            program = re.search(r"/(bin|lib/slipway)/slipway[^/]*$", line)
            self.assertEqual(mode[1:], "rwxr-xr-x" if mode[0] == "d" or program else "rw-r--r--", line)

    def test_programs_carry_neither_symbols_nor_paths_of_their_build(self):
        for path in ("usr/bin/slipway", "usr/lib/slipway/slipway-shim"):
            self.assertNotIn(".symtab", said("readelf", "-S", "-W", str(self.tree / path)).stdout)
            self.assertNotIn(str(ROOT).encode(), (self.tree / path).read_bytes())

    @unittest.skipUnless(shutil.which("man"), "no man")
    def test_manual_pages_render_without_a_warning(self):
        pages = sorted((self.tree / "usr/share/man/man1").iterdir())
        self.assertGreater(len(pages), 20)
        for page in pages:
            done = said("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page),
                        env={**os.environ, "MANROFFSEQ": "", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)
            # Without its day: the same sources give the same bytes.
            self.assertEqual(gzip.decompress(page.read_bytes())[:3], b".TH")
            self.assertEqual(page.read_bytes()[4:8], b"\0\0\0\0", page.name)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd")
    def test_units_pass_systemds_check(self):
        with House("blue_green_deployment: { monitor: 1s }") as h:
            into = h.folder / "image"
            h.run("agent", "install", "--into", str(into))
            done = h.run("agent", "install", "--user", "--into", str(into), "--listen", "127.0.0.1:7411",
                         env={"XDG_CONFIG_HOME": "/home/ana/.config"})
            self.assertEqual(done.returncode, 0, done.stderr)
            units = sorted(into.rglob("*.service"))
            self.assertEqual(len(units), 2, units)
            for unit in units:
                # The check wants man pages that are installed.
                unit.write_text(unit.read_text().replace("Documentation=man:slipway(1)\n", ""))
                done = said("systemd-analyze", "verify", *(["--user"] if "user" in str(unit) else []), str(unit),
                            env={**os.environ, "XDG_RUNTIME_DIR": str(h.folder)})
                mine = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
                self.assertEqual(mine, [])
            self.assertIn(f"{SLIPWAY} agent run --state {h.folder}/.slipway", units[0].read_text() + units[1].read_text())

    def test_unit_keeps_what_serves(self):
        unit = (self.tree / "usr/lib/systemd/system/slipway.service").read_text()
        self.assertIn("ExecStart=/usr/bin/slipway agent run --state /var/lib/slipway", unit)
        for line in ("KillMode=process", "RuntimeDirectoryPreserve=yes", "NoNewPrivileges=yes", "User=slipway"):
            self.assertIn(line + "\n", unit)
        self.assertNotIn("PrivateTmp=yes", unit)

    def test_the_unpacked_program_releases(self):
        with House("blue_green_deployment: { monitor: 0s }\nanalysis: { defaults: off, warmup: 0s }") as h:
            h.release("v1")
            program = str(self.tree / "usr/bin/slipway")
            runtime = h.folder / "runtime"
            runtime.mkdir()
            env = {**h.env, "RUNTIME_DIRECTORY": str(runtime), "SLIPWAY_INSTALLED_SOCKET": str(runtime / "agent.sock")}
            done = said(program, "deploy", "production", "--version", "v1", cwd=h.folder, env=env, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(h.get(), (200, "v1"))
            # From any folder: commands find the installed service by its socket.
            done = said(program, "status", cwd="/", env=env, timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("production", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
