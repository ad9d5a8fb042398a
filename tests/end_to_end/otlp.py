"""A collector that takes traces by OTLP over HTTP and holds every body against the published schema: the messages of
opentelemetry/proto/collector/trace/v1 and trace/v1 in proto's JSON form (lowerCamelCase names, 64-bit numbers as texts,
ids as hex digits, enumerations as numbers). A field that the schema does not have is a mistake too."""

import http.server
import json
import re
import threading


def of(kind):
    return lambda value, at: (isinstance(value, kind) and not (kind is int and isinstance(value, bool))
                              or mistake(at, f"{value!r} is no {kind.__name__}"))


def mistake(at, what):
    raise ValueError(f"{at}: {what}")


def matching(pattern):
    return lambda value, at: (isinstance(value, str) and re.fullmatch(pattern, value)
                              or mistake(at, f"{value!r} does not match {pattern}"))


def many(check):
    def each(value, at):
        of(list)(value, at)
        for n, item in enumerate(value):
            check(item, f"{at}[{n}]")
    return each


def message(must=(), **fields):
    def check(value, at):
        of(dict)(value, at)
        for name in must:
            name in value or mistake(at, f"`{name}` is missing")
        for name, item in value.items():
            name in fields or mistake(at, f"there is no field `{name}`")
            fields[name](item, f"{at}.{name}")
    return check


def one_of(**fields):
    whole = message(**fields)

    def check(value, at):
        whole(value, at)
        len(value) == 1 or mistake(at, f"{sorted(value)}: exactly one may be set")
    return check


NUMBER = matching(r"-?[0-9]{1,20}")
COUNT = of(int)
ANY = one_of(stringValue=of(str), boolValue=of(bool), intValue=NUMBER, doubleValue=of(float))
ATTRIBUTES = many(message(must=("key", "value"), key=of(str), value=ANY))
TRACE_ID, SPAN_ID = matching("(?!0+$)[0-9a-f]{32}"), matching("(?!0+$)[0-9a-f]{16}")
STATUS = message(message=of(str), code=lambda v, at: v in (0, 1, 2) or mistake(at, f"{v} is no StatusCode"))
EVENT = message(must=("timeUnixNano", "name"), timeUnixNano=NUMBER, name=of(str), attributes=ATTRIBUTES,
                droppedAttributesCount=COUNT)
SPAN = message(
    must=("traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano"),
    traceId=TRACE_ID, spanId=SPAN_ID, traceState=of(str), parentSpanId=SPAN_ID, flags=COUNT, name=of(str),
    kind=lambda v, at: v in range(6) or mistake(at, f"{v} is no SpanKind"), startTimeUnixNano=NUMBER,
    endTimeUnixNano=NUMBER, attributes=ATTRIBUTES, droppedAttributesCount=COUNT, events=many(EVENT),
    droppedEventsCount=COUNT, status=STATUS)
SCOPE = message(name=of(str), version=of(str), attributes=ATTRIBUTES, droppedAttributesCount=COUNT)
REQUEST = message(resourceSpans=many(message(
    resource=message(attributes=ATTRIBUTES, droppedAttributesCount=COUNT), schemaUrl=of(str),
    scopeSpans=many(message(scope=SCOPE, spans=many(SPAN), schemaUrl=of(str))))))


def attributes(owner):
    """name -> text of its value."""
    return {a["key"]: str(next(iter(a["value"].values()))) for a in owner.get("attributes", [])}


class Collector:
    """`answers`: the statuses of the first requests, then 200."""

    def __init__(self, port, answers=()):
        self.port, self.requests, self.mistakes, self.traces, self.headers = port, 0, [], [], []
        answers = list(answers)
        collector = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = answers.pop(0) if answers else 200
                collector.requests += 1
                collector.headers.append(dict(self.headers))
                try:
                    self.path == "/v1/traces" or mistake("path", self.path)
                    self.headers["Content-Type"] == "application/json" or mistake("type", self.headers["Content-Type"])
                    value = json.loads(body)
                    REQUEST(value, "request")
                    if status == 200:
                        collector.traces.append(value)
                except ValueError as error:
                    collector.mistakes.append(str(error))
                    status = 400
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def spans(self):
        return [span for trace in self.traces for resource in trace["resourceSpans"]
                for scope in resource["scopeSpans"] for span in scope["spans"]]
