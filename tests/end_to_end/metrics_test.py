"""Metrics of one's own on real releases: they take a bad one back, hold one when they are away, and the record can be
explained and judged again."""

import http.client
import http.server
import json
import pathlib
import socket
import threading
import unittest

from house import House, free_port, poll

CANARY = """
metrics:
  checkout_errors:
    {{ source: http, url: "http://127.0.0.1:{port}/?v=${{version}}", failed: /failed, total: /all, interval: 1s,
       timeout: 500ms }}
canary_deployment:
  stages:
    - {{ name: initial, traffic_percentage: 40, duration: 3s }}
    - {{ name: final, traffic_percentage: 100, duration: 1s }}
  rollback_triggers: ["checkout_errors > {limit}"]
"""


class Checkout:
    """What another system counts of each version: running totals, and a share of failures for v2."""

    def __init__(self, port, bad):
        counts = {"v1": [0, 0], "v2": [0, 0]}

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                version = self.path.split("v=")[1]
                failed = counts.get(version, [0, 0])
                failed[1] += 50
                failed[0] += int(50 * bad) if version == "v2" else 0
                body = json.dumps({"failed": failed[0], "all": failed[1]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def tell(house, path, body):
    """A POST over the agent's socket."""
    connection = http.client.HTTPConnection("agent")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(pathlib.Path(house.folder) / ".slipway" / "agent.sock"))
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


class Metrics(unittest.TestCase):
    def test_another_source_takes_a_release_back(self):
        port = free_port()
        checkout = Checkout(port, bad=0.4)
        try:
            with House(CANARY.format(port=port, limit="5%")) as h:
                h.release("v1")
                h.release("v2")
                h.deploy("v1")
                load = h.load(rate=200)
                poll("traffic", lambda: h.get()[0] == 200)
                done = h.deploy("v2", status=1)
                load.stop()
                self.assertEqual(done["state"], "rolled_back", done)
                self.assertEqual(done["because"]["values"]["metric"], "checkout_errors", done["because"])
                self.assertEqual(h.get()[1], "v1")
                explained = h.run("explain", "production").stdout
                self.assertIn("checkout_errors:", explained)
                self.assertIn("it would have gone on", " ".join(explained.split()))
                lax = pathlib.Path(h.folder) / "lax.yaml"
                lax.write_text((pathlib.Path(h.folder) / "slipway.yaml").read_text().replace("> 5%", "> 95%"))
                again = h.json("replay", "production", "--policy", str(lax))
                self.assertFalse(again["same"], again)
                self.assertEqual(again["stages"][0]["was"]["verdict"], "fail", again)
                self.assertNotEqual(again["stages"][0]["would"]["verdict"], "fail", again)
                same = h.json("replay", "production", "--policy", str(pathlib.Path(h.folder) / "slipway.yaml"))
                self.assertTrue(same["same"], same)
        finally:
            checkout.stop()

    def test_a_source_that_is_away_promotes_nothing(self):
        port = free_port()
        with House(CANARY.format(port=port, limit="50%")) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            poll("traffic", lambda: h.get()[0] == 200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            live = lambda: h.status()["live"]
            poll("the first stage", lambda: live() and live()["stage"] and live()["stage"]["n"] == 1)
            # Long after its three seconds: what was never heard is no good news.
            began = poll("requests enough", lambda: live()["receipt"]["exposed"] > 200 and live())
            self.assertEqual(began["stage"]["n"], 1, began)
            self.assertEqual(began["state"], "running")
            checkout = Checkout(port, bad=0)
            try:
                poll("the end", lambda: h.status()["last"]["to"] == "v2" and h.status()["live"] is None, seconds=120)
            finally:
                checkout.stop()
            self.assertEqual(h.status()["version"], "v2")
            load.stop()

    def test_complaints_take_a_release_back(self):
        canary = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 20, duration: 60s }
    - { name: final, traffic_percentage: 100, duration: 1s }
  rollback_triggers: ["User complaints or support tickets"]
"""
        with House(canary) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            load = h.load(rate=200)
            poll("traffic", lambda: h.get()[0] == 200)
            h.json("deploy", "production", "--version", "v2", "--no-wait")
            poll("traffic to v2", lambda: h.status()["live"] and h.status()["live"]["receipt"]["exposed"] > 20)
            status, answer = tell(h, "/v1/hooks/complaints", {"version": "v2", "count": 1})
            self.assertEqual((status, answer["deployments"]), (202, 1), answer)
            self.assertEqual(tell(h, "/v1/hooks/praise", {"version": "v2"})[0], 404)

            # One burst alone may be one angry user: they go on complaining.
            def ended():
                tell(h, "/v1/hooks/complaints", {"version": "v2", "count": 2})
                status = h.status()
                return status["live"] is None and status["last"]
            last = poll("the way back", ended, seconds=120, pause=0.5)
            load.stop()
            self.assertEqual(last["state"], "rolled_back", last)
            self.assertEqual(last["because"]["values"]["metric"], "complaints", last["because"])


if __name__ == "__main__":
    unittest.main()
