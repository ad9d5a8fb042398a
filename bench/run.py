"""Benchmarks: ratios and times of one run on this machine, each beside its named peer or limit.

python3 bench/run.py [NAME…] [--list]   (script/bench builds first)"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from api import api  # noqa: E402
from containers import containers  # noqa: E402
from faults import faults, healthy  # noqa: E402
from figures import ROOT, STEADY, figure, noise, released  # noqa: E402
from house import BUILD, House  # noqa: E402
from proxy import proxy  # noqa: E402
from releases import bad, deploy, overhead, rollback, switch  # noqa: E402


def status():
    """`slipway status`, process start included."""
    with House(STEADY) as h:
        released(h, "v1")
        ours, empty = [], []
        for _ in range(40):
            begun = time.perf_counter()
            h.run("status")
            ours.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            subprocess.run(["/bin/true"], capture_output=True, text=True)
            empty.append((time.perf_counter() - begun) * 1000)
        figure("slipway status, cold, p50", f"{statistics.median(ours):.1f}", "ms",
               f"limit 10 ms; an empty program measured the same way {statistics.median(empty):.1f} ms")


def idle():
    """The agent with one site and nothing to do."""
    with House(STEADY) as h:
        h.write_config(STEADY, health="{ path: /up }")
        released(h, "v1")
        pid = h.agent_pid()

        def ticks():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])

        before, begun = ticks(), time.monotonic()
        time.sleep(20)  # poll: the measured stretch itself
        cpu = (ticks() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - begun) * 100
        rss = next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().split("\n")
                   if line.startswith("VmRSS"))
        figure("agent idle, resident", f"{rss / 1024:.1f}", "MB", "limit 20 MB")
        figure("agent idle, processor", f"{cpu:.2f}", "% of one", "limit 0.2 %")


def rows():
    """Rows per second through parse and count, on one core."""
    program = BUILD / "rows_bench"
    if not program.exists():
        print("rows: not built (script/bench builds it)")
        return
    done = subprocess.run([str(program), "--benchmark_format=json"], capture_output=True, text=True)
    for item in json.loads(done.stdout)["benchmarks"]:
        rate = item.get("items_per_second")
        if rate:
            figure(f"rows: {item['name']}", f"{rate:,.0f}", "rows/s", "limit 500,000")


def sites():
    """10,000 sites with a live canary each on the real journal, in virtual time."""
    program = BUILD / "sites_bench"
    if not program.exists():
        print("sites: not built (script/bench builds it)")
        return
    with tempfile.TemporaryDirectory() as folder:
        saw = {}
        # Several times from one snapshot of a site to the next: those of all sites come together, and a short
        # stretch sees too many or too few of them. Then a start.
        for seconds in ("420", "0"):
            done = subprocess.run([str(program), "10000", seconds, folder], capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(done.stderr)
            saw = json.loads(done.stdout) | saw
        figure("sites: live canaries at once", f"{saw['live']:,}", "", "10,000")
        figure("sites: resident, the modelled world included", f"{saw['resident_mb']}", "MB", "limit 512 MB")
        figure("sites: of it users, instances and proxies", f"{saw['world_mb']}", "MB", "modelled")
        figure("sites: processor at a tick a second", f"{saw['cores']:.2f}", "cores", "limit 1")
        figure("sites: written by the journal", f"{saw['journal_mb_s']:.2f}", "MB/s", "limit 2.5 MB/s")
        figure("sites: start from that journal", f"{saw['start_s']:.2f}", "s", "limit 2 s")
        figure("sites: resident after it", f"{saw['after_start_mb']}", "MB", "limit 512 MB")
        figure("sites: of it users, instances and proxies", f"{saw['start_world_mb']}", "MB", "modelled")


def torture():
    """Deployments with faults per second on one core, by the simulator."""
    program = BUILD / "slipway-torture"
    if not program.exists():
        print("torture: not built (ninja -C build slipway-torture)")
        return

    def rate(*arguments):
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True)
        return float(done.stdout.split("violations; ")[1].split()[0]), done.returncode

    # 13 blocks a deployment; the canary of 12 s waits for its proof and judges 31.
    short, broke = rate("--deployments", "4000", "--calm", "--config", "blue_green")
    mixed, also = rate("--deployments", "3000")
    broke += also
    figure("torture: every strategy, with faults and restarts", f"{mixed:,.0f}", "per second", "")
    figure("torture: plans of at most 15 judged ticks", f"{short:,.0f}", "per second", "limit 2,000")
    long, also = rate("--deployments", "400", "--calm", "--config", "defaults")
    figure("torture: plans of default durations", f"{long:,.0f}", "per second", "limit 200")
    figure("torture: lives that broke a rule", broke + also, "", "limit 0")


def tick():
    """What one second of one deployment costs the judge."""
    program = BUILD / "tick_bench"
    if not program.exists():
        print("tick: not built (script/bench builds it)")
        return
    done = subprocess.run([str(program), "--benchmark_format=json", "--benchmark_repetitions=9",
                           "--benchmark_min_time=0.2"], capture_output=True, text=True)
    took = {}
    for item in json.loads(done.stdout)["benchmarks"]:
        if item["run_type"] == "iteration":
            took.setdefault(item["run_name"], []).append(item["cpu_time"] / 1000)
    for name, each in took.items():
        figure(f"judge: {name}, median of {len(each)}", f"{statistics.median(each):.2f}", "µs",
               f"limit 5 µs ({min(each):.2f} to {max(each):.2f})")


def judge():
    """The judge and its peers, simulated: a page in build/ (--full: docs/judge_tables.md, long)."""
    program = BUILD / "judge_bench"
    if not program.exists():
        print("judge: not built (script/bench builds it)")
        return
    page = ROOT / "docs" / "judge_tables.md" if FULL else BUILD / "judge_tables.md"
    subprocess.run([str(program), "--full" if FULL else "--quick", "--page", str(page)], check=True)
    print(f"judge: {page}")


FULL = False
ALL = {f.__name__: f for f in (status, idle, rollback, switch, deploy, overhead, bad, faults, healthy, proxy, containers,
                                api, rows, tick, judge, sites, torture)}


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--full", action="store_true", help="judge: as many runs as the stated figures had")
    arguments = parser.parse_args()
    global FULL
    FULL = arguments.full
    if arguments.list:
        for name, run in ALL.items():
            print(f"{name:<12}{(run.__doc__ or '').strip().split(chr(10))[0]}")
        return 0
    unknown = [n for n in arguments.names if n not in ALL]
    if unknown:
        print(f"script/bench: unknown {', '.join(unknown)}; known: {', '.join(ALL)}", file=sys.stderr)
        return 2
    noise()
    for name in arguments.names or ALL:
        ALL[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
