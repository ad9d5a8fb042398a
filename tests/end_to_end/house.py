"""A project in a temporary folder with a real agent, a real HAProxy, real processes and real load."""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("SLIPWAY_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
SLIPWAY = str(BUILD / "slipway")
SERVICE = str(BUILD / "demo-service")
LOAD = str(BUILD / "load")


def take_port():
    """(port, what holds it): below the range that clients' sockets get their ports from, and no other test has it:
    the UDP port of the same number is bound as long as the second is kept."""
    while True:
        port = random.randrange(10_000, 20_000)
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            held.bind(("127.0.0.1", port))
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", port))
            return port, held
        except OSError:
            held.close()


def free_port():
    port, held = take_port()
    held.close()
    return port


def poll(what, condition, seconds=20.0, pause=0.02):
    """Waits for `condition` to give something true, and returns it; says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(pause)  # poll


def lives(pid):
    """It has not ended; one that nobody has waited for yet has."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


# Stages last about as long as they are written: this is shown with a handful of good requests. What evidence a real
# criterion needs is the matter of other tests.
EASY = 'success_criteria: { error_rate: "< 50%" }'
UNJUDGED = "\nanalysis: { defaults: off, warmup: 0s }\n"


class Load:
    """Open-loop load; stop() gives what it saw."""

    def __init__(self, port, rate=200, slow=0, new=10, path="/"):
        self.process = subprocess.Popen(
            [LOAD, "--to", f"127.0.0.1:{port}", "--rate", str(rate), "--slow", str(slow), "--new", str(new),
             "--path", path],
            stdout=subprocess.PIPE, text=True)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=30)
        return json.loads(out)


