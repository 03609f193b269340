"""What the scripts that compare us with packages of npm share: a JavaScript file beside the script
plays the runs that the script thought of, and the same go through `highwater algorithm`."""

import json
import os
import subprocess
import sys
import tempfile

from balancing_oracle import program
from npm_packages import install

PATIENCE = 100.0  # seconds until a run that does not end is a failure


def play(script, names, cache, runs):
    """What `script` makes of each run; it finds the packages where NODE_PATH says."""
    node = program("node")
    with tempfile.TemporaryDirectory(prefix="highwater-") as directory:
        modules = install(names, cache, directory)
        run = subprocess.run([node, os.path.join(os.path.dirname(__file__), script)],
                             input=json.dumps(runs), capture_output=True, text=True,
                             timeout=PATIENCE, env={**os.environ, "NODE_PATH": modules})
    if run.returncode != 0:
        raise RuntimeError("%s ended with %d:\n%s" % (script, run.returncode, run.stderr))
    return json.loads(run.stdout)


def ours(highwater, words, lines):
    """What `highwater algorithm` answers to each line."""
    run = subprocess.run([highwater, "algorithm", *words], input="\n".join(lines) + "\n",
                         capture_output=True, text=True, timeout=PATIENCE)
    if run.returncode != 0 or run.stderr:
        raise RuntimeError("highwater algorithm %s ended with %d:\n%s" %
                           (" ".join(words), run.returncode, run.stderr))
    return run.stdout.splitlines()


def compare(highwater, words, lines, theirs, same=lambda mine, their: mine == their):
    """How many decisions agree; ends the program at the first that does not."""
    mine = ours(highwater, words, lines)
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if not same(a, b)),
              min(len(mine), len(theirs)))
    if at == len(mine) == len(theirs) == len(lines):
        return at
    print("DIFFERENT: highwater algorithm", " ".join(words))
    print("\n".join(lines[:at + 1]))
    print("decision %d of %d: the product says %s, we say %s" %
          (at, len(lines), theirs[at:at + 1], mine[at:at + 1]))
    sys.exit(1)


def seconds(milliseconds):
    return "%d.%03d" % divmod(milliseconds, 1000)


def draws(seed, count):
    """The numbers in [0, 1) that a driver's --seed stands for: SplitMix64."""
    mask, state, numbers = (1 << 64) - 1, seed, []
    for _ in range(count):
        state = (state + 0x9e3779b97f4a7c15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & mask
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & mask
        numbers.append(((z ^ (z >> 31)) >> 11) * 2.0 ** -53)
    return numbers
