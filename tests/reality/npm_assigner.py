"""Compares kafka_roundrobin as kafkajs with kafkajs: a leader joins, deals and syncs.

Usage: npm_assigner.py HIGHWATER CACHE [SEED]

Random groups, half of them of members that subscribe to different topics.
"""

import json
import random as random_module
import sys

from npm_oracle import compare, play

GROUPS = 400
NAMES = ["a", "z", "t1", "t10", "t2", "orders", "orders.1", "Clicks", "a-b_c"]


def group(random):
    topics = {name: random.choice([0, 1, 2, 3, 7, 12, 30])
              for name in random.sample(NAMES, random.randint(1, len(NAMES)))}
    alike = random.random() < 0.5
    ids = ["%s-%08x" % (random.choice(["consumer", "c", "B", "_"]), random.getrandbits(32))
           for _ in range(random.choice([1, 2, 3, 5, 8, 20]))]
    everything = random.sample(sorted(topics), len(topics))
    members = [(id, everything if alike else
                random.sample(everything, random.randint(0, len(topics)))) for id in ids]
    return {"topics": topics, "members": members}


def same(mine, their):
    mine = json.loads(mine)
    return mine == {id: sorted(list, key=place) for id, list in their.items()}


def place(partition):
    topic, _, number = partition.rpartition("-")
    return topic, int(number)


def main():
    highwater, cache = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    random = random_module.Random("kafkajs %d" % seed)
    runs = [group(random) for _ in range(GROUPS)]
    lines = [json.dumps({"topics": run["topics"], "members": dict(run["members"])})
             for run in runs]
    theirs = play("npm_assigner.js", ["kafkajs"], cache, runs)
    compare(highwater, ["kafka_roundrobin", "--implementation", "kafkajs"], lines, theirs, same)
    print("kafka_roundrobin as kafkajs: %d groups, %d partitions agree" %
          (GROUPS, sum(len(list) for answer in theirs for list in answer.values())))


main()
