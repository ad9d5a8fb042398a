#!/usr/bin/env python3
"""Writes the manual pages from the program's own help: manpages.py PROGRAM VERSION FOLDER.

slipway.1 from `slipway help`, slipway-COMMAND.1 from `slipway help COMMAND`, so that neither can say what the other
does not."""

import pathlib
import re
import subprocess
import sys

program, version, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
FILES = [
    ("slipway.yaml", "the project's configuration, searched upwards from the working directory"),
    (".slipway/", "the agent's state, beside the configuration"),
    ("/var/lib/slipway/", "the state of the installed service"),
    ("/run/slipway/agent.sock", "the socket of the installed service"),
    ("/etc/default/slipway", "settings of the installed service"),
]
VARIABLES = [
    ("SLIPWAY_CONFIG", "the configuration file, as --config"),
    ("SLIPWAY_STATE", "the state folder, as --state"),
    ("SLIPWAY_URL, SLIPWAY_TOKEN", "an agent elsewhere, as --url, and the token for it"),
    ("NO_COLOR", "no colours, as --no-color"),
    ("LOGGING_LEVEL", "of the agent's own log: debug, info, warning, error"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "where the agent sends its traces, unless the configuration says it"),
]


def told(*words):
    return subprocess.run([program, "help", *words], capture_output=True, text=True, check=True,
                          stdin=subprocess.DEVNULL).stdout


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.split("\n"))


def listed(title, entries):
    return f".SH {title}\n" + "".join(f".TP\n.B {roff(name)}\n{roff(text)}\n" for name, text in entries)


def literal(title, text):
    return f".SH {title}\n.nf\n{roff(text)}\n.fi\n"


def page(name, summary, parts, also):
    head = f'.TH "{name.upper()}" "1" "" "Slipway {version}" "Slipway"\n.SH NAME\n{roff(name)} \\- {roff(summary)}\n'
    see = ".SH SEE ALSO\n" + ",\n".join(f".BR {roff(other)} (1)" for other in also) + "\n" if also else ""
    see = see.replace(") ,", "),").replace("(1),", "(1),")
    (folder / f"{name}.1").write_text(head + "".join(parts) + see)


whole = told()
commands = re.findall(r"^  ([a-z]+) +(\S.*)$", whole, re.M)
for command, summary in commands:
    text = told(command)
    usage = re.search(r"^usage: (.*)$", text, re.M)[1]
    rest = text.split(usage, 1)[1].strip("\n")
    flags, _, examples = rest.partition("\nexamples:\n")
    page(f"slipway-{command}", summary,
         [f".SH SYNOPSIS\n.nf\n{roff(usage)}\n.fi\n", literal("OPTIONS", flags.strip("\n")),
          literal("EXAMPLES", examples.rstrip("\n"))], ["slipway"])
body = whole.split("\n\n", 2)[2]
page("slipway", "release software with zero downtime, and take a bad release back",
     [".SH SYNOPSIS\n.B slipway\n.I COMMAND\n[words] [flags]\n", literal("COMMANDS", body.rstrip("\n")),
      listed("FILES", FILES), listed("ENVIRONMENT", VARIABLES)], [f"slipway-{c}" for c, _ in commands])
page("slipway-shim", "the parent of a process that Slipway keeps running",
     [".SH SYNOPSIS\n.B slipway\\-shim\n.I DIRECTORY\n",
      ".SH DESCRIPTION\nStarted by the agent for every instance and for the proxy, never by a person. It outlives the\n"
      "agent, keeps the listening sockets, the output and the exit status of what it guards, and is found again by\n"
      "the next agent.\n"], ["slipway"])
