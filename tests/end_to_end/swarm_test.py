"""Services of a Swarm behind a real HAProxy: every strategy under load, bad images taken back, the agent killed in the
middle, and what somebody does to a service by hand."""

import json
import sys
import unittest

import engine
from contained import PATIENT, BadImages, Midway, Port, Releases, begin, end
from house import poll
from strategies import BLUE_GREEN, LONG_CANARY

if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])

running = None  # the engine that all tests share


def setUpModule():
    global running
    running = begin("swarm", swarm=True)


def tearDownModule():
    end()


class Strategies(Releases, unittest.TestCase):
    pass


class BadImagesOfServices(BadImages, unittest.TestCase):
    pass


class Troubles(Midway, unittest.TestCase):
    def test_an_engine_that_is_no_manager_is_refused_before_anything_starts(self):
        with Port(BLUE_GREEN) as h:
            running.leave()
            try:
                for verb in ("plan", "deploy"):
                    done = h.run(verb, h.environment, "--version", "v1")
                    self.assertEqual(done.returncode, 2, done.stdout)
                    self.assertIn("no manager of a swarm", done.stderr)
            finally:
                running.join()
            h.deploy("v1")

    def test_what_a_swarm_cannot_do_is_said_by_check_and_plan(self):
        with Port(BLUE_GREEN, environment_extra="    resources: { cpu: 500m, memory: 64Mi }") as h:
            said = h.run("check")
            self.assertEqual(said.returncode, 0, said.stderr)
            planned = h.run("plan", h.environment, "--version", "v1")
            self.assertEqual(planned.returncode, 0, planned.stderr)
            for word in ("on every address", "swap above it"):
                self.assertIn(word, said.stdout + said.stderr)
                self.assertIn(word, planned.stdout)

    def test_a_network_that_is_not_the_swarms_is_refused_before_anything_starts(self):
        for name, word in (("nowhere", "the swarm has no network nowhere"), ("bridge", "is not the swarm's")):
            with Port(BLUE_GREEN, settings=f", network: {name}") as h:
                refused = h.run("deploy", h.environment, "--version", "v1")
                self.assertEqual(refused.returncode, 2, refused.stdout)
                self.assertIn(word, refused.stderr)

    def test_a_service_changed_by_hand_is_made_anew(self):
        """The engine's own rolling update to another image, as `docker service update --image` does it."""
        with Port(BLUE_GREEN, environment_extra="    replicas: 2") as h:
            h.deploy("v1")
            load = h.load(rate=50)
            service = running.call("GET", "/services")[0]
            spec = service["Spec"]
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = running.call("GET", "/images/web:v2/json")["Id"]
            running.call("POST", f"/services/{service['ID']}/update?version={service['Version']['Index']}",
                         json.dumps(spec), headers=engine.JSON)
            poll("another service", lambda: service["ID"] not in [s["ID"] for s in running.call("GET", "/services")])
            poll("both well", lambda: h.status()["instances"]["v1"]["ready"] == 2)
            poll("v1 alone", lambda: not running.containers("v1", running=False) and len(h.instances("v1")) == 2)
            self.assertEqual({s["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for s in running.call("GET", "/services")},
                             {running.call("GET", "/images/web:v1/json")["Id"]})
            self.assertGreater(load.stop()["sent"], 0)

    def test_manager_restarted_in_the_middle_of_a_canary(self):
        """Its tasks end with it, those of both versions: the release is taken back, the old one is started again, and
        nothing of the new one is left. The outage is held against the old one when the next canary begins, and must not
        hold that one up: it is asked to be no worse."""
        with Port(LONG_CANARY, health=PATIENT) as h:
            h.deploy("v1")
            load = h.load(rate=100)
            h.json("deploy", h.environment, "--version", "v2", "--no-wait")
            poll("the first stage", lambda: (h.live() or {}).get("stage"))
            running.stop()
            running.start()
            done = h.json("watch", h.environment, status=1)
            self.assertEqual((done["state"], done["because"]["code"]), ("rolled_back", "instance_exited"), done)
            poll("v1 again", lambda: h.status()["instances"]["v1"]["ready"] == 1 and h.get()[1] == "v1")
            poll("nothing of v2", lambda: not running.containers("v2"))
            self.assertEqual(len(running.call("GET", "/services")), 1)
            self.assertEqual({h.get() for _ in range(20)}, {(200, "v1")})
            again = h.deploy("v2")
            self.assertEqual((again["state"], again["receipt"]["failed"]), ("succeeded", 0), again)
            self.assertTrue(any("rescue lane" in w["text"] for w in again["warnings"]), again["warnings"])
            self.assertLess(again["duration_ms"], 60_000)
            saw = load.stop()
            print(f"manager restarted: {saw['failed']} of {saw['sent']} requests failed, longest gap "
                  f"{saw['longest_gap_ms']:.0f} ms", flush=True)

    def test_secrets_are_the_swarms_and_limits_are_set(self):
        with Port(BLUE_GREEN, service_extra="  secrets: [TOKEN]\n  env: { COLOUR: red }", health="",
                  settings=", read_only: true, user: \"1000:1000\", restart: on_failure",
                  environment_extra="    resources: { cpu: 500m, memory: 64Mi }") as h:
            h.env["TOKEN"] = "hush-hush"
            h.deploy("v1")
            spec = running.call("GET", "/services")[0]["Spec"]
            container = running.call("GET", f"/containers/{h.instances('v1')[0]['Id']}/json")
            self.assertNotIn("hush-hush", str(spec) + str(container))
            self.assertIn("TOKEN_FILE=/run/secrets/TOKEN", container["Config"]["Env"])
            self.assertIn("COLOUR=red", container["Config"]["Env"])
            self.assertTrue(container["HostConfig"]["ReadonlyRootfs"])
            self.assertEqual(container["HostConfig"]["Memory"], 64 << 20)
            self.assertEqual(container["Config"]["User"], "1000:1000")
            task = spec["TaskTemplate"]
            self.assertEqual(task["Resources"]["Limits"], {"NanoCPUs": 500_000_000, "MemoryBytes": 64 << 20})
            self.assertEqual(task["RestartPolicy"]["Condition"], "on-failure")
            with open(f"/proc/{container['State']['Pid']}/root/run/secrets/TOKEN") as file:
                self.assertEqual(file.read(), "hush-hush")
            h.run("agent", "stop", "--all", "--yes")
            for left in ("/services", "/secrets"):
                self.assertEqual(running.call("GET", left), [])
            self.assertEqual(running.containers("v1"), [])


if __name__ == "__main__":
    unittest.main()
