"""Bad and healthy releases on real processes under real load: what is taken back, when, and who was hurt."""

import concurrent.futures
import shutil
import signal
import subprocess
import threading
import time

from figures import figure
from house import House, poll

# Nothing is written but shares and times: what is judged are the product's defaults.
CANARY = """
canary_deployment:
  stages:
    - { traffic_percentage: 5, duration: 60s }
    - { traffic_percentage: 25, duration: 60s }
    - { traffic_percentage: 100, duration: 30s }
analysis: { deadline: 5m, on_unattended: promote }
"""
TAIL = ["--tail", "20"]  # of the release that is stable: one request of 40 takes 20 ms
RATE = 300
FAULTS = {
    "20 % errors": TAIL + ["--errors", "20"],
    "5 % errors": TAIL + ["--errors", "5"],
    "p99 twice as slow": ["--tail", "40"],
    "hangs after 10 s": TAIL + ["--hang-after", "10000"],
    "crashes after 5 s, again and again": TAIL + ["--crash-after", "5000"],
    "5 % errors, after 45 s": TAIL + ["--errors", "5", "--errors-after", "45000"],
    "40 % errors on one route of two": TAIL + ["--errors", "40", "--errors-on", "/cart"],
}


def fault(kind):
    with House(CANARY) as h:
        h.release("v1", *TAIL)
        h.deploy("v1")
        loads = [h.load(rate=RATE / 2), h.load(rate=RATE / 2, path="/cart")]
        poll("traffic", lambda: h.get()[0] == 200)
        time.sleep(10)  # poll: traffic that the judge may know stable by
        h.release("v2", *FAULTS[kind])
        done = h.json("deploy", "production", "--version", "v2", status=None, timeout=900)
        saw = [load.stop() for load in loads]
        receipt = done["receipt"]
        return (kind, done["state"], sum(s["sent"] for s in saw), sum(s["failed"] for s in saw),
                receipt["exposed"], done["duration_ms"] / 1000, receipt["detected_after_ms"],
                done["because"]["text"].split("\n")[0])


def faults():
    """Seven bad releases by canary under real load: time to the verdict, requests exposed and failed."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for kind, state, sent, failed, exposed, took, detected, why in pool.map(fault, FAULTS):
            seen = "" if detected is None else f"seen {detected / 1000:.1f} s after its first error; "
            figure(f"{kind}: requests failed", failed, f"of {sent:,}",
                   f"{state} after {took:.0f} s; {exposed:,} exposed; {seen}{why}")


def healthy_releases(traffic, count, stop):
    """Releases one after another under one kind of traffic; the states they ended in."""
    ended = []
    with House(CANARY.replace("60s", "20s").replace("30s", "10s")) as h:
        h.release("v0", *TAIL)
        h.deploy("v0")
        loads = [h.load(rate=RATE)]
        waves = threading.Thread(target=wave, args=(h, stop)) if traffic == "doubles and halves" else None
        if waves:
            waves.start()
        for n in range(1, count + 1):
            h.release(f"v{n}", *TAIL)
            done = h.json("deploy", "production", "--version", f"v{n}", status=None, timeout=900)
            ended.append((done["state"], done["because"]["text"]))
        stop.set()
        if waves:
            waves.join()
        saw = loads[0].stop()
    return traffic, ended, saw


def wave(house, stop):
    """The same load again, for 15 s of every 30."""
    while not stop.is_set():
        extra = house.load(rate=RATE)
        stop.wait(15)
        extra.stop()
        stop.wait(15)


def healthy():
    """Thirty good releases, ten each under steady traffic, traffic in waves and a noisy neighbour."""
    noise = shutil.which("stress-ng")
    kinds = ["steady", "doubles and halves", "a noisy neighbour"]
    for kind in kinds:
        neighbour = None
        if kind == "a noisy neighbour":
            if noise is None:
                print("healthy: no stress-ng, no noisy neighbour (script/deps --bench)")
                continue
            neighbour = subprocess.Popen([noise, "--cpu", "2", "--cpu-load", "60", "--quiet"])
        try:
            _, ended, saw = healthy_releases(kind, 10, threading.Event())
        finally:
            if neighbour:
                neighbour.send_signal(signal.SIGTERM)
                neighbour.wait()
        back = [why for state, why in ended if state != "succeeded"]
        figure(f"healthy releases, {kind}: taken back", len(back), f"of {len(ended)}",
               f"{saw['failed']} of {saw['sent']:,} requests failed {'; '.join(back)}")
