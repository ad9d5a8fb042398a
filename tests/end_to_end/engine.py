"""A Docker engine of the test's own, with its data in a temporary folder, in a network of its own: another engine of
this machine, its bridge and its rules are not touched.

As a program it runs a command in such a network: engine.py COMMAND..."""

import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile

from certificates import certify
from house import BUILD, free_port, poll

DOCKERD = "/usr/sbin/dockerd"
SERVICE = BUILD / "contained-service"
JSON = {"Content-Type": "application/json"}


def missing():
    """Why no engine can be started here; None: it can."""
    if os.geteuid() != 0:
        return "not root: an engine of its own cannot be started"
    return None


def own_network(arguments):
    """Starts this program again where no other engine is; returns when that is the case already."""
    if os.environ.get("SLIPWAY_OWN_NETWORK") or missing():
        return
    os.environ["SLIPWAY_OWN_NETWORK"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c",
                          "ip link set lo up && exec \"$@\"", "sh", *arguments])


class Engine:
    """Containers outlive it while it is restarted, and their ports need nothing of it (live restore, no proxy of its
    own): what an installation that wants no downtime sets. The manager of a swarm cannot have the first."""

    def __init__(self, swarm=False, tls=False, flags=()):
        self.swarm = swarm
        self.flags = flags
        self.certificates = None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-engine-"))
        self.socket = self.folder / "engine.sock"
        self.host = f"unix://{self.socket}"
        self.process = None
        if tls:
            self.certificates = self.folder / "certificates"
            self.certificates.mkdir()
            certify(self.certificates)
            self.tls_host = f"tcp://127.0.0.1:{free_port()}"

    def __enter__(self):
        self.start()
        if self.swarm:
            self.join()
        return self

    def __exit__(self, *_):
        if self.swarm:
            self.leave()
        for container in self.containers():
            self.call("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        self.stop()
        subprocess.run(["umount", "-R", "-l", str(self.folder)], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = self.spawn(log)
        poll("the engine", self.answers, 30)

    def spawn(self, log):
        return subprocess.Popen(
            [DOCKERD, "--data-root", self.folder / "data", "--exec-root", self.folder / "exec", "--pidfile",
             self.folder / "pid", "-H", self.host, "--userland-proxy=false",
             *([] if self.swarm else ["--live-restore"]), *self.flags, *(self.door() if self.certificates else [])],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def door(self):
        """For those alone who come with a certificate."""
        return ["-H", self.tls_host, "--tlsverify", "--tlscacert", self.certificates / "ca.pem", "--tlscert",
                self.certificates / "cert.pem", "--tlskey", self.certificates / "key.pem"]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=30)

    def join(self):
        """A swarm of one."""
        self.call("POST", "/swarm/init", json.dumps({"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"}),
                  headers=JSON)

    def leave(self):
        """With it go all its services."""
        self.call("POST", "/swarm/leave?force=1")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the engine ended: " + (self.folder / "log").read_text()[-2000:])
        try:
            return self.call("GET", "/_ping", parse=False) == b"OK"
        except OSError:
            return False

    def call(self, method, path, body=None, parse=True, headers=None):
        connection = http.client.HTTPConnection("engine", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.connect(str(self.socket))
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
            if answer.status >= 400:
                raise AssertionError(f"{method} {path}: {answer.status} {data.decode()}")
            return json.loads(data) if parse and data else data
        finally:
            connection.close()

    def containers(self, version=None, running=None):
        found = self.call("GET", "/containers/json?all=1")
        return [c for c in found if (version is None or c["Labels"].get("slipway.version") == version) and
                (running is None or (c["State"] == "running") == running)]

    def image(self, name, *flags, lines=(), command=None, files=None):
        """Builds an image of the tests' own service, whose behaviour is its flags."""
        words = command or ["/server", "--anywhere", "1", "--port", "8080", *flags]
        dockerfile = "\n".join(["FROM scratch", "COPY server /server", *lines, f"ENTRYPOINT {json.dumps(words)}", ""])
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(dockerfile)
            tar.addfile(entry, io.BytesIO(dockerfile.encode()))
            tar.add(SERVICE, "server")
            for path, content in (files or {}).items():
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        said = self.call("POST", f"/build?t={name}", context.getvalue(), parse=False,
                         headers={"Content-Type": "application/x-tar"}).decode()
        if '"error"' in said:
            raise AssertionError(said)
        return self.call("GET", f"/images/{name}/json")["Id"]

    def tag(self, image, tag):
        """Another version of the same content."""
        self.call("POST", f"/images/{image}/tag?repo={image.partition(':')[0]}&tag={tag}")

    def disguise(self, image, name, processor):
        """The same image, said to be for another processor."""
        saved = io.BytesIO(self.call("GET", f"/images/{image}/get", parse=False))
        changed = io.BytesIO()
        with tarfile.open(fileobj=saved) as old, tarfile.open(fileobj=changed, mode="w") as new:
            def add(path, data):
                entry = tarfile.TarInfo(path)
                entry.size = len(data)
                new.addfile(entry, io.BytesIO(data))

            [manifest] = json.load(old.extractfile("manifest.json"))
            for path in manifest["Layers"]:
                add(path, old.extractfile(path).read())
            add("config.json", json.dumps(json.load(old.extractfile(manifest["Config"])) |
                                          {"architecture": processor}).encode())
            add("manifest.json", json.dumps([manifest | {"Config": "config.json", "RepoTags": [name]}]).encode())
        self.call("POST", "/images/load", changed.getvalue(), parse=False, headers={"Content-Type": "application/x-tar"})


if __name__ == "__main__":
    own_network([sys.executable, *sys.argv])
    os.execvp(sys.argv[1], sys.argv[1:])
