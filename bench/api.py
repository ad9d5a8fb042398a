"""Many who watch: does an agent that tells them all still decide in time? The agent has one core; on the others are the
proxy, the service, its users and those who watch."""

import json
import os
import shutil
import subprocess
import tempfile
import time

from figures import figure
from house import BUILD, House, free_port, poll

STREAMS, RATE, SECONDS = 1000, 2000, 40
CANARY = """
canary_deployment:
  stages:
    - { name: half, traffic_percentage: 50, duration: 12s, success_criteria: { error_rate: "< 50%" } }
    - { name: most, traffic_percentage: 80, duration: 12s, success_criteria: { error_rate: "< 50%" } }
    - { name: final, traffic_percentage: 100, duration: 8s, success_criteria: { error_rate: "< 50%" } }
analysis: { defaults: off, warmup: 0s }
"""


def api():
    """1,000 streams of events and 2,000 requests of status a second while a canary is judged, agent on one core."""
    if not (BUILD / "watchers").exists():
        print("api: not built (script/bench builds it)")
        return
    calm, _, _ = canary(watched=False)
    late, saw, busy = canary(watched=True)
    figure("streams of events that stayed to the end", STREAMS - saw["streams_ended"], f"of {STREAMS:,}",
           f"each heard {saw['least']} to {saw['most']} events, {saw['disorder']} out of order")
    figure("requests of status answered", f"{saw['good']:,}", f"of {saw['sent']:,}",
           f"{saw['good'] / SECONDS:,.0f} a second, wanted {RATE:,}; {saw['bad']} failed, {saw['backlog']} not sent")
    figure("their time, p50, p99 and longest", f"{saw['p50_ms']:.1f}, {saw['p99_ms']:.1f}, {saw['max_ms']:.1f}", "ms",
           "from when each was due")
    figure("of them later than 50 ms", f"{sum(saw['slow'].values()):,}", f"of {saw['good']:,}",
           f"in {len(saw['slow'])} tenths of a second; those who ask did not look for {saw['held_ms']:.0f} ms at the longest")
    figure("until all streams stood that came at once", f"{saw['opening_ms']:.0f}", "ms", "before the requests begin")
    figure("the agent's processor meanwhile", f"{busy:.0f}", "% of one", "")
    for word, what in (("timers", "a timer's event after it was due"), ("waits", "a counted block until it was judged"),
                       ("blocks", "length of a counted block")):
        figure(f"{what}, p50, p99, longest", " ".join(f"{late[word][q]:.1f}" for q in ("p50", "p99", "max")), "ms",
               f"{late[word]['n']} of them; nobody watching: "
               + " ".join(f"{calm[word][q]:.1f}" for q in ("p50", "p99", "max")))
    delayed = max(late["timers"]["max"], late["waits"]["max"])
    figure("the latest decision", f"{delayed:.1f}", "ms", "limit 50 ms")


def canary(watched):
    """(how late, what the watchers saw, % of the core) of a canary of 32 s under 300 requests a second."""
    with House() as h:
        port = free_port()
        h.write_config(f'agent: {{ listen: "127.0.0.1:{port}" }}' + CANARY)
        for version in ("v1", "v2"):
            h.release(version)
        h.deploy("v1")
        token = h.run("token", "create", "watcher", "--role", "viewer", "--quiet").stdout.strip()
        core = max(os.sched_getaffinity(0))
        pid = h.agent_pid()
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(task), {core})
        others = os.sched_getaffinity(0) - {core} or {core}
        service = h.load(rate=300, new=0)
        watchers = None
        if watched:
            watchers = subprocess.Popen(
                [str(BUILD / "watchers"), "--to", f"127.0.0.1:{port}", "--token", token, "--streams", str(STREAMS),
                 "--rate", str(RATE), "--for", str(SECONDS)], stdout=subprocess.PIPE, text=True)
        for process in filter(None, (service.process, watchers)):
            os.sched_setaffinity(process.pid, others)
        if watched:
            assert watchers.stdout.readline() == "open\n"
        begun, spent = time.time(), seconds_of(pid)
        h.run("deploy", "production", "--version", "v2", "--no-wait", timeout=30)
        # Started by the agent it would share its core.
        for instance in poll("the candidate", lambda: h.instances("v2")):
            os.sched_setaffinity(instance, others)
        ended = poll("the end", lambda: h.live() is None and h.status()["last"], 90, 1)
        assert ended["state"] == "succeeded", ended
        saw = json.loads(watchers.communicate(timeout=60)[0]) if watched else None
        busy = (seconds_of(pid) - spent) / (time.time() - begun) * 100
        service.stop()
        h.run("agent", "stop")
        with tempfile.TemporaryDirectory() as folder:
            for part in ("journal.db", "journal.db-wal"):
                if (h.folder / ".slipway" / part).exists():
                    shutil.copy(h.folder / ".slipway" / part, folder)
            done = subprocess.run([str(BUILD / "lateness"), f"{folder}/journal.db", str(int(begun * 1000))],
                                  capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout), saw, busy


def seconds_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
