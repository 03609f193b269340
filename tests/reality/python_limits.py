"""Compares the windows of the family limiting with python-limits, which slowapi and Flask-Limiter
stand on, decision by decision.

Usage: python_limits.py PROGRAM

The library runs in this process with a clock of ours and without the thread with which its memory
storage forgets what has expired (which runs in real time). A library that is not installed skips
the test.
"""

import random as random_module
import subprocess
import sys
import threading
import time

from balancing_oracle import skip

NOW = [1_700_000_000.0]
ROUNDS = 12
HITS = 150
DRIVERS = {
    "FixedWindowRateLimiter": "fixed_window",
    "FixedWindowElasticExpiryRateLimiter": "elastic_window",  # gone from version 4 on
    "MovingWindowRateLimiter": "sliding_log",
    "SlidingWindowCounterRateLimiter": "sliding_window",  # since version 4
}


class NoTimer:
    def __init__(self, *_):
        pass

    def start(self):
        pass

    def is_alive(self):
        return True


def load():
    time.time = lambda: NOW[0]
    threading.Timer = NoTimer
    try:
        import limits
    except ImportError:
        skip("python3-limits is not installed")
    return limits


def run(limits, program, strategy, random):
    amount = random.choice([1, 2, 3, 5, 10, 60])
    times = random.choice([1, 1, 2, 7])
    unit, seconds = random.choice([("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)])
    text = "%d per %d %s" % (amount, times, unit)
    item = limits.parse(text)
    period = times * seconds
    NOW[0] = 1_700_000_000.0
    storage = limits.storage.MemoryStorage()  # of which a limiter keeps only a weak reference
    limiter = getattr(limits.strategies, strategy)(storage)
    lines = []
    theirs = []
    for _ in range(HITS):
        step = random.random() * period / amount * random.choice([0.1, 0.8, 1.5])
        if random.random() < 0.02:
            step = period * random.choice([1, 1.5, 3])
        NOW[0] = round(NOW[0] + step, 3)
        cost = random.choice([1, 1, 1, 2, 3])
        cost = cost if cost <= amount else 1
        theirs.append("allow" if limiter.hit(item, "client", cost=cost) else "deny")
        lines.append("%.3f %d" % (NOW[0] - 1_700_000_000, cost))
    options = ["--rate", text]
    if DRIVERS[strategy] == "sliding_window":
        options += ["--floor", "--phase", "%ds" % (1_700_000_000 % period)]
    ours = subprocess.run([program, "algorithm", DRIVERS[strategy], *options],
                          input="\n".join(lines) + "\n", capture_output=True, text=True,
                          check=True).stdout.splitlines()
    for line, mine, their in zip(lines, ours, theirs, strict=True):
        assert mine == their, "%s %s at %s: the library says %s, we say %s" % (
            strategy, text, line, their, mine)
    return theirs.count("deny")


def main():
    limits = load()
    for strategy in DRIVERS:
        if not hasattr(limits.strategies, strategy):
            continue
        random = random_module.Random(strategy)
        denied = sum(run(limits, sys.argv[1], strategy, random) for _ in range(ROUNDS))
        print("%-40s %d decisions agree, %d denied" % (strategy, ROUNDS * HITS, denied), flush=True)
        assert denied


main()
