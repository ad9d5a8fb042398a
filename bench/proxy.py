"""The proxy as a service uses it beside HAProxy with the smallest configuration, and what each of its
rules costs."""

import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile

from figures import STEADY, figure, released, rows_of
from house import LOAD, House, free_port, poll

# Lines of the rendered configuration, by what they are for.
RULES = {
    "the row of each request": r"log-format|^    log |date\(0,us\)",
    "the version that answered": r"txn\.sv",
    "fail-over to stable": r"txn\.f[ov]|txn\.why",
    "no retry of what is not idempotent": r"disable-l7-retry",
}


def saturate(port):
    """Requests a second over 32 kept-alive connections."""
    done = subprocess.run(["wrk", "-t1", "-c32", "-d3s", f"http://127.0.0.1:{port}/"], capture_output=True, text=True)
    return float(next(line for line in done.stdout.split("\n") if "Requests/sec" in line).split()[1])


def offered(port, rate=8000, seconds=5):
    """How many of the requests offered by the clock got their answer."""
    done = subprocess.run([LOAD, "--to", f"127.0.0.1:{port}", "--rate", str(rate), "--new", "0", "--for", str(seconds)],
                          capture_output=True, text=True)
    return json.loads(done.stdout)["ok"]


def instance_port(house):
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_text().split("\0")
            if words[0].endswith("demo-service") and str(house.folder) in os.readlink(entry / "cwd"):
                return int(words[words.index("--port") + 1])
    raise AssertionError("no instance runs")


@contextlib.contextmanager
def haproxy(text, folder):
    """HAProxy with this configuration; its port. Descriptor 9 is its row file."""
    port = free_port()
    config = pathlib.Path(folder, "haproxy.cfg")
    config.write_text(text.replace("BIND", f"127.0.0.1:{port}"))
    with open(pathlib.Path(folder, "rows"), "ab") as rows:
        process = subprocess.Popen(["/bin/sh", "-c", f"exec haproxy -f {config} 9>&{rows.fileno()}"],
                                   stderr=subprocess.DEVNULL, pass_fds=[rows.fileno()])
    try:
        poll("HAProxy", lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, f"HAProxy does not take {config.read_text()}"
        yield port
    finally:
        process.terminate()
        process.wait()


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return b" 200 " in s.recv(4096)
    return False


def smallest(instance):
    return f"""global
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
listen bare
    bind BIND
    server s 127.0.0.1:{instance}
"""


def standing(house, instance):
    """The configuration that serves this project, made to stand alone."""
    text = rows_of(house).with_name("haproxy.cfg").read_text()
    text = re.sub(r"bind fd@\d+", "bind BIND", text)
    text = re.sub(r"\n    (stats|server-state-file|load-server-state|hard-stop|user|group|description|node) ?[^\n]*", "", text)
    text = re.sub(r"server-template s \d+ \S+ disabled", f"server s1 127.0.0.1:{instance}", text)
    return re.sub(r"\n    server-template fb [^\n]*", "", text)


def without(text, pattern):
    return "\n".join(line for line in text.split("\n") if not re.search(pattern, line))


def proxy():
    """The proxy with the rules a service uses beside the smallest HAProxy: offered, saturated, by rule."""
    with House(STEADY) as h, tempfile.TemporaryDirectory() as folder:
        released(h, "v1")
        instance = instance_port(h)
        with haproxy(smallest(instance), folder) as bare:
            done = [offered(h.port) / offered(bare) for _ in range(3)]
            figure("proxy, answered of 8,000/s offered / bare, median of 3", f"{statistics.median(done):.3f}", "",
                   "limit 0.95")
            ratios = [saturate(h.port) / saturate(bare) for _ in range(3)]
            figure("proxy at saturation / bare, median of 3", f"{statistics.median(ratios):.2f}", "", "limit 0.70")
        whole = standing(h, instance)
        for name, pattern in RULES.items():
            gain = []
            for _ in range(3):
                with haproxy(whole, folder) as all_rules:
                    with_it = saturate(all_rules)
                with haproxy(without(whole, pattern), folder) as fewer:
                    gain.append(1 - with_it / saturate(fewer))
            figure(f"of that: {name}", f"{statistics.median(gain) * 100:.0f}", "%", "of the requests without it")
