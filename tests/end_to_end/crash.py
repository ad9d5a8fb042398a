"""A deployment whose agent is killed at one chosen record and started again: what came of it.

The agent does it by itself (SLIPWAY_DIE_AT_RECORD, src/main/scripted_death.h), so that the place is exact. Records are
numbered from the agent's start; only those count that carry commands or change a phase."""

import collections
import concurrent.futures
import json
import re

from house import House, poll
from strategies import STRATEGIES

WHENS = ("before-dispatch", "after-dispatch", "before-answer")

NOT_REACHED = "no such record this time"
MOST_AGAIN, LEAST_REACHED = 0.05, 0.95  # of all points; what is more is no noise of the machine

Outcome = collections.namedtuple("Outcome", "records end saw troubles")


def end_state(house):
    """What holds after a deployment, without what a clock decides."""
    site = house.status()
    last = site["last"] or {}
    return {
        "live": site["live"] and site["live"]["id"],
        "deployment": (last.get("id"), last.get("state"), last.get("to")),
        "steps": [(s["verb"], s["name"], s["state"]) for s in last.get("steps", [])],
        "version": site["version"], "health": site["health"], "weights": site["weights"],
        "instances": site["instances"], "warm": [w["version"] for w in site["warm"]],
        "processes": {v: len(house.instances(v)) for v in ("v1", "v2")},
        "answers": house.get(),
    }


def watched(house):
    """Follows the second deployment to its end; nothing while it is not accepted yet."""
    followed = house.run("watch", f"web-{house.environment}-2", "--output", "json")
    return None if "unknown_deployment" in followed.stdout else followed


def deploy_killed(strategy, record=0, when=WHENS[0], rate=150):
    """Deploys v2 over v1 by `strategy`; the agent dies at `record` (0: it does not) and is started again. None: this
    time there were fewer records, since how facts fall together is the machine's matter."""
    config, replicas = STRATEGIES[strategy]
    with House() as h:
        h.write_config(config, environment_extra=f"    replicas: {replicas}" if replicas > 1 else "")
        for version in ("v1", "v2"):
            h.release(version)
        h.deploy("v1")
        h.run("agent", "stop")
        load = h.load(rate=rate, slow=2)
        h.run("agent", "start", env={"SLIPWAY_DIE_AT_RECORD": f"{record}:{when}"})
        # Following starts a crashed agent again; a request whose answer was lost is recorded all the same.
        followed = h.run("deploy", h.environment, "--version", "v2", "--output", "json")
        if followed.returncode != 0:
            followed = poll("the recorded request", lambda: watched(h))
        if record:  # the last one's commands may be under way when the deployment has ended
            died = f"dies at record {record}"
            try:
                poll("the agent's death", lambda: died in (line["text"] for line in h.log_lines()), 10)
            except AssertionError:
                return None
        end = end_state(h)
        log = h.log_lines()
        troubles = [line["text"] for line in log if line["level"] == "error" or line.get("code") == "orphan"]
        if followed.returncode != 0:
            troubles.append(f"exit status {followed.returncode}: {followed.stdout[-2000:]} {followed.stderr}")
        else:
            receipt = json.loads(followed.stdout)["receipt"]
            if receipt["failed"] or not receipt["complete"] or receipt["rows_lost"]:
                troubles.append(f"receipt: {receipt}")
        records = [line["text"] for line in log if line.get("code") == "scripted_death"]
        return Outcome([r for r in records if r.startswith("record")], end, load.stop(), troubles)


def words_of(outcome):
    """What an agent passed, by number: {3: "answered -> apply"}."""
    return {int(n): what for n, what in (re.match(r"record (\d+): (.*)", r).groups() for r in outcome.records)}


def every_point(strategy, calm):
    """Every place where a crash may fall; a record without commands has one alone."""
    return [(strategy, record, when) for record, what in words_of(calm).items()
            for when in (WHENS if not what.endswith("->") else WHENS[:1])]


def troubles_of(found, calm):
    """Sentences about what a crash changed; none: the same end, and nobody noticed."""
    told = list(found.troubles)
    if found.saw["failed"]:
        told.append(f"requests failed: {found.saw}")
    if found.end["deployment"][1] != "succeeded" or found.end != calm.end:
        told.append(f"it ended as {found.end}; without a crash: {calm.end}")
    return told


def troubles_at(point, calm):
    """Dies at (strategy, record, when) and says what that changed."""
    strategy, record, when = point
    name = f"{strategy}, killed at record {record} {when}"
    try:
        found = deploy_killed(*point)
    except Exception as error:  # one run's trouble is told with the others'
        return [f"{name}: {error}"]
    if found is None:
        return [NOT_REACHED]
    name += f" ({words_of(found).get(record, 'not reached')})"
    told = troubles_of(found, calm)
    if not told:
        print(f"{name}: the same end, 0 of {found.saw['sent']} failed", flush=True)
    return [f"{name}: {t}" for t in told]


def not_killed(strategy):
    first = deploy_killed(strategy)
    troubles = troubles_of(first, first)
    if not troubles:
        return first
    print(f"{strategy}, not killed, needed a second run: {'; '.join(troubles)}", flush=True)
    return deploy_killed(strategy)


def troubles_twice(point, calm):
    """As for every test on a shared machine: what fails is run once more, and both runs are told. The troubles of the
    last run, and whether there were two."""
    first = troubles_at(point, calm)
    if not first:
        return [], False
    print(f"{point} needed a second run: {'; '.join(first)}", flush=True)
    return troubles_at(point, calm), True


def crash_at(points, workers):
    """Dies at each (strategy, record, when); `points` is a function of a strategy and its calm run. Returns sentences
    about what went wrong, and the number of crashes."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        calm = {s: pool.submit(not_killed, s) for s in STRATEGIES}
        calm = {s: run.result() for s, run in calm.items()}
        wrong = [f"{s}, not killed: {t}" for s, found in calm.items() for t in troubles_of(found, found)]
        chosen = [p for s in STRATEGIES for p in points(s, calm[s])]
        runs = [pool.submit(troubles_twice, p, calm[p[0]]) for p in chosen]
        told = [run.result() for run in runs]
    again = sum(second for _, second in told)
    reached = [t for t, _ in told if t != [NOT_REACHED]]
    print(f"{len(reached)} of {len(told)} chosen records were reached, {again} by a second run", flush=True)
    if again > MOST_AGAIN * len(told):
        wrong.append(f"{again} of {len(told)} points needed a second run")
    if len(reached) < LEAST_REACHED * len(told):
        wrong.append(f"{len(reached)} of {len(told)} chosen records were reached")
    return wrong + sum(reached, []), len(reached)
