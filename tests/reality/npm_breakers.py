"""Compares the circuit breakers and bulkheads of opossum and cockatiel with ours, call by call.

Usage: npm_breakers.py HIGHWATER CACHE [SEED]

Random settings, each with a sequence of calls whose failures come in stretches, so that breakers
open and close again. Half of the sequences are of calls that end at once; in the others calls
overlap, time out, find no capacity, or wait for the test of a half-open breaker.

What node's timers do not reach, 2^31 - 1 ms, is among the settings.

Times are chosen so that no two timers of a product run out in the same millisecond where their
order would count: calls begin at 1 and last for 2 modulo 8, what the product waits for is 4 or 5,
buckets turn at 0.
"""

import random as random_module
import sys

from npm_oracle import compare, draws, play, seconds

CALLS = 400
ROUNDS = 24  # of each driver; half of them overlap
DRAWS = 5000
MONTH = 30 * 86_400_000  # milliseconds: a timer for so long fires after one


def calls(random, gap, pause, longest):
    """[at, succeeds, lasts], at first mostly alive; `longest` is None for calls that end at once.
    """
    now, rows, failing = 1, [], 0.02
    for number in range(CALLS):
        if number % random.choice([20, 30, 50]) == 0:
            failing = random.choice([0.02, 0.2, 0.35, 0.5, 0.8, 1.0])
        now += 8 * int(random.expovariate(1) * gap / 8)
        if random.random() < 0.02:
            now += 8 * int(random.choice([0.5, 1, 1.2, 3]) * pause / 8)
        lasts = None
        if longest is not None:
            lasts = 2 + 8 * int(random.random() ** 2 * longest / 8)
        rows.append([now, random.random() >= failing, lasts])
    return rows


def line(call):
    at, succeeds, lasts = call
    words = [seconds(at), "success" if succeeds else "failure"]
    return " ".join(words if lasts is None else words + [seconds(lasts)])


