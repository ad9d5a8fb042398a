"""Rolling by the Swarm itself, watched, judged and taken back: one service, batch after batch by our word, behind a real
HAProxy under load."""

import json
import signal
import sys
import time
import unittest

import engine
from contained import Port, begin, end
from house import poll
from strategies import BLUE_GREEN, ROLLING

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])

JUDGED = ROLLING.partition("\nanalysis")[0]
running = None  # the engine that all tests share


def setUpModule():
    global running
    running = begin("swarm", swarm=True)


def tearDownModule():
    end()


def house(strategy=ROLLING, replicas=3, settings="", **more):
    return Port(strategy, environment_extra=f"    replicas: {replicas}", settings=", rolling: swarm" + settings, **more)


def service():
    [only] = running.call("GET", "/services")
    return only


def version_of(task):
    return task["Spec"]["ContainerSpec"]["Labels"]["slipway.version"]


def wanted_tasks():
    """Those that run and that the swarm wants to."""
    return [t for t in running.call("GET", "/tasks") if t["DesiredState"] == t["Status"]["State"] == "running"]


def tasks():
    """Versions of the tasks that the swarm wants, by their places."""
    return sorted((t["Slot"], version_of(t)) for t in wanted_tasks())


def ended(h, *versions):
    for version in versions:
        poll(f"the end of {version}", lambda: not h.instances(version), 30)


