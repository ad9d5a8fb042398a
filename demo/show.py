"""The demo: a good release by canary, a broken one taken back by itself, a rollback by one command."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SLIPWAY = str(BUILD / "slipway")

CONFIG = """\
service:
  name: shop
  run: ["./releases/${{version}}/server", "--port", "${{port}}", "--version", "${{version}}"]
  health: {{ path: /up, interval: 250ms, timeout: 1s }}
  stop: {{ drain: 5s }}
environments:
  production:
    listen: 127.0.0.1:{port}
    replicas: 2
canary_deployment:
  stages:
    - {{ name: first, traffic_percentage: 5, duration: {dwell}s,
        success_criteria: {{ error_rate: "< 1%", p99_latency: "< 800ms" }} }}
    - {{ name: half, traffic_percentage: 50, duration: {dwell}s }}
    - {{ name: all, traffic_percentage: 100, duration: {dwell}s }}
  rollback: {{ automatic: true }}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Show:
    def __init__(self, quick):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-demo-"))
        self.port = free_port()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY") and k != "CI"}
        (self.folder / "slipway.yaml").write_text(CONFIG.format(port=self.port, dwell=8 if quick else 12))
        self.failures = []

    def release(self, version, *flags):
        folder = self.folder / "releases" / version
        folder.mkdir(parents=True)
        server = folder / "server"
        server.write_text(f'#!/bin/sh\nexec {BUILD}/demo-service "$@" {" ".join(flags)}\n')
        server.chmod(0o755)

    def say(self, text):
        print(f"\n\033[1m── {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)

    def slipway(self, *arguments):
        print(f"$ slipway {' '.join(arguments)}", flush=True)
        return subprocess.run([SLIPWAY, *arguments], cwd=self.folder, env=self.env).returncode

    def json(self, *arguments):
        done = subprocess.run([SLIPWAY, *arguments, "--output", "json"], cwd=self.folder, env=self.env,
                              capture_output=True, text=True)
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            self.failures.append(f"slipway {' '.join(arguments)}: {done.stderr.strip() or 'no JSON'}")
            return {}

    def load(self):
        return subprocess.Popen([str(BUILD / "load"), "--to", f"127.0.0.1:{self.port}", "--rate", "500", "--slow", "4"],
                                stdout=subprocess.PIPE, text=True)

    def expect(self, what, held):
        if not held:
            self.failures.append(what)

    def finish(self, load):
        load.send_signal(signal.SIGTERM)
        return json.loads(load.communicate(timeout=30)[0])


def act(show, version, title, status, state):
    """Releases `version` under load; gives the deployment and what the load saw."""
    show.say(title)
    load = show.load()
    code = show.slipway("deploy", "production", "--version", version, "--because", title)
    saw = show.finish(load)
    deployment = show.json("show", "production")
    show.expect(f"{version}: exit status {code}, wanted {status}", code == status)
    show.expect(f"{version}: ended {deployment.get('state')}, wanted {state}", deployment.get("state") == state)
    return deployment, saw


def row(name, deployment, saw):
    receipt = deployment.get("receipt") or {}
    back = receipt.get("traffic_back_after_ms")
    seen = receipt.get("detected_after_ms")
    return (f"{name:<22}{deployment.get('state', '?'):<13}{saw['sent']:>8}{saw['failed']:>8}"
            f"{receipt.get('caused', '?'):>8}{receipt.get('longest_gap_ms') or 0:>9.1f}"
            f"{'' if seen is None else f'{seen / 1000:.1f} s':>9}{'' if back is None else f'{back:.0f} ms':>9}")


def perform(show, arguments):
    show.release("v1")
    show.release("v2")
    show.release("v3", "--errors", "20")
    rows = []
    show.say("the first release: v1")
    show.expect("v1: not released", show.slipway("deploy", "production", "--version", "v1") == 0)

    good, saw = act(show, "v2", "a good release: v2 by canary, under load", 0, "succeeded")
    show.expect(f"v2: {saw['failed']} requests failed", saw["failed"] == 0 and saw["sent"] > 0)
    show.expect("v2: its receipt counts other failures", (good.get("receipt") or {}).get("caused") == 0)
    rows.append(row("v2 good", good, saw))

    bad, saw = act(show, "v3", "a bad release: v3 answers 20 % of requests with an error", 1, "rolled_back")
    receipt = bad.get("receipt") or {}
    show.expect("v3: the receipt and the load disagree about failed requests",
                receipt.get("failed") == saw["failed"])
    show.expect("v3: nobody was exposed, so nothing was shown", saw["failed"] > 0)
    rows.append(row("v3 broken", bad, saw))
    show.slipway("explain", "production")

    show.say("one command takes production back to v1")
    load = show.load()
    time.sleep(1)
    show.expect("rollback: exit status", show.slipway("rollback", "production") == 0)
    saw = show.finish(load)
    back = show.json("show", "production")
    show.expect(f"rollback: {saw['failed']} requests failed", saw["failed"] == 0)
    show.expect("rollback: v1 does not serve", back.get("to") == "v1" and back.get("state") == "succeeded")
    rows.append(row("rollback to v1", back, saw))
    show.slipway("status")

    show.say("summary")
    print(f"{'release':<22}{'ended':<13}{'requests':>8}{'failed':>8}{'caused':>8}{'gap ms':>9}{'seen':>9}{'back':>9}")
    print("\n".join(rows))


def main():
    parser = argparse.ArgumentParser(prog="script/demo")
    parser.add_argument("--quick", action="store_true", help="shorter stages")
    parser.add_argument("--keep", action="store_true", help="leave it running")
    arguments = parser.parse_args()
    show = Show(arguments.quick)
    try:
        perform(show, arguments)
    finally:
        if arguments.keep:
            print(f"\nkept in {show.folder}, serving on http://127.0.0.1:{show.port}\n"
                  f"  cd {show.folder} && {SLIPWAY} status\n"
                  f"  {SLIPWAY} history | explain 3 | logs production\n"
                  f"  {SLIPWAY} agent stop --all --yes   ends it")
        else:
            subprocess.run([SLIPWAY, "agent", "stop", "--all", "--yes"], cwd=show.folder, env=show.env,
                           capture_output=True)
            shutil.rmtree(show.folder, ignore_errors=True)
    for failure in show.failures:
        print(f"demo: {failure}", file=sys.stderr)
    if show.failures:
        return 1
    print("demo: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
