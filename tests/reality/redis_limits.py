"""Compares limits that are shared through Redis with a running redis-server under a virtual clock.

Usage: redis_limits.py PROGRAM VIRTUAL_CLOCK

INCRBY, and PEXPIRE by whoever sees the count begin, is redis_fixed_window; INCRBY on a key with the
number of the period in its name is fixed_window_aligned.
"""

import random
import subprocess
import sys
import tempfile

from redis_oracle import Server, program

ROUNDS = 12
HITS = 200
START = 1_000_000  # milliseconds: a server does not start at 0


def decide(server, name, limit, period, now, cost):
    """What a client of the server does, command by command."""
    key = "k" if name == "redis_fixed_window" else "k:%d" % (now // period)
    count = int(server.command("INCRBY", key, cost))
    if count == cost:
        server.command("PEXPIRE", key, period if name == "redis_fixed_window" else 2 * period)
    return "allow" if count <= limit else "deny"


def run(server, driver, name, bits):
    limit = bits.choice([1, 2, 3, 10, 50])
    period = bits.choice([1000, 2000, 60_000, 333])
    server.command("FLUSHALL")
    now = START
    lines = []
    theirs = []
    for _ in range(HITS):
        now += int(bits.random() * 1.6 * period / limit)
        if bits.random() < 0.03:
            now += period
        server.turn_clock(now)
        cost = bits.choice([1, 1, 1, 2, 3])
        theirs.append(decide(server, name, limit, period, now, cost))
        lines.append("%d.%03d %d" % (now // 1000, now % 1000, cost))
    ours = subprocess.run([driver, "algorithm", name, "--rate", "%d/%dms" % (limit, period)],
                          input="\n".join(lines) + "\n", capture_output=True, text=True,
                          check=True).stdout.splitlines()
    assert ours == theirs, (name, limit, period, [(line, a, b) for line, a, b in
                                                  zip(lines, ours, theirs) if a != b][:5])
    return theirs.count("deny")


def main():
    redis = program()
    with tempfile.TemporaryDirectory() as directory:
        server = Server(redis, directory, clock=sys.argv[2])
        try:
            server.turn_clock(START)
            for name in ("redis_fixed_window", "fixed_window_aligned"):
                bits = random.Random(name)
                denied = sum(run(server, sys.argv[1], name, bits) for _ in range(ROUNDS))
                print("%-22s %d decisions agree, %d denied" % (name, ROUNDS * HITS, denied))
                assert denied
        finally:
            server.stop()


main()