class RollsItself(unittest.TestCase):
    def tearDown(self):
        """Each house took with it what it made; what a failed test left must not spoil the next."""
        left = running.call("GET", "/services")
        for one in left:
            print("left:", json.dumps(one["Spec"]["Name"]), one["Spec"]["Mode"], one["Spec"]["Labels"], flush=True)
            running.call("DELETE", f"/services/{one['ID']}")
        for container in running.containers():
            try:
                running.call("DELETE", f"/containers/{container['Id']}?force=1")
            except AssertionError:
                pass  # the swarm was faster
        self.assertEqual(left, [])

    def test_good_releases_and_the_way_back(self):
        """Each is one `service update` that goes on batch by batch; nobody notices, though every task is replaced."""
        with house() as h:
            h.deploy("v1")
            made = service()
            self.assertEqual(made["Spec"]["Mode"], {"Replicated": {"Replicas": 3}})
            self.assertNotIn("PublishedPort", made["Spec"]["EndpointSpec"]["Ports"][0])
            self.assertEqual([version for _, version in tasks()], ["v1"] * 3)
            load = h.load(rate=150, slow=5)
            poll("traffic", lambda: h.get()[0] == 200)
            for version, old in (("v2", "v1"), ("v3", "v2")):
                done = h.deploy(version)
                self.assertEqual(done["state"], "succeeded", done)
                self.assertEqual(done["receipt"]["failed"], 0, done["receipt"])
                self.assertEqual(service()["ID"], made["ID"])
                self.assertEqual([v for _, v in tasks()], [version] * 3)
                self.assertEqual(len(h.instances(version)), 3)
                ended(h, old)
            back = h.json("rollback", h.environment)
            self.assertEqual(back["state"], "succeeded", back)
            ended(h, "v3")
            self.assertEqual({h.get() for _ in range(20)}, {(200, "v2")})
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            self.assertEqual(len(tasks()), 3)

    def test_the_swarm_waits_between_batches(self):
        with house(JUDGED) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            h.json("deploy", h.environment, "--version", "v2", "--no-wait")
            poll("the first batch", lambda: ((h.live() or {}).get("stage") or {}).get("name") == "batch 1")
            h.run("pause", h.environment)
            seen = tasks()
            self.assertEqual(sorted(v for _, v in seen), ["v1", "v1", "v2"])
            until = time.monotonic() + 3  # longer than the swarm needs for a batch
            poll("a while in which nothing begins",
                 lambda: self.assertEqual(tasks(), seen) or time.monotonic() > until)
            h.run("abort", h.environment)
            poll("v1 again", lambda: [v for _, v in tasks()] == ["v1"] * 3, 60)
            ended(h, "v2")
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)

    def test_one_with_errors_is_taken_back_by_our_judge(self):
        running.image("web:wrong", "--version", "wrong", "--errors", "50")
        with house(JUDGED) as h:
            h.deploy("v1")
            load = h.load(rate=200)
            poll("traffic", lambda: h.get()[0] == 200)
            done = h.deploy("wrong", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            self.assertEqual(h.get()[1], "v1")
            ended(h, "wrong")
            poll("all of v1", lambda: [v for _, v in tasks()] == ["v1"] * 3 and
                 h.status()["instances"]["v1"]["ready"] == 3)
            saw = load.stop()
            self.assertEqual(done["receipt"]["failed"], saw["failed"])
            print(f"taken back by the judge: {saw['failed']} of {saw['sent']} requests failed", flush=True)

    def test_the_swarms_own_way_back_is_recognised(self):
        """A task that ends soon after its start: with `failure_action: rollback` the swarm goes back by itself, too."""
        running.image("web:frail", "--version", "frail", "--crash-after", "1500")
        # What it says of its end is the reason, not that its check fails meanwhile.
        with house(settings=", failure_action: rollback", health="{ path: /up, interval: 200ms, timeout: 1s, "
                   "unhealthy_threshold: 20, start_timeout: 10s }") as h:
            h.deploy("v1")
            load = h.load(rate=100)
            done = h.deploy("frail", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            self.assertIn("it goes back by itself", json.dumps(done["because"]) +
                          h.run("explain", h.environment).stdout)
            ended(h, "frail")
            poll("all of v1", lambda: [v for _, v in tasks()] == ["v1"] * 3 and
                 h.status()["instances"]["v1"]["ready"] == 3)
            self.assertEqual({h.get() for _ in range(20)}, {(200, "v1")})
            self.assertEqual(h.deploy("v2")["state"], "succeeded")
            saw = load.stop()
            print(f"taken back by the swarm, too: {saw['failed']} of {saw['sent']} requests failed", flush=True)

    def test_one_that_never_runs_is_taken_back_before_anything_goes(self):
        running.image("web:exits", command=["/server", "--port", "nonsense", "--exit", "3"])
        with house() as h:
            h.deploy("v1")
            before = {c["Id"] for c in h.instances("v1")}
            load = h.load(rate=100)
            done = h.deploy("exits", status=1)
            self.assertEqual(done["state"], "rolled_back", done)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            poll("the swarm's word", lambda: {v for _, v in tasks()} == {"v1"} and len(tasks()) == 3)
            print(f"{len(before & {c['Id'] for c in h.instances('v1')})} of 3 old tasks stayed", flush=True)

    def test_agent_killed_in_the_middle(self):
        for after in ("provision", "judge"):
            with self.subTest(after), house(replicas=2) as h:
                h.deploy("v1")
                load = h.load(rate=150, slow=5)
                h.json("deploy", h.environment, "--version", "v2", "--no-wait")
                if after == "judge":
                    poll("the first batch", lambda: ((h.live() or {}).get("stage") or {}).get("name") == "batch 1")
                else:
                    poll("the update", lambda: "UpdateStatus" in service())
                h.kill_agent()
                h.run("agent", "start")
                done = h.json("watch", h.environment)
                self.assertEqual(done["state"], "succeeded", done)
                ended(h, "v1")
                self.assertEqual([v for _, v in tasks()], ["v2"] * 2)
                saw = load.stop()
                self.assertEqual(saw["failed"], 0, saw)

    def test_an_old_task_that_dies_in_the_middle(self):
        """The swarm starts another in its place, of the new release; the roll goes on with it, or back from it."""
        for verb, last in (("resume", "v2"), ("abort", "v1")):
            with self.subTest(verb), house() as h:
                h.deploy("v1")
                load = h.load(rate=100)
                h.json("deploy", h.environment, "--version", "v2", "--no-wait")
                poll("the first batch", lambda: ((h.live() or {}).get("stage") or {}).get("name") == "batch 1")
                h.run("pause", h.environment)
                versions = lambda: sorted(version for _, version in tasks())
                poll("a new one", lambda: versions() == ["v1", "v1", "v2"])
                # Not the one that the swarm lets go already.
                victim = next(t for t in wanted_tasks() if version_of(t) == "v1")
                running.call("POST", f"/containers/{victim['Status']['ContainerStatus']['ContainerID']}/kill")
                poll("another of v2", lambda: versions() == ["v1", "v2", "v2"])
                self.assertEqual(h.live()["state"], "paused")
                self.assertEqual(h.run(verb, h.environment).returncode, 0)
                done = h.run("watch", h.environment, "--output", "json")
                self.assertEqual(json.loads(done.stdout)["state"],
                                 "succeeded" if verb == "resume" else "aborted", done.stdout)
                poll("all of it", lambda: [v for _, v in tasks()] == [last] * 3, 60)
                ended(h, "v1" if last == "v2" else "v2")
                poll("no more than those", lambda: len(h.instances(last)) == 3, 60)
                poll("all well", lambda: h.status()["instances"][last]["ready"] == 3)
                self.assertEqual({h.get() for _ in range(20)}, {(200, last)})
                saw = load.stop()
                print(f"an old task died, then {verb}: {saw['failed']} of {saw['sent']} requests failed", flush=True)
                # Those that it had when it died, and no more.
                self.assertLess(saw["failed"], 5, saw)

    def test_an_engine_that_hangs_in_the_middle(self):
        """So long that the swarm may take its node for lost, and then lets go of all that runs there: nobody notices."""
        with house() as h:
            h.deploy("v1")
            load = h.load(rate=100)
            h.json("deploy", h.environment, "--version", "v2", "--no-wait")
            poll("the first batch", lambda: ((h.live() or {}).get("stage") or {}).get("name") == "batch 1")
            running.process.send_signal(signal.SIGSTOP)
            until = time.monotonic() + 25
            poll("a while", lambda: time.monotonic() > until, 30)
            running.process.send_signal(signal.SIGCONT)
            h.run("watch", h.environment)
            done = h.json("show", h.environment)
            self.assertIn(done["state"], ("succeeded", "rolled_back"), done)
            last, other = ("v2", "v1") if done["state"] == "succeeded" else ("v1", "v2")
            ended(h, other)
            poll("all of it", lambda: [v for _, v in tasks()] == [last] * 3 and
                 h.status()["instances"][last]["ready"] == 3, 60)
            poll("no more than those", lambda: len(h.instances(last)) == 3, 60)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            print(f"the engine hung for 25 s: {done['state']}, {saw['failed']} of {saw['sent']} requests failed", flush=True)

    def test_a_warm_copy_that_ends_before_the_next_rolling(self):
        """It was rolled, and is kept by a release of another strategy: its tasks die, or somebody removes all of it."""
        for how in ("killed", "removed"):
            with self.subTest(how), house(replicas=2) as h:
                file = h.folder / "slipway.yaml"
                text = file.read_text()
                h.deploy("v1")
                warm = service()["ID"]
                load = h.load(rate=100)
                file.write_text(text.replace(ROLLING, BLUE_GREEN))
                self.assertEqual(h.deploy("v2")["state"], "succeeded")
                self.assertEqual(len(h.instances("v1")), 2)
                if how == "killed":
                    for container in h.instances("v1"):
                        running.call("POST", f"/containers/{container['Id']}/kill")
                else:
                    running.call("DELETE", f"/services/{warm}")
                file.write_text(text)
                done = h.deploy("v3")
                self.assertEqual((done["state"], done["receipt"]["failed"]), ("succeeded", 0), done)
                ended(h, "v1", "v2")
                self.assertEqual([v for _, v in tasks()], ["v3"] * 2)
                self.assertEqual(len(h.instances("v3")), 2)
                poll("one service", lambda: len(running.call("GET", "/services")) == 1)
                saw = load.stop()
                self.assertEqual(saw["failed"], 0, saw)

    def test_what_somebody_does_by_hand(self):
        """`docker service update --force` is followed; another image is taken back."""
        with house(replicas=2) as h:
            h.deploy("v1")
            before = {c["Id"] for c in h.instances("v1")}
            load = h.load(rate=100)
            now = service()
            now["Spec"]["TaskTemplate"]["ForceUpdate"] = 7
            now["Spec"]["UpdateConfig"]["Delay"] = 0
            running.call("POST", f"/services/{now['ID']}/update?version={now['Version']['Index']}",
                         json.dumps(now["Spec"]), headers=engine.JSON)
            poll("others", lambda: len(h.instances("v1")) == 2 and
                 not before & {c["Id"] for c in h.instances("v1")} and h.status()["instances"]["v1"]["ready"] == 2, 60)
            now = service()
            now["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] = running.call("GET", "/images/web:v2/json")["Id"]
            now["Spec"]["UpdateConfig"]["Delay"] = 0
            running.call("POST", f"/services/{now['ID']}/update?version={now['Version']['Index']}",
                         json.dumps(now["Spec"]), headers=engine.JSON)
            image = running.call("GET", "/images/web:v1/json")["Id"]
            poll("the image of v1", lambda: service()["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == image, 60)
            poll("all of it", lambda: len(running.containers(running=True)) == 2 and
                 {c["ImageID"] for c in running.containers(running=True)} == {image} and
                 h.status()["instances"]["v1"]["ready"] == 2, 60)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)

    def test_from_services_by_themselves_and_back_to_them(self):
        with house(BLUE_GREEN, replicas=2) as h:
            file = h.folder / "slipway.yaml"
            text = file.read_text()
            h.deploy("v1")
            self.assertEqual(len(running.call("GET", "/services")), 2)
            load = h.load(rate=100)
            file.write_text(text.replace(BLUE_GREEN, ROLLING))
            self.assertEqual(h.deploy("v2")["state"], "succeeded")
            poll("one service", lambda: len(running.call("GET", "/services")) == 1)
            file.write_text(text.replace("keep_warm: 10m", "keep_warm: 0s"))
            self.assertEqual(h.deploy("v3")["state"], "succeeded")
            ended(h, "v1", "v2")
            poll("two services", lambda: len(running.call("GET", "/services")) == 2)
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)

    def test_secrets_and_what_is_said_beforehand(self):
        with house(replicas=2, service_extra="  secrets: [TOKEN]\n") as h:
            h.env["TOKEN"] = "hush-hush"
            for verb in (("check",), ("plan", h.environment, "--version", "v1")):
                said = h.run(*verb)
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertIn("rolls by itself chooses which instances go", said.stdout + said.stderr)
            h.deploy("v1")
            h.load(rate=50)
            self.assertIn("the swarm rolls one service, 1 at a time",
                          h.run("plan", h.environment, "--version", "v2").stdout)
            self.assertNotIn("hush-hush", json.dumps(service()))
            for version in ("v1", "v2"):
                if version == "v2":
                    h.deploy("v2")
                for container in h.instances(version):
                    pid = running.call("GET", f"/containers/{container['Id']}/json")["State"]["Pid"]
                    with open(f"/proc/{pid}/root/run/secrets/TOKEN") as file:
                        self.assertEqual(file.read(), "hush-hush")
            poll("one secret", lambda: len(running.call("GET", "/secrets")) == 1)
            h.run("agent", "stop", "--all", "--yes")
            for left in ("/services", "/secrets"):
                self.assertEqual(running.call("GET", left), [])
            self.assertEqual(running.containers(), [])


if __name__ == "__main__":
    unittest.main()
