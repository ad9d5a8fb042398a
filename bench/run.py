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

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))

from house import BUILD, House, free_port, poll  # noqa: E402

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


def status():
    """`slipway status`, process start included."""
    with House(STEADY) as h:
        released(h, "v1")
        took = []
        for _ in range(40):
            begun = time.perf_counter()
            h.run("status")
            took.append((time.perf_counter() - begun) * 1000)
        figure("slipway status, cold, p50", f"{statistics.median(took):.1f}", "ms", "limit 10 ms")


def idle():
    """The agent with one site and nothing to do."""
    with House(STEADY) as h:
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


def rollback():
    """`slipway rollback` as typed: from the command to the last answer of the old version."""
    with House(STEADY) as h:
        released(h, "v1", "v2")
        load = h.load(rate=500, slow=0)
        poll("traffic", lambda: h.get()[0] == 200)
        typed, gaps = [], []
        for _ in range(10):
            h.deploy("v2")
            begun = time.time()
            back = h.json("rollback", "production")
            typed.append((begun, back))
            gaps.append(back["receipt"]["longest_gap_ms"] or 0)
        saw = load.stop()
        moved = []
        for begun, back in typed:
            shift = next(s for s in back["steps"] if s["verb"] == "shift")
            if shift["ended_at"]:
                ended = time.strptime(shift["ended_at"][:19], "%Y-%m-%dT%H:%M:%S")
                micros = float("0." + shift["ended_at"][20:].rstrip("Z"))
                moved.append((time.mktime(ended) - time.timezone + micros - begun) * 1000)
        figure("slipway rollback typed → traffic moved, p50", f"{statistics.median(moved):.1f}", "ms", "limit 50 ms")
        figure("longest gap over 10 rollbacks under 500/s", f"{max(gaps):.1f}", "ms", "limit 10 ms")
        figure("requests failed meanwhile", saw["failed"], f"of {saw['sent']}", "limit 0")


def deploy():
    """First answer of the new version and last of the old one, for a service that warms up for 300 ms
    and has requests of 500 ms (peers: kamal-proxy 0.32 s and 0.80 s)."""
    with House(STEADY) as h:
        h.release("v1", "--warm-up", "300")
        h.release("v2", "--warm-up", "300")
        h.deploy("v1")
        first, last, back, failed, sent = [], [], [], 0, 0
        for n in range(6):
            h.release(f"r{n}", "--warm-up", "300")
            load = h.load(rate=500, slow=20)
            time.sleep(1)  # poll: a second of traffic before the command
            begun = time.time()
            h.deploy(f"r{n}")
            back.append(time.time() - begun)
            saw = load.stop()
            failed, sent = failed + saw["failed"], sent + saw["sent"]
            new = saw["versions"].get(f"r{n}")
            others = [v["last_us"] for name, v in saw["versions"].items() if name != f"r{n}"]
            first.append(new["first_us"] / 1e6 - begun)
            last.append(max(others) / 1e6 - begun)
        figure("deploy: first answer of the new version, median", f"{statistics.median(first):.2f}", "s",
               "kamal-proxy 0.32 s (0.30 s is the service's warm-up)")
        figure("deploy: last answer of the old version, median", f"{statistics.median(last):.2f}", "s",
               "kamal-proxy 0.80 s (0.50 s is the slow request)")
        figure("requests failed meanwhile", failed, f"of {sent}", "limit 0")


def proxy():
    """The proxy as a service uses it beside HAProxy with the smallest configuration, by wrk."""
    with House(STEADY) as h, tempfile.TemporaryDirectory() as folder:
        released(h, "v1")
        out = subprocess.run(["pgrep", "-f", "demo-service --port"], capture_output=True, text=True).stdout.split()
        port = next(int(pathlib.Path(f"/proc/{p}/cmdline").read_text().split("\0")[2]) for p in out
                    if str(h.folder) in os.readlink(f"/proc/{p}/cwd"))
        bare = free_port()
        config = pathlib.Path(folder, "bare.cfg")
        config.write_text(f"""global
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
listen bare
    bind 127.0.0.1:{bare}
    server s 127.0.0.1:{port}
""")
        process = subprocess.Popen(["haproxy", "-f", str(config)], stderr=subprocess.DEVNULL)
        try:
            def saturate(at):
                done = subprocess.run(["wrk", "-t1", "-c32", "-d4s", f"http://127.0.0.1:{at}/"],
                                      capture_output=True, text=True)
                return float(next(line for line in done.stdout.split("\n") if "Requests/sec" in line).split()[1])

            ratios = [saturate(h.port) / saturate(bare) for _ in range(3)]
            figure("proxy at saturation / bare HAProxy, median of 3", f"{statistics.median(ratios):.2f}", "",
                   "limit 0.70")
        finally:
            process.terminate()
            process.wait()


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
        done = subprocess.run([str(program), "10000", "30", folder], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        saw = json.loads(done.stdout)
        figure("sites: live canaries at once", f"{saw['live']:,}", "", "10,000")
        figure("sites: resident, modelled users and proxies included", f"{saw['resident_mb']}", "MB", "limit 512 MB")
        figure("sites: processor at a tick a second", f"{saw['cores']:.2f}", "cores", "limit 1")
        figure("sites: written by the journal", f"{saw['journal_mb_s']:.2f}", "MB/s", "limit 2.5 MB/s")
        figure("sites: start from that journal", f"{saw['start_s']:.2f}", "s", "limit 2 s")


def torture():
    """Deployments with faults per second on one core, by the simulator."""
    program = BUILD / "slipway-torture"
    if not program.exists():
        print("torture: not built (ninja -C build slipway-torture)")
        return

    def rate(*arguments):
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True)
        return float(done.stdout.split("violations; ")[1].split()[0]), done.returncode

    short, broke = rate("--deployments", "4000", "--calm", "--config", "canary")
    figure("torture: plans of at most 15 judged ticks", f"{short:,.0f}", "per second", "limit 2,000")
    long, also = rate("--deployments", "400", "--calm", "--config", "defaults")
    figure("torture: plans of default durations", f"{long:,.0f}", "per second", "limit 200")
    figure("torture: lives that broke a rule", broke + also, "", "limit 0")


ALL = {f.__name__: f for f in (status, idle, rollback, deploy, proxy, rows, sites, torture)}


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
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
