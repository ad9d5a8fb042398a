"""Releases under load: how fast traffic moves, what a deploy adds to the platform's own time, and
what users of a bad version get to see."""

import os
import socket
import statistics
import subprocess
import threading
import time

from figures import STEADY, figure, quantile, released, rows_of, seconds_of
from house import House, free_port, poll


def rollback():
    """`slipway rollback` as typed: from the command to the last answer of the old version."""
    with House(STEADY) as h:
        released(h, "v1", "v2")
        load = h.load(rate=500, slow=0)
        poll("traffic", lambda: h.get()[0] == 200)
        typed, gaps = [], []
        for _ in range(10):
            h.deploy("v2")
            begun = time.time()
            back = h.json("rollback", "production")
            typed.append((begun, back))
            gaps.append(back["receipt"]["longest_gap_ms"] or 0)
        saw = load.stop()
        moved = []
        for begun, back in typed:
            shift = next(s for s in back["steps"] if s["verb"] == "shift")
            if shift["ended_at"]:
                moved.append((seconds_of(shift["ended_at"]) - begun) * 1000)
        figure("slipway rollback typed → traffic moved, p50", f"{statistics.median(moved):.1f}", "ms", "limit 50 ms")
        figure("longest gap over 10 rollbacks under 500/s", f"{max(gaps):.1f}", "ms", "limit 10 ms")
        figure("requests failed meanwhile", saw["failed"], f"of {saw['sent']}", "limit 0")


def deploy():
    """First answer of the new version and last of the old one, for a service that warms up for 300 ms
    and has requests of 500 ms (peers: kamal-proxy 0.32 s and 0.80 s)."""
    with House(STEADY) as h:
        h.write_config(STEADY, health="{ path: /up, interval: 100ms, timeout: 1s }")
        h.release("v1", "--warm-up", "300")
        h.release("v2", "--warm-up", "300")
        h.deploy("v1")
        first, last, back, failed, sent = [], [], [], 0, 0
        for n in range(6):
            h.release(f"r{n}", "--warm-up", "300")
            load = h.load(rate=500, slow=20)
            time.sleep(1)  # poll: a second of traffic before the command
            begun = time.time()
            h.deploy(f"r{n}")
            back.append(time.time() - begun)
            saw = load.stop()
            failed, sent = failed + saw["failed"], sent + saw["sent"]
            new = saw["versions"].get(f"r{n}")
            others = [v["last_us"] for name, v in saw["versions"].items() if name != f"r{n}"]
            first.append(new["first_us"] / 1e6 - begun)
            last.append(max(others) / 1e6 - begun)
        figure("deploy: first answer of the new version, median", f"{statistics.median(first):.2f}", "s",
               "kamal-proxy 0.32 s (0.30 s is the service's warm-up)")
        figure("deploy: last answer of the old version, median", f"{statistics.median(last):.2f}", "s",
               "kamal-proxy 0.80 s (0.50 s is the slow request)")
        figure("requests failed meanwhile", failed, f"of {sent}", "limit 0")


def switch():
    """From the record of a shift to the start of the last request given to the old version."""
    with House(STEADY) as h:
        released(h, "v1", "v2")
        load = h.load(rate=1000, new=0)
        poll("traffic", lambda: h.get()[0] == 200)
        tail = RowTail(h)
        late, old = [], "v1"
        for n in range(30):
            new = "v2" if old == "v1" else "v1"
            done = h.deploy(new) if n == 0 else h.json("rollback", "production")
            shift = next(s for s in done["steps"] if s["verb"] == "shift")
            late.append((tail.last_start(old, until=seconds_of(shift["ended_at"])) - seconds_of(shift["started_at"])) * 1000)
            old = new
        saw = load.stop()
        commits = h.json("agent", "status")["journal"]
        figure("record of the shift → last request to the old version, p50", f"{quantile(late, 0.5):.1f}", "ms",
               f"limit 2 ms and the commit of {commits['commit_p50_ms']:.1f} ms")
        figure("the same, p99 (of 30)", f"{quantile(late, 0.99):.1f}", "ms",
               f"limit 15 ms and the commit of {commits['commit_p99_ms']:.1f} ms")
        figure("requests failed meanwhile", saw["failed"], f"of {saw['sent']}", "limit 0")


