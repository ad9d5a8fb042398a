"""Containers on a real engine behind a real HAProxy: every strategy under load, bad images taken back, the agent killed
and the engine restarted in the middle."""

import os
import shutil
import sys
import tempfile
import unittest

import engine
from certificates import certify
from contained import PATIENT, BadImages, Midway, Port, Releases, begin, end
from house import poll
from registry import Registry
from strategies import BLUE_GREEN, RECREATE

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
    def test_one_that_is_killed_and_nobody_says_why(self):
        """As an engine tells an end for memory that it has missed."""
        with Port(BLUE_GREEN, environment_extra="    resources: { memory: 64Mi }") as h:
            h.deploy("v1")
            [container] = h.instances("v1")
            running.call("POST", f"/containers/{container['Id']}/kill")
            poll("the reason", lambda: "killed, perhaps for memory, the limit is 64 MiB" in h.run("status").stdout)
            poll("another", lambda: h.status()["instances"]["v1"]["ready"] == 1, 30)


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
            certify(other)
            with Port(BLUE_GREEN, host=running.tls_host, settings=f", tls: {other}") as h:
                refused = h.run("deploy", h.environment, "--version", "v1")
                self.assertEqual(refused.returncode, 2, refused.stdout)
                self.assertIn("cannot be reached", refused.stderr)


class Troubles(Midway, unittest.TestCase):
    def test_a_network_that_is_not_there_is_refused_before_anything_starts(self):
        with Port(BLUE_GREEN, settings=", network: nowhere") as h:
            refused = h.run("deploy", h.environment, "--version", "v1")
            self.assertEqual(refused.returncode, 2, refused.stdout)
            self.assertIn("docker network create nowhere", refused.stderr)

    def test_engine_restarted_in_the_middle_of_a_canary(self):
        """While it starts the engine makes its rules for published ports anew, and refuses meanwhile: the proxy tries
        for longer than that."""
        def restarted(_):
            running.stop()
            running.start()

        saw = self.in_the_middle_of_a_canary(restarted, health=PATIENT)
        print(f"engine restarted: {saw['failed']} of {saw['sent']} requests failed, {saw['error_5xx']} of them with a 5xx",
              flush=True)
        self.assertLess(saw["failed"], saw["sent"] / 50, saw)

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


DOCKERFILE = """FROM scratch AS base
COPY server /server
FROM base AS runtime
ARG NOTE
LABEL note=$NOTE
COPY . /all
ENTRYPOINT ["/server", "--anywhere", "1", "--port", "8080"]
FROM base AS broken
COPY not-there /
"""


class Builds(unittest.TestCase):
    def project(self, target="runtime", keep=""):
        build = f"  build: {{ target: {target}, args: {{ NOTE: \"of ${{version}}\" }}, context: app{keep} }}"
        h = Port(BLUE_GREEN.replace("keep_warm: 10m", "keep_warm: 0s"), service_extra=build, image="made")
        app = h.folder / "app"
        app.mkdir()
        shutil.copy(engine.SERVICE, app / "server")
        (app / "Dockerfile").write_text(DOCKERFILE)
        (app / ".dockerignore").write_text("*.log\n")
        (app / "large.log").write_text("x")
        return h

    def build(self, h, version):
        """Another content each time."""
        (h.folder / "app" / "content").write_text(version)
        return h.json("build", "--version", version)

    def test_an_image_is_built_and_released(self):
        with self.project() as h:
            made = self.build(h, "b1")
            self.assertEqual(made["image"], "made:b1")
            known = running.call("GET", "/images/made:b1/json")
            self.assertEqual(known["Id"], made["digest"])
            self.assertEqual(known["Config"]["Labels"]["note"], "of b1")
            self.assertEqual(h.deploy("b1")["digest"], made["digest"])
            said = h.run("build", "--version", "b2")
            self.assertIn("Step 1/", said.stderr)
            self.assertIn("made:b2 is sha256:", said.stdout)

    def test_what_fails_in_a_good_stream_is_a_failure(self):
        with self.project(target="broken") as h:
            said = h.run("build", "--version", "b1")
            self.assertEqual(said.returncode, 2, said.stdout)
            self.assertIn("Build failed at: image", said.stderr)
            self.assertIn("not-there", said.stderr)

    def test_older_images_go_but_for_those_that_a_release_needs(self):
        with self.project(keep=", keep: 2") as h:
            self.build(h, "k0")
            self.assertIn("older images are kept: no agent", h.run("build", "--version", "k0").stderr)
            for n in range(1, 5):
                self.build(h, f"k{n}")
                if n <= 2:
                    h.deploy(f"k{n}")
                if n == 1:
                    h.load(rate=50)
            there = {tag for i in running.call("GET", "/images/json") for tag in i["RepoTags"] or []
                     if tag.startswith("made:k")}
            # k1 is what a rollback goes to, k2 is live, k3 and k4 are the newest.
            self.assertEqual(there, {"made:k1", "made:k2", "made:k3", "made:k4"})
            back = h.json("rollback", h.environment)
            self.assertEqual((back["state"], back["to"]), ("succeeded", "k1"))


class FromARegistry(unittest.TestCase):
    def test_a_release_is_its_digest_whatever_the_tag_says_later(self):
        with Registry(names=None, tls=False) as registry:
            digests = {v: registry.push(running, f"web:{v}", f"web:{v}") for v in ("v1", "v2")}
            with Port(BLUE_GREEN.replace("keep_warm: 10m", "keep_warm: 0s"), image=f"{registry.host}/web") as h:
                self.assertEqual(h.deploy("v1")["digest"], digests["v1"])
                load = h.load(rate=100)
                self.assertEqual(h.deploy("v2")["digest"], digests["v2"])
                poll("v1 to go", lambda: not running.containers("v1"))
                # The tag of v1 means something else now: the way back is the digest that was there.
                registry.push(running, "web:v3", "web:v1")
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
