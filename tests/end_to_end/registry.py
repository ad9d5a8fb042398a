"""A registry of the test's own on loopback, with TLS by an authority of the test's own and a name and password; and a
door before it that can be shut in the middle of a transfer."""

import base64
import crypt
import http.client
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

from house import free_port, poll

USER, PASSWORD = "ana", "correct-horse-battery"


class Registry:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-registry-"))
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.process = None

    def __enter__(self):
        self.certificates()
        salt = "$2b$04$" + "abcdefghijklmnopqrstuO"
        (self.folder / "names").write_text(f"{USER}:{crypt.crypt(PASSWORD, salt)}\n")
        (self.folder / "config.yml").write_text(f"""version: 0.1
log: {{ level: error }}
storage: {{ filesystem: {{ rootdirectory: {self.folder / "data"} }}, delete: {{ enabled: true }} }}
http: {{ addr: "{self.host}", secret: of-the-test,
  tls: {{ certificate: {self.folder / "server.pem"}, key: {self.folder / "server.key"} }} }}
auth: {{ htpasswd: {{ realm: here, path: {self.folder / "names"} }} }}
""")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def certificates(self):
        f = self.folder
        (f / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        for line in (f"{key} -x509 -days 2 -subj /CN=authority -keyout {f}/ca.key -out {f}/ca.pem",
                     f"{key} -subj /CN=registry -keyout {f}/server.key -out {f}/server.csr",
                     f"openssl x509 -req -days 2 -in {f}/server.csr -CA {f}/ca.pem -CAkey {f}/ca.key -CAcreateserial "
                     f"-extfile {f}/san -out {f}/server.pem"):
            subprocess.run(line.split(), check=True, capture_output=True)

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", self.folder / "config.yml"],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        poll("the registry", self.answers)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def call(self, method, path, headers=None):
        """(status, headers) as who may."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection.request(method, path, headers={"Authorization": f"Basic {login}", **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers

    def digest(self, repository, tag):
        kinds = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
        return self.call("HEAD", f"/v2/{repository}/manifests/{tag}", {"Accept": kinds})[1]["Docker-Content-Digest"]

    def log_in(self, home, *hosts):
        """As `docker login` and who runs the machine leave it behind, for each name that the registry has."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (home / ".docker").mkdir(parents=True, exist_ok=True)
        (home / ".docker" / "config.json").write_text(
            json.dumps({"auths": {host: {"auth": login} for host in (self.host, *hosts)}}))

    def vouch(self, home, *hosts):
        for host in (self.host, *hosts):
            place = home / ".config" / "docker" / "certs.d" / host
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / "ca.pem", place / "ca.crt")

    def push(self, engine, image, name):
        """From the engine, where nothing of it is left."""
        login = base64.urlsafe_b64encode(json.dumps({"username": USER, "password": PASSWORD}).encode()).decode()
        repository, tag = name.rsplit(":", 1)
        engine.call("POST", f"/images/{image}/tag?repo={self.host}/{repository}&tag={tag}")
        said = engine.call("POST", f"/images/{self.host}/{repository}/push?tag={tag}", parse=False,
                           headers={"X-Registry-Auth": login}).decode()
        if '"error"' in said:
            raise AssertionError(said)
        forget(engine, f"{self.host}/{name}")
        return self.digest(repository, tag)


def forget(engine, *names):
    for name in names:
        try:
            engine.call("DELETE", f"/images/{name}?force=1")
        except AssertionError as trouble:
            if "404" not in str(trouble):
                raise


class Door:
    """Lets connections through to the registry, by another port; shut after so many bytes it takes no more."""

    def __init__(self, registry):
        self.registry = registry
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.left = None  # bytes until it is shut; None: it stays open
        self.shut = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                inside, _ = self.listener.accept()
            except OSError:
                return
            if self.shut.is_set():
                inside.close()
                continue
            try:
                outside = socket.create_connection(("127.0.0.1", self.registry.port))
            except OSError:
                inside.close()
                continue
            for a, b in ((inside, outside), (outside, inside)):
                threading.Thread(target=self.carry, args=(a, b, a is outside), daemon=True).start()

    def carry(self, a, b, counts):
        try:
            while data := a.recv(65536):
                if counts and self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        self.shut.set()
                if self.shut.is_set():
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        a.close()  # the other one is closed by who reads of it

    def open(self):
        self.left = None
        self.shut.clear()

    def close(self):
        self.listener.close()