class RowTail:
    """The proxy's rows as they are written, since what the agent has read is given back to the disk:
    when each version was last given a request."""

    def __init__(self, house):
        self.file = open(rows_of(house), errors="replace")
        self.file.seek(0, os.SEEK_END)
        self.rest, self.first, self.newest, self.read_to = "", {}, {}, 0.0
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while True:
            self.read()
            time.sleep(0.05)  # poll: rows come all the time

    def last_start(self, version, until):
        """Once every row up to then was read."""
        poll("the proxy's rows", lambda: self.read_to >= until)
        return self.newest[version]

    def moved(self, old, new, until):
        """When traffic went from the one to the other: somewhere between two requests, so in the middle of them."""
        last = self.last_start(old, until)
        return (last + poll("a request of the new version", lambda: self.first.get(new))) / 2

    def read(self):
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        for line in lines:
            cells = line.split("\t")
            if cells[0].endswith("R") and len(cells) > 17:
                self.read_to = int(cells[17]) / 1e6
                start = self.read_to - int(cells[9]) / 1e6
                self.newest[cells[2]] = max(self.newest.get(cells[2], 0.0), start)
                self.first[cells[2]] = min(self.first.get(cells[2], start), start)
        return self.read_to


def overhead():
    """What a blue-green deploy of one instance adds to the start of the instance and its checks."""
    for warm_up in (300, 2000):
        added(warm_up)


def added(warm_up):
    with House("blue_green_deployment: { monitor: 0s, keep_warm: 1h }") as h:
        released(h, "v1")
        load = h.load(rate=500, new=0)
        poll("traffic", lambda: h.get()[0] == 200)
        tail = RowTail(h)
        took, least, old = [], [], "v1"
        for n in range(8):
            h.release(f"r{n}", "--warm-up", str(warm_up))
            begun = time.time()
            done = h.deploy(f"r{n}")
            shift = next(s for s in done["steps"] if s["verb"] == "shift")
            took.append((tail.moved(old, f"r{n}", until=seconds_of(shift["ended_at"])) - begun) * 1000)
            old = f"r{n}"
            least.append(least_start(h, f"r{n}") * 1000)
        load.stop()
        own = statistics.median(took) - statistics.median(least)
        figure("deploy typed → traffic moved, median", f"{statistics.median(took):.0f}", "ms",
               f"a service that warms up for {warm_up} ms")
        figure("the instance's start until its check passes, median", f"{statistics.median(least):.0f}", "ms", "")
        figure("added by the deploy", f"{own:.0f}", "ms", f"limit 300 ms; {own / statistics.median(least) * 100:.0f} % of it, limit 5 %")


def least_start(house, version):
    """Seconds from the start of the program until it answers its check, looked at all the time."""
    port = free_port()
    begun = time.perf_counter()
    process = subprocess.Popen([str(house.folder / "releases" / version / "server"), "--port", str(port)],
                               stdout=subprocess.DEVNULL)
    try:
        poll("the check", lambda: answers_up(port), pause=0.0002)
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def answers_up(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as s:
            s.sendall(b"GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in s.recv(4096).split(b"\n", 1)[0]
    except OSError:
        return False


PEERS = {"never healthy": "0: kamal-proxy, nginx, Caddy, Swarm start-first, Nomad; pm2 8,624, compose 12,486",
         "crashes after 3 s": "1,558 kamal-proxy, 0 Nomad, 1,671 Swarm, 5,798 compose",
         "20 % answer 500": "2,479 kamal-proxy, 2,191 Nomad, 2,351 Swarm; none notices"}


def bad():
    """Requests hurt in the 60 s after the command by each bad version, at 210 requests a second."""
    kinds = {"never healthy": ["--warm-up", "3600000"], "crashes after 3 s": ["--crash-after", "3000"],
             "20 % answer 500": ["--errors", "20"]}
    ways = {"blue_green": "blue_green_deployment: { monitor: 60s, keep_warm: 1h }",
            "canary": "canary_deployment: { stages: [ { traffic_percentage: 5, duration: 20s }, "
                      "{ traffic_percentage: 100, duration: 30s } ] }"}
    for strategy, section in ways.items():
        for kind, flags in kinds.items():
            with House(section) as h:
                h.write_config(section, health="{ path: /up, interval: 200ms, timeout: 1s, start_timeout: 10s }")
                released(h, "v1")
                h.release("v2", *flags)
                before = h.load(rate=210)
                poll("traffic", lambda: h.get()[0] == 200)
                time.sleep(10)  # poll: a service that is in use; its bake is compared with this
                before.stop()
                load = h.load(rate=210)
                begun = time.monotonic()
                told = h.start("deploy", "production", "--version", "v2", "--strategy", strategy, "--output", "json")
                told.communicate(timeout=120)
                took = time.monotonic() - begun
                time.sleep(max(0.0, 60 - took))  # poll: the rest of the minute that is counted
                saw = load.stop()
                figure(f"{kind}, {strategy}: requests hurt", saw["failed"], f"of {saw['sent']}",
                       f"exit {told.returncode} after {took:.1f} s; peers: {PEERS[kind]}")
