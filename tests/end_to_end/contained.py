"""What holds on every platform that runs containers; a test of one gives Port its engine and mixes these in."""

import unittest

import engine
from house import House, poll
from strategies import BLUE_GREEN, CANARY, LONG_CANARY, ROLLING

# Of who sees an engine restarted: containers serve, or do so again soon.
PATIENT = "{ path: /up, interval: 1s, timeout: 1s, unhealthy_threshold: 10, start_timeout: 10s }"


def begin(platform, **settings):
    """The engine of a module, with images of three versions."""
    if engine.missing():
        raise unittest.SkipTest(engine.missing())
    Port.platform = platform
    Port.running = engine.Engine(**settings).__enter__()
    for version in ("v1", "v2", "v3"):
        Port.running.image(f"web:{version}", "--version", version)
    return Port.running


def end():
    if Port.running:
        Port.running.__exit__()


class Port(House):
    """A project whose service is an image, on the engine that all tests of a module share."""

    running = None
    platform = "docker"

    def __init__(self, strategy, environment_extra="", service_extra="", settings="", image="web", host=None,
                 health="{ path: /up, interval: 200ms, timeout: 1s, start_timeout: 10s }"):
        super().__init__()
        running = self.running
        health = f"  health: {health}\n" if health else ""
        (self.folder / "slipway.yaml").write_text(f"""service:
  name: web
  image: {image}
  port: 8080
{health}  stop: {{ drain: 5s }}
{service_extra}
environments:
  {self.environment}:
    platform: {self.platform}
    {self.platform}: {{ host: "{host or running.host}"{settings} }}
    listen: 127.0.0.1:{self.port}
{environment_extra}
{strategy}
""")

    def instances(self, version):
        return self.running.containers(version, running=True)


class Releases:
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


class BadImages:
    def taken_back(self, version, state, *, word, **more):
        with Port(BLUE_GREEN, **more) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            done = h.run("deploy", h.environment, "--version", version, "--output", "json")
            self.assertIn(word, done.stdout + done.stderr)
            self.assertEqual(done.returncode, state, done.stdout)
            self.assertEqual(h.get()[1], "v1")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            poll("nothing of it", lambda: not Port.running.containers(version))

    def test_no_such_tag_is_refused(self):
        self.taken_back("v99", 2, word="there is no image web:v99")

    def test_one_for_another_processor_is_refused(self):
        Port.running.disguise("web:v2", "web:foreign", "arm64")
        self.taken_back("foreign", 2, word="it is built for arm64")

    def test_one_that_exits_at_once(self):
        Port.running.image("web:exits", command=["/server", "--port", "nonsense", "--exit", "3"])
        self.taken_back("exits", 1, word="exit")

    def test_one_that_is_never_well(self):
        Port.running.image("web:unwell", "--version", "unwell", "--warm-up", "600000")
        self.taken_back("unwell", 1, word="503",
                        health="{ path: /up, interval: 200ms, timeout: 1s, start_timeout: 4s }")

    def test_one_that_is_killed_for_memory(self):
        Port.running.image("web:hungry", "--version", "hungry", "--eat", "64")
        self.taken_back("hungry", 1, word="for memory, the limit is 16 MiB",
                        environment_extra="    resources: { cpu: 500m, memory: 16Mi }")

    def test_one_whose_own_check_never_passes(self):
        self.running_check("sick", "--warm-up", "600000")
        self.taken_back("sick", 1, word="became ready in 4 s",
                        health="{ interval: 200ms, timeout: 1s, start_timeout: 4s }")

    @staticmethod
    def running_check(version, *flags):
        Port.running.image(f"web:{version}", "--version", version, *flags,
                           lines=['HEALTHCHECK CMD ["/server", "--probe", "8080"]'])

    def test_a_check_of_the_images_own_is_what_counts(self):
        """There is no `health.path`: the engine asks the image's check, at our interval."""
        self.running_check("checked", "--warm-up", "700")
        with Port(BLUE_GREEN, health="{ interval: 200ms, timeout: 1s, start_timeout: 10s }") as h:
            h.deploy("v1")
            load = h.load(rate=100)
            self.assertEqual(h.deploy("checked")["state"], "succeeded")
            [container] = h.instances("checked")
            known = Port.running.call("GET", f"/containers/{container['Id']}/json")
            self.assertEqual(known["Config"]["Healthcheck"]["Interval"], 200_000_000)
            self.assertEqual(known["State"]["Health"]["Status"], "healthy")
            self.assertEqual(h.get()[1], "checked")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


class Midway:
    def in_the_middle_of_a_canary(self, happens, **more):
        """What came of it, and what users saw. Containers are adopted, none is made anew."""
        with Port(LONG_CANARY, **more) as h:
            h.deploy("v1")
            load = h.load(rate=150, slow=2)
            h.json("deploy", h.environment, "--version", "v2", "--no-wait")
            stage = lambda: (h.live() or {}).get("stage")
            poll("the first stage", stage)
            before = {c["Id"] for c in Port.running.containers(running=True)}
            happens(h)
            poll("the stage again", stage)
            done = h.json("watch", h.environment)
            self.assertEqual(done["state"], "succeeded", done)
            self.assertLessEqual({c["Id"] for c in Port.running.containers(running=True)}, before)
            self.assertIn("listening", h.run("logs", h.environment).stdout)
            return load.stop()

    def test_agent_killed_in_the_middle_of_a_canary(self):
        def killed(h):
            h.kill_agent()
            h.run("agent", "start")

        saw = self.in_the_middle_of_a_canary(killed)
        self.assertEqual(saw["failed"], 0, saw)

    def test_a_container_that_dies_is_replaced(self):
        with Port(BLUE_GREEN, environment_extra="    replicas: 2") as h:
            h.deploy("v1")
            victim = h.instances("v1")[0]["Id"]
            Port.running.call("POST", f"/containers/{victim}/kill")
            poll("another", lambda: victim not in [c["Id"] for c in h.instances("v1")] and
                 len(h.instances("v1")) == 2)
            poll("both well", lambda: h.status()["instances"]["v1"]["ready"] == 2)