def opossum(random, overlaps):
    buckets = random.choice([1, 2, 3, 7, 10, 20])
    interval = 8 * random.choice([1, 10, 50, 125, 400])
    warm = random.random() < 0.25
    window = buckets * interval
    timeout = 4 + 8 * random.choice([10, 60, 300]) if overlaps and random.random() < 0.7 else False
    reset = 5 + 8 * random.choice([0, 20, 100, 1000])
    if not overlaps and random.random() < 0.15:
        reset = MONTH
    options = {
        "timeout": timeout,
        "errorThresholdPercentage": random.choice([0, 1, 20, 33.3, 50, 75, 99.5, 100]),
        "resetTimeout": reset,
        # What does not go into whole buckets is cut off.
        "rollingCountTimeout": window + (0 if warm else random.randrange(buckets)),
        "rollingCountBuckets": buckets,
        "volumeThreshold": random.choice([0, 0, 3, 10, 25]),
        "allowWarmUp": warm,
        "rollingPercentilesEnabled": random.random() < 0.3,
        "enableSnapshots": random.random() < 0.3,
    }
    words = ["--timeout", "%dms" % timeout if timeout else "false",
             "--error-threshold-percentage", str(options["errorThresholdPercentage"]),
             "--reset-timeout", "%dms" % options["resetTimeout"],
             "--rolling-count-timeout", "%dms" % options["rollingCountTimeout"],
             "--rolling-count-buckets", str(buckets),
             "--volume-threshold", str(options["volumeThreshold"])]
    if warm:
        words.append("--allow-warm-up")
    gap = max(2, window / random.choice([2, 10, 40]))
    longest = None
    if overlaps:
        longest = 1.3 * timeout if timeout else gap * random.choice([1, 5, 20])
        if random.random() < 0.5:
            options["capacity"] = random.choice([1, 2, 5])
            words += ["--capacity", str(options["capacity"])]
    rows = calls(random, gap, min(reset, 10_000), longest)
    if timeout:  # exactly as long as the time-out, which comes first
        for row in random.sample(rows, CALLS // 20):
            row[2] = timeout
    return options, words, rows


def half_open_after(random, seed):
    """Options of the policy, words of the driver, and about how long it stays open."""
    if random.random() < 0.5:
        pauses = [random.choice([0, 13, 500, 2000, 7003])
                  for _ in range(random.choice([1, 1, 2, 3]))]
        return {"pauses": pauses}, ["--half-open-after", ",".join("%dms" % p for p in pauses)], \
            max(pauses)
    options = {
        "generator": random.choice(["none", "full", "half", "decorrelated"]),
        "initialDelay": random.choice([1, 50, 128, 777]),
        "maxDelay": random.choice([400, 3000, 30000]),
        "exponent": random.choice([1.3, 2, 3]),
    }
    return options, ["--generator", options["generator"],
                     "--initial-delay", "%dms" % options["initialDelay"],
                     "--max-delay", "%dms" % options["maxDelay"],
                     "--exponent", str(options["exponent"]), "--seed", str(seed)], \
        options["maxDelay"]


def cockatiel(driver, random, overlaps, seed):
    options, words, pause = half_open_after(random, seed)
    gap = random.choice([8, 40, 300])
    threshold = random.choice([0.1, 0.25, 0.5, 0.77, 0.95])
    if driver == "cockatiel_consecutive":
        options["threshold"] = random.choice([1, 2, 3, 6])
        words += ["--threshold", str(options["threshold"])]
    elif driver == "cockatiel_count":
        size = random.choice([1, 2, 5, 20, 64])
        options["breaker"] = {"threshold": threshold, "size": size}
        words += ["--threshold", str(threshold), "--size", str(size)]
        if random.random() < 0.6:
            least = random.randint(1, size)
            options["breaker"]["minimumNumberOfCalls"] = least
            words += ["--minimum-number-of-calls", str(least)]
    else:
        duration = random.choice([100, 1003, 4999, 6543, 30000])
        options["breaker"] = {"threshold": threshold, "duration": duration}
        words += ["--threshold", str(threshold), "--duration", "%dms" % duration]
        if random.random() < 0.8:
            rate = random.choice([0.2, 1, 3.7])
            options["breaker"]["minimumRps"] = rate
            words += ["--minimum-rps", str(rate)]
    longest = gap * random.choice([2, 10, 40]) if overlaps else None
    return options, words, calls(random, gap, pause, longest)


def breakers(highwater, cache, seed):
    runs, commands = [], []
    for driver in ("opossum", "cockatiel_consecutive", "cockatiel_count", "cockatiel_sampling"):
        random = random_module.Random("%s %d" % (driver, seed))
        for number in range(ROUNDS):
            overlaps = number % 2 == 1
            if driver == "opossum":
                options, words, rows = opossum(random, overlaps)
            else:
                options, words, rows = cockatiel(driver, random, overlaps, number)
            runs.append({"product": driver, "options": options, "calls": rows,
                         "draws": draws(number, DRAWS)})
            commands.append([driver, *words])
    results = play("npm_breakers.js", ["opossum", "cockatiel"], cache, runs)
    agreed, states = {}, {}
    for run, words, result in zip(runs, commands, results):
        assert result["drawn"] <= DRAWS
        theirs = ["%s %s" % ("allowed" if out else "rejected", state)
                  for out, state in result["answers"]]
        driver = words[0]
        agreed[driver] = agreed.get(driver, 0) + compare(
            highwater, words, [line(call) for call in run["calls"]], theirs)
        for answer in theirs:
            states.setdefault(driver, {}).setdefault(answer, 0)
            states[driver][answer] += 1
    for driver, count in agreed.items():
        print("%-22s %d decisions agree:" % (driver, count),
              ", ".join("%d %s" % (n, answer) for answer, n in sorted(states[driver].items())))
        rejected = sum(n for answer, n in states[driver].items() if answer.startswith("rejected"))
        assert count / 20 < rejected < count * 19 / 20, "nothing to tell apart"


def bulkheads(highwater, cache, seed):
    random = random_module.Random("bulkhead %d" % seed)
    runs, commands = [], []
    for _ in range(12):
        limit, queue = random.choice([1, 2, 5]), random.choice([0, 1, 4, 30])
        gap = 100
        rows = calls(random, gap, 10 * gap, gap * limit * random.choice([2, 4, 8]))
        runs.append({"product": "cockatiel", "options": {"limit": limit, "queue": queue},
                     "calls": rows, "draws": []})
        commands.append(["bulkhead", "--kind", "cockatiel", "--max-concurrent", str(limit),
                         "--queue", str(queue)])
    agreed = 0
    for run, words, result in zip(runs, commands,
                                  play("npm_breakers.js", ["opossum", "cockatiel"], cache, runs)):
        lines = ["%s %s" % (seconds(at), seconds(lasts)) for at, _, lasts in run["calls"]]
        agreed += compare(highwater, words, lines, result["answers"], same_bulkhead)
    print("bulkhead cockatiel     %d decisions agree" % agreed)


def same_bulkhead(mine, their):
    out, now = their
    if not out:
        return mine == "rejected"
    milliseconds = int(now) - 1_700_000_000_000
    return mine.startswith("runs ") and round(float(mine[5:]) * 1000) == milliseconds


def main():
    highwater, cache = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    breakers(highwater, cache, seed)
    bulkheads(highwater, cache, seed)


main()
