"""A registry of the test's own on loopback, by default with TLS by an authority of the test's own and a name and
password; a server of tokens for one that wants them; and a door before it that can be shut in the middle of a transfer."""

import base64
import crypt
import http.client
import http.server
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

from certificates import certify
from house import free_port, poll

USER, PASSWORD = "ana", "correct-horse-battery"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
KINDS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


class Registry:
    """`names`: whom it lets in: None (anybody), "basic", or "bearer" (who has a token)."""

    def __init__(self, names="basic", tls=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-registry-"))
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.names, self.tls = names, tls
        self.process = self.tokens = None

    def __enter__(self):
        certify(self.folder)
        config = {"version": "0.1", "log": {"level": "error"},
                  "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}, "delete": {"enabled": True}},
                  "http": {"addr": self.host, "secret": "of-the-test"}}
        if self.tls:
            config["http"]["tls"] = {"certificate": str(self.folder / "cert.pem"), "key": str(self.folder / "key.pem")}
        if self.names == "basic":
            salt = "$2b$04$" + "abcdefghijklmnopqrstuO"
            (self.folder / "names").write_text(f"{USER}:{crypt.crypt(PASSWORD, salt)}\n")
            config["auth"] = {"htpasswd": {"realm": "here", "path": str(self.folder / "names")}}
        if self.names == "bearer":
            self.tokens = Tokens(self.folder)
            config["auth"] = {"token": {"realm": self.tokens.realm, "service": "here", "issuer": "of-the-test",
                                        "rootcertbundle": str(self.folder / "ca.pem")}}
        (self.folder / "config.yml").write_text(json.dumps(config))  # which is YAML
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.tokens:
            self.tokens.close()
        shutil.rmtree(self.folder, ignore_errors=True)

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
        if self.tls:
            context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        own = {"basic": {"Authorization": f"Basic {LOGIN}"}}.get(self.names, {})
        connection.request(method, path, headers={**own, **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers

    def log_in(self, home, *hosts, password=PASSWORD):
        """As `docker login` leaves it behind, for each name that the registry has."""
        login = base64.b64encode(f"{USER}:{password}".encode()).decode()
        (home / ".docker").mkdir(parents=True, exist_ok=True)
        (home / ".docker" / "config.json").write_text(
            json.dumps({"auths": {host: {"auth": login} for host in (self.host, *hosts)}}))

    def vouch(self, home, *hosts):
        """As who runs the machine does."""
        for host in (self.host, *hosts) if self.tls else ():
            place = home / ".config" / "docker" / "certs.d" / host
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / "ca.pem", place / "ca.crt")

    def push(self, engine, image, name):
        """From the engine, where nothing of it is left; its digest."""
        login = base64.urlsafe_b64encode(json.dumps({"username": USER, "password": PASSWORD}).encode()).decode()
        repository, tag = name.rsplit(":", 1)
        engine.call("POST", f"/images/{image}/tag?repo={self.host}/{repository}&tag={tag}")
        said = engine.call("POST", f"/images/{self.host}/{repository}/push?tag={tag}", parse=False,
                           headers={"X-Registry-Auth": login}).decode()
        lines = [json.loads(line) for line in said.splitlines()]
        if any("error" in line for line in lines):
            raise AssertionError(said)
        forget(engine, f"{self.host}/{name}")
        return next(line["aux"]["Digest"] for line in lines if "Digest" in line.get("aux", {}))


class Tokens:
    """Gives a token for what is asked to who has the name and password; anybody else gets none."""

    def __init__(self, folder):
        self.folder, self.given = folder, []
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get("Authorization") != f"Basic {LOGIN}":
                    return self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]})
                scopes = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("scope", [])
                tokens.given += scopes
                self.answer(200, {"token": tokens.token(scopes), "expires_in": 300})

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.realm = f"http://127.0.0.1:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def token(self, scopes):
        """A signed one, by the authority's own key."""
        words = (self.folder / "ca.pem").read_text().splitlines()
        head = {"typ": "JWT", "alg": "ES256", "x5c": ["".join(words[1:-1])]}
        now = int(time.time())
        access = [dict(zip(("type", "name", "actions"), (*scope.split(":")[:2], scope.split(":")[2].split(","))))
                  for scope in scopes]
        body = {"iss": "of-the-test", "sub": USER, "aud": "here", "exp": now + 300, "nbf": now - 60, "iat": now,
                "jti": str(time.monotonic_ns()), "access": access}
        text = ".".join(unpadded(json.dumps(part).encode()) for part in (head, body))
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.folder / "ca.key"], input=text.encode(),
                                capture_output=True, check=True).stdout
        return f"{text}.{unpadded(plain_signature(signed))}"


def unpadded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def plain_signature(der):
    """Both numbers of a signature in DER, 32 bytes each."""
    out, at = b"", 2
    for _ in range(2):
        size = der[at + 1]
        out += int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big")
        at += 2 + size
    return out


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
