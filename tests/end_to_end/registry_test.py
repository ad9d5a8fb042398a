"""Releases from a real registry with TLS and a password: a login is used and never written down, a version stays what it
was recorded as wherever its tag goes, and a registry that goes away in the middle costs nobody a request."""

import os
import sys
import unittest

import engine
from contained import Port
from house import poll
from registry import LOGIN, PASSWORD, Door, Registry, forget
from strategies import BLUE_GREEN, LONG_CANARY

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])

NOBODY = "sha256:" + "0" * 64
running = registry = None


def setUpModule():
    global running, registry
    if engine.missing():
        raise unittest.SkipTest(engine.missing())
    # It gives a broken download up at once: its patience is not the matter here.
    running = Port.running = engine.Engine(flags=["--max-download-attempts", "1"]).__enter__()
    registry = Registry().__enter__()


def tearDownModule():
    if registry:
        registry.__exit__()
    if running:
        running.__exit__()


def publish(repository, version, *flags, lines=(), at=None):
    """An image in the registry alone; its digest."""
    running.image("made:now", "--version", version, *flags, lines=lines)
    digest = (at or registry).push(running, "made:now", f"{repository}:{version}")
    forget(running, "made:now")
    return digest


class Yard(Port):
    def __init__(self, repository, strategy=BLUE_GREEN, host=None, login=True, at=None, **more):
        at = at or registry
        super().__init__(strategy, image=f"{host or at.host}/{repository}", **more)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.env = {**self.env, "HOME": str(self.home)}
        self.env.pop("DOCKER_CONFIG", None)
        names = [host] if host else []
        at.vouch(self.home, *names)
        if login:
            at.log_in(self.home, *names)

    def codes(self, deployment):
        return [w["code"] for w in deployment["warnings"]]

    def written(self):
        """Everything that the agent keeps, as bytes."""
        return b"".join(p.read_bytes() for p in (self.folder / ".slipway").rglob("*")
                        if p.is_file() and not p.is_symlink())


class Login(unittest.TestCase):
    def test_a_release_is_fetched_with_it_and_it_is_written_nowhere(self):
        digests = [publish("team/login", v) for v in ("v1", "v2")]
        with Yard("team/login") as h:
            said = ""
            for version, digest in zip(("v1", "v2"), digests):
                done = h.run("deploy", h.environment, "--version", version, "--output", "json", "--verbose")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn(digest, done.stdout)
                said += done.stdout + done.stderr
                if version == "v1":
                    h.load(rate=100)
            self.assertEqual(h.get()[1], "v2")
            said = said.encode() + h.written()
            for secret in (PASSWORD, LOGIN):
                self.assertNotIn(secret.encode(), said)

    def test_without_one_the_refusal_says_what_to_do(self):
        publish("team/nobody", "v1")
        with Yard("team/nobody", login=False) as h:
            done = h.run("deploy", h.environment, "--version", "v1")
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(f"docker login {registry.host}", done.stdout + done.stderr)
            registry.log_in(h.home)  # counts from the next release on
            self.assertEqual(h.deploy("v1")["state"], "succeeded")


class Tokens(unittest.TestCase):
    def test_a_registry_that_wants_a_token_for_each_right(self):
        with Registry("bearer", tls=False) as other:
            digests = [publish("team/token", v, at=other) for v in ("v1", "v2")]
            with Yard("team/token", at=other) as h:
                other.tokens.given.clear()
                self.assertEqual(h.json("release", "create", "--version", "v1")["digest"], digests[0])
                self.assertEqual(other.tokens.given, ["repository:team/token:pull"])
                for version, digest in zip(("v1", "v2"), digests):
                    self.assertEqual(h.deploy(version)["digest"], digest)
                    if version == "v1":
                        h.load(rate=100)
                self.assertEqual(set(other.tokens.given), {"repository:team/token:pull"})
                other.log_in(h.home, password="nonsense")
                for words in (("release", "create", "--version", "v3"), ("deploy", h.environment, "--version", "v3")):
                    refused = h.run(*words)
                    self.assertEqual(refused.returncode, 2, refused.stdout + refused.stderr)
                    self.assertIn(f"docker login {other.host}", refused.stderr)
                    self.assertNotIn("nonsense", refused.stderr)


