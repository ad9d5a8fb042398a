"""Containers on a real engine behind a real HAProxy: every strategy under load, bad images taken back, the agent killed
and the engine restarted in the middle."""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

import engine
from contained import BLUE_GREEN, RECREATE, BadImages, Midway, Port, Releases, begin, end
from house import free_port, poll

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])

running = None  # the engine that all tests share


def setUpModule():
    global running
    running = begin("docker", tls=True)


def tearDownModule():
    end()


class Strategies(Releases, unittest.TestCase):
    def test_recreate(self):
        with Port(RECREATE) as h:
            h.deploy("v1")
            load = h.load(rate=50)
            done = h.deploy("v2")
            self.assertEqual(done["state"], "succeeded", done)
            self.assertEqual(h.get()[1], "v2")
            self.assertEqual(running.containers("v1"), [])
            self.assertGreater(load.stop()["sent"], 0)

    def test_from_processes_to_containers(self):
        """The platform of an environment may change from one release to the next, under load."""
        with Port(BLUE_GREEN) as h:
            contained = (h.folder / "slipway.yaml").read_text()
            h.write_config(BLUE_GREEN)
            h.release("v1")
            h.deploy("v1")
            load = h.load(rate=150)
            (h.folder / "slipway.yaml").write_text(contained)
            done = h.deploy("v2")
            self.assertEqual(done["state"], "succeeded", done)
            self.assertEqual(len(h.instances("v2")), 1)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


class BadImagesOfContainers(BadImages, unittest.TestCase):
    def test_one_for_another_processor_is_refused(self):
        running.disguise("web:v2", "web:foreign", "arm64")
        self.taken_back("foreign", 2, word="it is built for arm64")


class OverTls(unittest.TestCase):
    def test_an_engine_that_knows_its_clients(self):
        with Port(BLUE_GREEN, host=running.tls_host, settings=f", tls: {running.certificates}") as h:
            h.deploy("v1")
            load = h.load(rate=100)
            done = h.deploy("v2")
            self.assertEqual((done["state"], h.get()[1]), ("succeeded", "v2"))
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)

    def test_a_client_that_it_does_not_know_is_refused_before_anything_starts(self):
        with tempfile.TemporaryDirectory() as other:
            engine.certify(other)
            with Port(BLUE_GREEN, host=running.tls_host, settings=f", tls: {other}") as h:
                refused = h.run("deploy", h.environment, "--version", "v1")
                self.assertEqual(refused.returncode, 2, refused.stdout)
                self.assertIn("cannot be reached", refused.stderr)


class Troubles(Midway, unittest.TestCase):
    def test_engine_restarted_in_the_middle_of_a_canary(self):
        """While it starts the engine makes its rules for published ports anew, and refuses meanwhile: what it fails
        is not ours, but the release goes on."""
        def restarted(_):
            running.stop()
            running.start()

        saw = self.in_the_middle_of_a_canary(
            restarted, health="{ path: /up, interval: 1s, timeout: 1s, unhealthy_threshold: 10, start_timeout: 10s }")
        self.assertLess(saw["failed"], saw["sent"] / 4, saw)

    def test_secrets_are_files_and_limits_are_set(self):
        with Port(BLUE_GREEN, service_extra="  secrets: [TOKEN]\n  env: { COLOUR: red }", health="",
                  settings=", read_only: true, user: \"1000:1000\", restart: on_failure",
                  environment_extra="    resources: { cpu: 500m, memory: 64Mi }") as h:
            h.env["TOKEN"] = "hush-hush"
            h.deploy("v1")
            container = running.call("GET", f"/containers/{h.instances('v1')[0]['Id']}/json")
            self.assertNotIn("hush-hush", str(container))
            self.assertIn("TOKEN_FILE=/run/secrets/TOKEN", container["Config"]["Env"])
            self.assertIn("COLOUR=red", container["Config"]["Env"])
            host = container["HostConfig"]
            self.assertEqual((host["Memory"], host["NanoCpus"]), (64 << 20, 500_000_000))
            self.assertTrue(host["ReadonlyRootfs"])
            self.assertEqual(host["RestartPolicy"]["Name"], "on-failure")
            self.assertEqual(container["Config"]["User"], "1000:1000")
            source = [m["Source"] for m in container["Mounts"] if m["Destination"] == "/run/secrets"][0]
            with open(os.path.join(source, "TOKEN")) as file:
                self.assertEqual(file.read(), "hush-hush")
            h.run("agent", "stop", "--all", "--yes")
            self.assertFalse(os.path.exists(source))
            self.assertEqual(running.containers("v1"), [])


class Registry:
    """Debian's registry on loopback, its images in a temporary folder."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="slipway-registry-")
        self.port = free_port()
        config = pathlib.Path(self.folder.name) / "config.yml"
        config.write_text(f"""version: 0.1
storage: {{ filesystem: {{ rootdirectory: {self.folder.name}/data }} }}
http: {{ addr: "127.0.0.1:{self.port}" }}
""")
        self.process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        poll("the registry", self.answers)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.folder.cleanup()

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def push(self, image, name):
        """Into the registry, and away from the engine; answers its digest there."""
        repository, _, tag = name.rpartition(":")
        running.call("POST", f"/images/{image}/tag?repo={repository}&tag={tag}")
        said = running.call("POST", f"/images/{repository}/push?tag={tag}", parse=False,
                            headers={"X-Registry-Auth": "e30="}).decode()
        if '"error"' in said:
            raise AssertionError(said)
        digest = running.call("GET", f"/images/{name}/json")["RepoDigests"][0].partition("@")[2]
        running.call("DELETE", f"/images/{name}")
        return digest


class FromARegistry(unittest.TestCase):
    def test_a_release_is_its_digest_whatever_the_tag_says_later(self):
        with Registry() as registry:
            name = f"127.0.0.1:{registry.port}/web"
            digests = {v: registry.push(f"web:{v}", f"{name}:{v}") for v in ("v1", "v2")}
            with Port(BLUE_GREEN.replace("keep_warm: 10m", "keep_warm: 0s"), image=name) as h:
                self.assertEqual(h.deploy("v1")["digest"], digests["v1"])
                load = h.load(rate=100)
                self.assertEqual(h.deploy("v2")["digest"], digests["v2"])
                poll("v1 to go", lambda: not running.containers("v1"))
                # The tag of v1 means something else now: the way back is the digest that was there.
                registry.push("web:v3", f"{name}:v1")
                back = h.json("rollback", h.environment)
                self.assertEqual(back["state"], "succeeded", back)
                self.assertEqual((back["digest"], h.get()[1]), (digests["v1"], "v1"))
                h.json("rollback", h.environment)
                again = h.deploy("v1")
                self.assertEqual((again["digest"], h.get()[1]), (digests["v1"], "v1"))
                self.assertIn("tag_moved", [w["code"] for w in again["warnings"]])
                saw = load.stop()
                self.assertEqual(saw["failed"], 0, saw)


if __name__ == "__main__":
    unittest.main()
