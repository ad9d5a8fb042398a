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
from house import EASY, UNJUDGED, House, free_port, poll

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])

CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 20, duration: 1s, EASY }
    - { name: final, traffic_percentage: 100, duration: 1s, EASY }
  rollback: { automatic: true }
""".replace("EASY", EASY) + UNJUDGED
LONG_CANARY = CANARY.replace("duration: 1s", "duration: 5s", 1)
BLUE_GREEN = "blue_green_deployment: { monitor: 1s, keep_warm: 10m }" + UNJUDGED
ROLLING = """
deployment: { strategy: rolling }
rolling_deployment: { maxSurge: 1, maxUnavailable: 0, monitor: 0s }
""" + UNJUDGED
RECREATE = """
deployment: { strategy: recreate }
recreate_deployment: { monitor: 1s }
""" + UNJUDGED

running = None  # the engine that all tests share


def setUpModule():
    global running
    if engine.missing():
        raise unittest.SkipTest(engine.missing())
    running = engine.Engine().__enter__()
    for version in ("v1", "v2", "v3"):
        running.image(f"web:{version}", "--version", version)


def tearDownModule():
    if running:
        running.__exit__()


class Port(House):
    """A project whose service is an image."""

    def __init__(self, strategy, environment_extra="", service_extra="", docker="", image="web",
                 health="{ path: /up, interval: 200ms, timeout: 1s, start_timeout: 10s }"):
        super().__init__()
        health = f"  health: {health}\n" if health else ""
        (self.folder / "slipway.yaml").write_text(f"""service:
  name: web
  image: {image}
  port: 8080
{health}  stop: {{ drain: 5s }}
{service_extra}
environments:
  {self.environment}:
    platform: docker
    docker: {{ host: "{running.host}"{docker} }}
    listen: 127.0.0.1:{self.port}
{environment_extra}
{strategy}
""")

    def instances(self, version):
        return running.containers(version, running=True)


class Strategies(unittest.TestCase):
    def releases(self, strategy, replicas, **more):
        """Each of three releases under load, and then back: nobody notices."""
        with Port(strategy, environment_extra=f"    replicas: {replicas}", **more) as h:
            h.deploy("v1")
            load = h.load(rate=150, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            for version in ("v2", "v3"):
                done = h.deploy(version)
                self.assertEqual(done["state"], "succeeded", done)
                self.assertEqual(done["receipt"]["failed"], 0, done["receipt"])
                self.assertTrue(done["digest"].startswith("sha256:"), done)
            self.assertEqual(len(h.instances("v3")), replicas)
            back = h.json("rollback", h.environment)
            self.assertEqual(back["state"], "succeeded", back)
            self.assertEqual(h.get()[1], "v2")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            return saw

    def test_blue_green(self):
        self.releases(BLUE_GREEN, 1)

    def test_canary(self):
        self.releases(CANARY, 1)

    def test_rolling(self):
        self.releases(ROLLING, 2)

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


class BadImages(unittest.TestCase):
    def taken_back(self, version, state, *, word, load_too=True, **more):
        with Port(BLUE_GREEN, **more) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            done = h.run("deploy", h.environment, "--version", version, "--output", "json")
            self.assertIn(word, done.stdout + done.stderr)
            self.assertEqual(done.returncode, state, done.stdout)
            self.assertEqual(h.get()[1], "v1")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            poll("nothing of it", lambda: not running.containers(version))

    def test_no_such_tag_is_refused(self):
        self.taken_back("v99", 2, word="there is no image web:v99")

    def test_one_that_exits_at_once(self):
        running.image("web:exits", command=["/server", "--port", "nonsense", "--exit", "3"])
        self.taken_back("exits", 1, word="exit")

    def test_one_that_is_never_well(self):
        running.image("web:unwell", "--version", "unwell", "--warm-up", "600000")
        self.taken_back("unwell", 1, word="503",
                        health="{ path: /up, interval: 200ms, timeout: 1s, start_timeout: 1s }")

    def test_one_that_is_killed_for_memory(self):
        running.image("web:hungry", "--version", "hungry", "--eat", "64")
        self.taken_back("hungry", 1, word="killed for memory",
                        environment_extra="    resources: { cpu: 500m, memory: 16Mi }")


class Troubles(unittest.TestCase):
    def in_the_middle_of_a_canary(self, happens, **more):
        """What came of it, and what users saw. Containers are adopted, none is made anew."""
        with Port(LONG_CANARY, **more) as h:
            h.deploy("v1")
            load = h.load(rate=150, slow=2)
            h.json("deploy", h.environment, "--version", "v2", "--no-wait")
            stage = lambda: (h.live() or {}).get("stage")
            poll("the first stage", stage)
            before = {c["Id"] for c in running.containers(running=True)}
            happens(h)
            poll("the stage again", stage)
            done = h.json("watch", h.environment)
            self.assertEqual(done["state"], "succeeded", done)
            self.assertLessEqual({c["Id"] for c in running.containers(running=True)}, before)
            self.assertIn("listening", h.run("logs", h.environment).stdout)
            return load.stop()

    def test_agent_killed_in_the_middle_of_a_canary(self):
        def killed(h):
            h.kill_agent()
            h.run("agent", "start")

        saw = self.in_the_middle_of_a_canary(killed)
        self.assertEqual(saw["failed"], 0, saw)

    def test_engine_restarted_in_the_middle_of_a_canary(self):
        """While it starts the engine makes its rules for published ports anew, and refuses meanwhile: what it fails
        is not ours, but the release goes on."""
        def restarted(_):
            running.stop()
            running.start()

        saw = self.in_the_middle_of_a_canary(
            restarted, health="{ path: /up, interval: 1s, timeout: 1s, unhealthy_threshold: 10, start_timeout: 10s }")
        self.assertLess(saw["failed"], saw["sent"] / 4, saw)

    def test_a_container_that_dies_is_replaced(self):
        with Port(BLUE_GREEN, environment_extra="    replicas: 2") as h:
            h.deploy("v1")
            victim = h.instances("v1")[0]["Id"]
            running.call("POST", f"/containers/{victim}/kill")
            poll("another", lambda: victim not in [c["Id"] for c in h.instances("v1")] and
                 len(h.instances("v1")) == 2)
            poll("both well", lambda: h.status()["instances"]["v1"]["ready"] == 2)

    def test_secrets_are_files_and_limits_are_set(self):
        with Port(BLUE_GREEN, service_extra="  secrets: [TOKEN]\n  env: { COLOUR: red }", health="",
                  docker=", read_only: true, user: \"1000:1000\", restart: on_failure",
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
                refused = h.run("deploy", h.environment, "--version", "v1")
                self.assertEqual(refused.returncode, 2, refused.stdout)
                self.assertIn("is known with another digest", refused.stderr)
                saw = load.stop()
                self.assertEqual(saw["failed"], 0, saw)


if __name__ == "__main__":
    unittest.main()
