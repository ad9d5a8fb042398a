"""Containers: releases by Slipway beside the same done by `docker service update`, under the same load; and what a deploy
adds to what the engine itself needs. Needs root: it starts an engine in a network of its own.

As a program (which is how bench/run.py starts it): containers.py [RELEASES]"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))

import engine  # noqa: E402
from contained import Port, begin, end  # noqa: E402
from figures import figure, seconds_of  # noqa: E402
from house import Load, free_port, poll  # noqa: E402
from releases import RowTail, answers_up  # noqa: E402
from strategies import CANARY, ROLLING  # noqa: E402

RATE, SLOW = 200, 5  # requests a second, and how many in a hundred of them take half a second
BLUE_GREEN = "blue_green_deployment: { monitor: 0s, keep_warm: 0s }"


def containers():
    """Releases of containers beside `docker service update`, and what a deploy adds to the engine's time."""
    if engine.missing():
        print(f"containers: {engine.missing()}")
        return
    subprocess.run([sys.executable, __file__], check=True)


def summed(name, saws, took):
    failed, sent = sum(s["failed"] for s in saws), sum(s["sent"] for s in saws)
    print(f"{name:<44}{len(took):>9}{failed:>10}{sent:>9}{statistics.median(took):>10.2f}"
          f"{max(s['longest_gap_ms'] for s in saws):>13.0f}", flush=True)


def ours(platform, strategy, name, releases, settings=""):
    """Both of two instances replaced, from the command to its end."""
    Port.platform = platform
    with Port(strategy, environment_extra="    replicas: 2", settings=settings) as h:
        h.deploy("v1")
        saws, took = [], []
        for n in range(releases):
            Port.running.tag("web:v2" if n % 2 == 0 else "web:v1", f"n{n}")
            load = h.load(rate=RATE, slow=SLOW)
            poll("traffic", lambda: h.get()[0] == 200)
            begun = time.monotonic()
            done = h.deploy(f"n{n}")
            took.append(time.monotonic() - begun)
            saws.append(load.stop())
            if done["state"] != "succeeded":
                raise SystemExit(f"{name}: {done['state']}")
        summed(name, saws, took)


class Peer:
    """A service of two tasks, its addresses on the engine's bridge behind an HAProxy that asks each of them: what is
    left to a swarm where the kernel has no routing mesh."""

    def __init__(self, order):
        self.running, self.order = Port.running, order
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-peer-"))
        self.port = free_port()
        servers = "\n".join(f"  server s{n} 172.17.0.{n}:8080 check inter 100ms fall 1 rise 1" for n in range(2, 20))
        (self.folder / "haproxy.cfg").write_text(f"""global
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout check 500ms
  option redispatch
  retries 3
  retry-on conn-failure
listen users
  bind 127.0.0.1:{self.port}
  option httpchk GET /up
{servers}
""")

    def __enter__(self):
        self.spec = {"Name": "peer", "Mode": {"Replicated": {"Replicas": 2}},
                     "TaskTemplate": {"ContainerSpec": {"Image": self.image("v1")}},
                     "UpdateConfig": {"Parallelism": 1, "Order": self.order, "FailureAction": "rollback",
                                      "Monitor": 1_000_000_000}}
        self.running.call("POST", "/services/create", json.dumps(self.spec), headers=engine.JSON)
        self.proxy = subprocess.Popen(["haproxy", "-db", "-f", str(self.folder / "haproxy.cfg")],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        poll("the service", lambda: len(self.tasks("v1")) == 2, 30)
        poll("the proxy", lambda: all(answers_up(self.port) for _ in range(20)), 30)
        return self

    def __exit__(self, *_):
        self.running.call("DELETE", "/services/peer")
        poll("its end", lambda: not self.running.containers(), 60)
        self.proxy.terminate()
        self.proxy.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def image(self, version):
        return self.running.call("GET", f"/images/web:{version}/json")["Id"]

    def tasks(self, version):
        found = self.running.call("GET", "/tasks")
        return [t for t in found if t["Status"]["State"] == "running" and t["DesiredState"] == "running" and
                t["Spec"]["ContainerSpec"]["Image"] == self.image(version)]

    def update(self, version):
        """As `docker service update --image` does it, until the swarm says that it is completed."""
        now = self.running.call("GET", "/services/peer")
        self.spec["TaskTemplate"]["ContainerSpec"]["Image"] = self.image(version)
        self.running.call("POST", f"/services/peer/update?version={now['Version']['Index']}", json.dumps(self.spec),
                          headers=engine.JSON)
        poll("the update", self.settled, 60)

    def settled(self):
        return self.running.call("GET", "/services/peer").get("UpdateStatus", {}).get("State") == "completed"


def theirs(order, name, releases):
    with Peer(order) as peer:
        saws, took = [], []
        for n in range(releases):
            version = "v2" if n % 2 == 0 else "v1"
            load = Load(peer.port, rate=RATE, slow=SLOW)
            poll("traffic", lambda: answers_up(peer.port))
            begun = time.monotonic()
            peer.update(version)
            took.append(time.monotonic() - begun)
            saws.append(load.stop())
        summed(name, saws, took)


def least_start(image):
    """Seconds that the engine needs to make a container, to start it, and until it answers its check."""
    port = free_port()
    begun = time.perf_counter()
    body = {"Image": image, "ExposedPorts": {"8080/tcp": {}},
            "HostConfig": {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}}}
    made = Port.running.call("POST", "/containers/create", json.dumps(body), headers=engine.JSON)["Id"]
    try:
        Port.running.call("POST", f"/containers/{made}/start")
        poll("the check", lambda: answers_up(port), pause=0.001)
        return time.perf_counter() - begun
    finally:
        Port.running.call("DELETE", f"/containers/{made}?force=1")


