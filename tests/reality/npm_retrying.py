"""Compares pauses between tries, gRPC's retry throttle and its grpc-timeout header with cockatiel
and grpc-js.

Usage: npm_retrying.py HIGHWATER CACHE [SEED]
"""

import random as random_module
import sys

from npm_oracle import compare, play, seconds

PACKAGES = ["cockatiel", "@grpc/grpc-js"]
KINDS = ["cockatiel_none", "cockatiel_full", "cockatiel_half", "decorrelated_v2", "grpc_retry",
         "grpc_js_connection"]
ROUNDS = 20  # of each kind


def pauses(random, kind):
    run = {"about": "pauses", "kind": kind, "initial": random.choice([1, 25, 100, 128, 1000]),
           "max": random.choice([1000, 5000, 30000, 120000]),
           "multiplier": random.choice([1.3, 1.6, 2, 3]), "jitter": random.choice([0.1, 0.2, 0.5]),
           "draws": [random.choice([random.random(), 0.0, 1 - 2.0**-53]) for _ in range(30)]}
    words = ["backoff", "--kind", kind, "--initial", "%dms" % run["initial"],
             "--max", "%dms" % run["max"], "--multiplier", str(run["multiplier"])]
    if kind == "grpc_js_connection":
        words += ["--jitter", str(run["jitter"])]
    return run, words, ["%r" % draw for draw in run["draws"]]


def same_pause(kind):
    # V8's pow and tanh differ from ours in the last bit, and a difference is taken of them.
    slack = 1e-14 if kind == "decorrelated_v2" else 0.0

    def same(mine, their):
        return abs(float(mine) - their / 1000) <= slack * (100 + their)
    return same


def throttle(random):
    tokens = random.choice([1, 2, 3, 10, 64, 1000])
    ratio = random.choice([0.1, 0.25, 0.333, 0.001, 1, 7.5])
    results = [random.choice(["success", "success", "failure", "timeout", "refused"])
               for _ in range(200)]
    run = {"about": "throttle", "maxTokens": tokens, "tokenRatio": ratio, "results": results}
    return run, ["grpc_retry_throttle", "--max-tokens", str(tokens), "--token-ratio", str(ratio)], \
        results


def same_throttle(mine, their):
    word, tokens = mine.split()
    return (word == "allow", float(tokens)) == (their[0], their[1])


def headers(random):
    left = [random.randrange(10 ** random.randrange(1, 13)) for _ in range(400)]
    return {"about": "headers", "milliseconds": left}, ["grpc_timeout", "--library", "js"], \
        ["encode " + seconds(milliseconds) for milliseconds in left]


def main():
    highwater, cache = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rounds = []
    for kind in KINDS:
        random = random_module.Random("%s %d" % (kind, seed))
        rounds += [(kind, same_pause(kind), *pauses(random, kind)) for _ in range(ROUNDS)]
    random = random_module.Random("grpc %d" % seed)
    rounds += [("grpc_retry_throttle", same_throttle, *throttle(random)) for _ in range(ROUNDS)]
    rounds.append(("grpc_timeout", lambda mine, their: mine == their, *headers(random)))

    answers = play("npm_retrying.js", PACKAGES, cache, [run for _, _, run, _, _ in rounds])
    agreed = {}
    for (name, same, _, words, lines), theirs in zip(rounds, answers):
        agreed[name] = agreed.get(name, 0) + compare(highwater, words, lines, theirs, same)
    for name, count in agreed.items():
        print("%-20s %d decisions agree" % (name, count))


main()
