"""What every benchmark prints with, and a project to run in."""

import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))

STEADY = "blue_green_deployment: { monitor: 1s, keep_warm: 1h }"


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def figure(name, value, unit, peer):
    print(f"{name:<58}{value:>12} {unit:<10} {peer}", flush=True)


def noise():
    """How steady the machine is: the same small work, twenty times."""
    took = []
    for _ in range(20):
        begun = time.perf_counter()
        sum(range(200_000))
        took.append(time.perf_counter() - begun)
    spread = quantile(took, 0.9) / statistics.median(took)
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"p90 of a fixed piece of work is {spread:.2f} times its median\n")


def released(house, *versions):
    for version in versions:
        house.release(version)
    house.deploy(versions[0])


def seconds_of(stamp):
    """Seconds since the epoch of an RFC 3339 time in UTC."""
    whole = time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")
    rest = stamp[19:].rstrip("Z")
    return time.mktime(whole) - time.timezone + (float("0" + rest) if rest else 0.0)


def rows_of(house):
    """The row file of the project's proxy."""
    return pathlib.Path(os.readlink(f"/proc/{house.haproxy_pids()[0]}/fd/9"))