def overhead(releases):
    Port.platform = "docker"
    names = [f"r{n}" for n in range(releases)]
    images = [Port.running.image(f"web:{name}", "--version", name, "--warm-up", "300") for name in names]
    with Port(BLUE_GREEN.replace("keep_warm: 0s", "keep_warm: 10m"),
              health="{ path: /up, interval: 20ms, timeout: 1s }") as h:
        h.deploy("v1")
        load = h.load(rate=RATE, new=0)
        poll("traffic", lambda: h.get()[0] == 200)
        tail = RowTail(h)
        took, least, old, steps = [], [], "v1", {}
        for n, (name, image) in enumerate(zip(names, images)):
            # An older copy is ended after a deploy, by the same engine.
            poll("the end of older ones", lambda: len(Port.running.containers()) <= 2, 60)
            # Who starts an image first has it cold: both do, in turn.
            if n % 2:
                least.append(least_start(image) * 1000)
            begun = time.time()
            done = h.deploy(name)
            shift = next(s for s in done["steps"] if s["verb"] == "shift")
            took.append((tail.last_start(old, until=seconds_of(shift["ended_at"])) - begun) * 1000)
            old = name
            if n % 2 == 0:
                least.append(least_start(image) * 1000)
            for s in done["steps"]:
                if s["ended_at"] and s["started_at"]:
                    steps.setdefault(s["verb"], []).append((seconds_of(s["ended_at"]) - seconds_of(s["started_at"])) * 1000)
        load.stop()
    # Each beside its neighbour in time: the machine's own noise is in both.
    own = statistics.median(t - l for t, l in zip(took, least))
    figure("container: deploy typed → traffic moved, median", f"{statistics.median(took):.0f}", "ms", "")
    figure("container: create, start, first good check, median", f"{statistics.median(least):.0f}", "ms", "")
    figure("container: added by the deploy", f"{own:.0f}", "ms",
           f"{own / statistics.median(least) * 100:.0f} % of it, limit 5 %")
    print("container: steps, median ms: " + ", ".join(f"{verb} {statistics.median(v):.0f}" for verb, v in steps.items()))


def main():
    releases = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    begin("swarm", swarm=True)
    try:
        overhead(12)
        print(f"\n{'two instances replaced, ' + str(RATE) + ' requests/s':<44}{'releases':>9}{'failed':>10}{'of':>9}"
              f"{'median s':>10}{'longest gap':>13} ms")
        theirs("start-first", "docker service update, start-first", releases)
        theirs("stop-first", "docker service update, stop-first", releases)
        ours("swarm", BLUE_GREEN, "slipway, swarm, blue-green", releases)
        ours("swarm", CANARY, "slipway, swarm, canary of 2 stages of 1 s", releases)
        ours("swarm", ROLLING, "slipway, swarm, rolling by slipway", releases)
        ours("swarm", ROLLING, "slipway, swarm, rolling by the swarm", releases, ", rolling: swarm")
        ours("docker", BLUE_GREEN, "slipway, docker, blue-green", releases)
        ours("docker", CANARY, "slipway, docker, canary of 2 stages of 1 s", releases)
    finally:
        end()


if __name__ == "__main__":
    engine.own_network([sys.executable, *sys.argv])
    main()