class House:
    def __init__(self, config=None, replicas=1, environment="production"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-test-"))
        self.port, self.port_held = take_port()
        self.environment = environment
        self.loads = []
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY") and k != "CI"}
        if config is not None:
            self.write_config(config)

    def __enter__(self):
        return self

    def __exit__(self, failed=None, *_):
        if failed:
            print("the agent said last:", self.agent_log(), file=sys.stderr)
        for load in self.loads:
            load.process.kill()
            load.process.wait()
        self.run("agent", "stop", "--all", "--yes")
        self.kill_leftovers()
        self.port_held.close()
        if os.environ.get("KEEP"):
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill_leftovers(self):
        """A failed test may leave processes: every one that runs from this folder ends here, and the proxy, which
        names another."""
        for pid in [pid for pid, _ in self.processes()] + self.haproxy_pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def processes(self):
        """(pid, words) of every process that belongs to this project: it runs in its folder or names it."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_text().split("\0")
                if words == [""]:
                    continue  # it has ended, and its memory is gone
                if str(self.folder) in os.readlink(entry / "cwd") + "\0" + "\0".join(words):
                    found.append((int(entry.name), words))
            except OSError:
                continue
        return found

    def instances(self, version):
        """Process ids of the services of this version."""
        return [pid for pid, words in self.processes()
                if words[0] == SERVICE and words[words.index("--version") + 1] == version]

    def guard_of(self, pid):
        """The shim that guards this process now, by what it wrote into its folder; None: there is none."""
        for path in (self.folder / ".slipway" / "run").rglob("pid"):
            try:
                fields = dict(line.split(" ", 1) for line in path.read_text().splitlines())
                shim = int(fields["shim"].split()[0])
                if int(fields["child"].split()[0]) == pid and lives(shim):
                    return shim
            except (OSError, ValueError, KeyError):
                continue
        return None

    def parent(self, pid):
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

    # ---- the project -------------------------------------------------------------------------

    def write_config(self, strategy, run=None, environment_extra="", service_extra="",
                     health="{ path: /up, interval: 200ms, timeout: 1s }"):
        """`strategy` is YAML appended to a minimal service and environment."""
        run = run or '["./releases/${version}/server", "--port", "${port}", "--version", "${version}"]'
        (self.folder / "slipway.yaml").write_text(f"""service:
  name: web
  run: {run}
  health: {health}
  stop: {{ drain: 5s }}
{service_extra}
environments:
  {self.environment}:
    listen: 127.0.0.1:{self.port}
{environment_extra}
{strategy}
""")

    def release(self, version, *flags):
        """A copy of the service whose behaviour is its flags (--errors 20, --warm-up 300)."""
        folder = self.folder / "releases" / version
        folder.mkdir(parents=True, exist_ok=True)
        server = folder / "server"
        server.write_text(f'#!/bin/sh\nexec {SERVICE} "$@" {" ".join(flags)}\n')
        server.chmod(0o755)

    def script_release(self, version, body):
        folder = self.folder / "releases" / version
        folder.mkdir(parents=True, exist_ok=True)
        server = folder / "server"
        server.write_text("#!/bin/sh\n" + body)
        server.chmod(0o755)

    # ---- the command line --------------------------------------------------------------------

    def run(self, *arguments, timeout=120, env=None):
        return subprocess.run([SLIPWAY, *arguments], cwd=self.folder, env={**self.env, **(env or {})},
                              capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)

    def start(self, *arguments):
        return subprocess.Popen([SLIPWAY, *arguments], cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def json(self, *arguments, status=0, timeout=120):
        done = self.run(*arguments, "--output", "json", timeout=timeout)
        if status is not None and done.returncode != status:
            raise AssertionError(f"slipway {' '.join(arguments)}: exit status {done.returncode}, wanted {status}\n"
                                 f"{done.stdout}\n{done.stderr}\n{self.agent_log()}")
        return json.loads(done.stdout)

    def deploy(self, version, *arguments, status=0, timeout=120):
        return self.json("deploy", self.environment, "--version", version, *arguments, status=status, timeout=timeout)

    def status(self):
        return self.json("status")["environments"][0]["services"][0]

    def live(self):
        return self.status()["live"]

    def agent_pid(self):
        return self.json("agent", "status")["pid"]

    def kill_agent(self):
        pid = self.agent_pid()
        os.kill(pid, signal.SIGKILL)
        poll("the agent's end", lambda: not lives(pid))

    def log_lines(self):
        """What the agents of this project said of themselves, oldest first."""
        path = self.folder / ".slipway" / "agent.log"
        lines = []
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                lines.append(json.loads(line))
            except ValueError:
                lines.append({"level": "error", "text": line})
        return lines

    def agent_log(self):
        path = self.folder / ".slipway" / "agent.log"
        return path.read_text()[-4000:] if path.exists() else ""

    # ---- traffic -----------------------------------------------------------------------------

    def load(self, **settings):
        load = Load(self.port, **settings)
        self.loads.append(load)
        return load

    def get(self, path="/"):
        """(status, version) of one request."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while chunk := s.recv(65536):
                data += chunk
        text = data.decode()
        said = text.partition("\r\n\r\n")[2].split()
        version = said[-1] if said else None
        return int(text.split(" ", 2)[1]), version

    def try_get(self):
        """As get(), and (0, None) when the answer was cut off: a proxy that is killed takes what it had begun along."""
        try:
            return self.get()
        except (OSError, ValueError, IndexError):
            return 0, None

    def haproxy_pids(self):
        """Masters and workers of this project's proxy."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().split(b"\0")
                    if command[0].endswith(b"haproxy") and self.owns(int(entry.name)):
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def owns(self, pid):
        """Whether the listening socket of this project is among the process' descriptors."""
        wanted = set()
        for line in pathlib.Path("/proc/net/tcp").read_text().split("\n")[1:]:
            cells = line.split()
            if len(cells) > 9 and cells[3] == "0A" and int(cells[1].split(":")[1], 16) == self.port:
                wanted.add(f"socket:[{cells[9]}]")
        try:
            return any(os.readlink(fd) in wanted for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            return False
