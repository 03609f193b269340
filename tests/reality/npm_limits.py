"""Compares rate_limiter_flexible with npm rate-limiter-flexible's RateLimiterMemory, consume by
consume: costs, blocks, even delays, durations that node's timers do not reach.

Usage: npm_limits.py HIGHWATER CACHE [SEED]
"""

import random as random_module
import sys

from npm_oracle import compare, play, seconds

ROUNDS = 60
REQUESTS = 300
LONGEST = 2**31 - 1  # milliseconds: a timer for longer fires after one


def settings(random):
    """Options of the library, and words of the driver."""
    points = random.choice([0, 1, 2, 3, 7, 10, 64])
    duration = random.choice([0, 1, 100, 333, 1000, 2500, 60_000, 86_400_000, LONGEST, LONGEST + 1,
                              30 * 86_400_000])
    options = {"points": points, "duration": duration / 1000}
    words = ["rate_limiter_flexible", "--points", str(points), "--duration", "%dms" % duration]
    block = 0
    if random.random() < 0.5:
        block = random.choice([1, 50, 700, 1000, 10_000, 3_600_000, LONGEST + 1])
        options["blockDuration"] = block / 1000
        words += ["--block-duration", "%dms" % block]
    if random.random() < 0.4:
        options["execEvenly"] = True
        words.append("--exec-evenly")
        if random.random() < 0.5:
            least = random.choice([1, 20, 500])
            options["execEvenlyMinDelayMs"] = least
            words += ["--exec-evenly-min-delay", "%dms" % least]
    # The library says when the record was to end, not that it is forgotten long before.
    says_when = max(duration, block) <= LONGEST
    return options, words + (["--retry-after"] if says_when else []), duration, block


def requests(random, points, duration, block):
    """[at, cost]: about as fast as the limit, with pauses that windows and blocks end in."""
    now, rows = 0, []
    speed = random.choice([0.3, 1, 3])
    step = max(1, (duration if 0 < duration <= LONGEST else 1000) / max(points, 1) / speed)
    for _ in range(REQUESTS):
        now += int(random.expovariate(1) * step)
        if random.random() < 0.05:
            now += int(random.choice([1, 1, 1.5, 3]) * random.choice([duration, block, step]))
        rows.append([now, random.choice([0, 1, 1, 1, 1, 2, 3, points, points + 1])])
    return rows


def text(answer, cost, points, says_when):
    admitted, delay, _, before_next = answer
    if admitted:
        return "delay %s" % plain(delay) if delay > 0 else "allow"
    if not says_when:
        return "deny"
    return "deny " + ("never" if before_next < 0 or cost > points else plain(before_next))


def plain(milliseconds):
    """Without decimals that say nothing."""
    return ("%f" % (milliseconds / 1000)).rstrip("0").rstrip(".")


def main():
    highwater, cache = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    random = random_module.Random("rate-limiter-flexible %d" % seed)
    runs, commands = [], []
    for _ in range(ROUNDS):
        options, words, duration, block = settings(random)
        runs.append({"options": options,
                     "requests": requests(random, options["points"], duration, block)})
        commands.append(words)
    agreed, seen = 0, {}
    for run, words, answers in zip(runs, commands,
                                   play("npm_limits.js", ["rate-limiter-flexible"], cache, runs)):
        lines = ["%s %d" % (seconds(at), cost) for at, cost in run["requests"]]
        theirs = [text(answer, cost, run["options"]["points"], words[-1] == "--retry-after")
                  for answer, (_, cost) in zip(answers, run["requests"])]
        agreed += compare(highwater, words, lines, theirs)
        for answer in theirs:
            word = answer.split()[0]
            seen[word] = seen.get(word, 0) + 1
    print("rate_limiter_flexible  %d decisions agree:" % agreed,
          ", ".join("%d %s" % (count, word) for word, count in sorted(seen.items())))
    assert len(seen) == 3, "nothing to tell apart"


main()
