"""Strategies as tests write them: short, and judged leniently."""

from house import EASY, UNJUDGED

CANARY = """
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 20, duration: 1s, EASY }
    - { name: final, traffic_percentage: 100, duration: 1s, EASY }
  rollback: { automatic: true }
""".replace("EASY", EASY) + UNJUDGED
LONG_CANARY = CANARY.replace("duration: 1s", "duration: 5s", 1)
BLUE_GREEN = "blue_green_deployment: { monitor: 1s, keep_warm: 10m }" + UNJUDGED
ROLLING = """
deployment: { strategy: rolling }
rolling_deployment: { maxSurge: 1, maxUnavailable: 0, monitor: 0s }
""" + UNJUDGED
RECREATE = """
deployment: { strategy: recreate }
recreate_deployment: { monitor: 1s }
""" + UNJUDGED
# Each with the instances that show it.
STRATEGIES = {"canary": (CANARY, 1), "blue_green": (BLUE_GREEN, 1), "rolling": (ROLLING, 2)}