class Recorded(unittest.TestCase):
    def test_a_tag_that_moved_changes_no_release_and_is_said(self):
        first = publish("team/moved", "v1")
        publish("team/moved", "v2")
        with Yard("team/moved", BLUE_GREEN.replace("10m", "0s")) as h:
            self.assertEqual(h.deploy("v1")["digest"], first)
            h.load(rate=100)
            h.deploy("v2")
            moved = publish("team/moved", "v1", "--errors", "100")
            self.assertNotEqual(first, moved)
            plan = h.run("plan", h.environment, "--version", "v1").stdout
            self.assertIn("as it was recorded", plan)
            self.assertIn(moved[:19], plan)
            back = h.json("rollback", h.environment)
            self.assertEqual((back["state"], back["digest"]), ("succeeded", first), back)
            self.assertIn("tag_moved", h.codes(back))
            h.deploy("v2")
            # Not on the engine any more: by its digest the registry still has it.
            poll("no container of v1", lambda: not running.containers("v1"))
            forget(running, f"{registry.host}/team/moved@{first}")
            again = h.deploy("v1")
            self.assertEqual((again["state"], again["digest"]), ("succeeded", first), again)
            self.assertIn("tag_moved", h.codes(again))
            self.assertEqual(h.get(), (200, "v1"))
            self.assertEqual([r["version"] for r in h.json("release", "list")["items"]], ["v2", "v1"])

    def test_a_release_that_was_registered_is_what_is_deployed(self):
        publish("team/named", "v1")
        first = publish("team/other", "candidate")
        with Yard("team/named") as h:
            h.deploy("v1")
            h.load(rate=100)
            made = h.json("release", "create", "--version", "v2", "--image", f"{registry.host}/team/other:candidate",
                          "--commit", "abc", "--because", "weekly")
            self.assertEqual((made["digest"], made["origin"]), (first, "created"), made)
            publish("team/other", "candidate", "--errors", "100")
            refused = h.run("release", "create", "--version", "v2", "--image", f"{registry.host}/team/other:candidate")
            self.assertEqual(refused.returncode, 2, refused.stdout)
            self.assertIn("known with another digest", refused.stderr)
            h.kill_agent()
            h.run("agent", "start")
            self.assertEqual(h.json("release", "show", "v2"), made)
            done = h.deploy("v2")
            self.assertEqual((done["state"], done["digest"]), ("succeeded", first), done)
            self.assertIn("tag_moved", h.codes(done))
            shown = h.json("release", "show", "v2")
            self.assertEqual([d["state"] for d in shown["deployments"]], ["succeeded"])

    def test_what_is_not_there_is_refused(self):
        gone = publish("team/gone", "v1")
        with Yard("team/gone") as h:
            for image in (f"{registry.host}/team/gone@{NOBODY}", f"{registry.host}/team/gone:v9"):
                refused = h.run("release", "create", "--version", "v9", "--image", image)
                self.assertEqual(refused.returncode, 2, refused.stdout)
                self.assertIn("there is no such thing", refused.stderr)
            h.json("release", "create", "--version", "v1")
            self.assertEqual(registry.call("DELETE", f"/v2/team/gone/manifests/{gone}")[0], 202)
            refused = h.run("deploy", h.environment, "--version", "v1")
            self.assertEqual(refused.returncode, 2, refused.stdout)
            self.assertIn(f"there is no image {registry.host}/team/gone@{gone}", refused.stderr)

    def test_a_release_that_waited_for_its_turn_is_still_what_it_was(self):
        for version in ("v1", "v2", "v3"):
            publish("team/queue", version)
        with Yard("team/queue", LONG_CANARY) as h:
            h.deploy("v1")
            h.load(rate=100)
            h.json("deploy", h.environment, "--version", "v2", "--no-wait")
            poll("the first stage", lambda: (h.live() or {}).get("stage"))
            waiting = h.json("deploy", h.environment, "--version", "v3", "--no-wait")
            done = h.json("watch", str(waiting["number"]))
            self.assertEqual(done["state"], "succeeded", done)
            self.assertEqual(h.get()[1], "v3")


class Away(unittest.TestCase):
    def test_a_registry_that_goes_away_in_the_middle_of_a_fetch(self):
        door = Door(registry)
        self.addCleanup(door.close)
        publish("team/away", "v1")
        noise = os.urandom(20_000_000)
        running.image("made:now", "--version", "v2", files={"noise": noise}, lines=["COPY noise /noise"])
        registry.push(running, "made:now", "team/away:v2")
        forget(running, "made:now")
        with Yard("team/away", host=door.host) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            door.left = 4_000_000
            done = h.run("deploy", h.environment, "--version", "v2", "--output", "json")
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertTrue(door.shut.is_set())
            self.assertIn("the image of release v2 cannot be fetched", done.stdout)
            self.assertEqual(h.get()[1], "v1")
            door.open()
            self.assertEqual(h.deploy("v2")["state"], "succeeded")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)


if __name__ == "__main__":
    unittest.main()
