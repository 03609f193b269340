"""Compares Kafka's assignors with librdkafka's, whose consumers join and leave groups at its mock
cluster.

Usage: librdkafka_groups.py HIGHWATER CLIENTS [SEED]

Many groups live at once, since the cluster takes about three seconds for each rebalance. What the
leader of a group told its assignor, in that order and with the member ids that the cluster drew,
goes through ours too: each run of an assignor, what a cooperative rebalance then hands out at once,
and what everybody has when the group is at rest.

The sticky assignor of librdkafka 2.0.2 frees a partition that it then moves, where that is to move
back alone, and crashes. Each group has a process of its own, so that only one ends with that. Runs
that were told what a member said of itself before the last rebalance, because it came too late for
this one, are left out.
"""

import json
import random as random_module
import re
import selectors
import subprocess
import sys
import time

from balancing_oracle import skip
from npm_oracle import compare

VERSION = "2.0.2"  # whose assignors ours are; those of others may differ
PATIENCE = 12.0  # seconds until a group that does not come to rest is given up
TOPICS = {"t1": 7, "t2": 3, "orders": 13, "b": 1, "clicks.2024": 8, "a-z": 5}
GROUPS = {"range": 10, "roundrobin": 10, "cooperative-sticky": 24}
STEPS = {"range": 3, "roundrobin": 3, "cooperative-sticky": 2}
DRIVERS = {"range": ["kafka_range"], "roundrobin": ["kafka_roundrobin"],
           "cooperative-sticky": ["kafka_sticky"]}
FIRST = ["kafka_cooperative_sticky", "--phase", "first"]
SETTLED = ["kafka_cooperative_sticky", "--phase", "settled"]

RUNNING = re.compile(r'Group "(.*)" running (.*) assignor for (\d+) member\(s\) and \d+ eligible')
TOLD = re.compile(r' Member "(.*)"(?: \(me\))? with (\d+) owned partition\(s\)')
ASSIGNED = re.compile(r' Member "(.*)"(?: \(me\))? assigned (\d+) partition\(s\)')
PARTITION = re.compile(r"  (.*) \[(-?\d+)\]")


class Clients:
    """The process that holds the consumers of a group, and what it has said."""

    def __init__(self, program, selector, group):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, bufsize=0)
        selector.register(self.process.stdout, selectors.EVENT_READ, group)
        self.rest = b""
        for topic, partitions in TOPICS.items():
            self.tell("topic", topic, partitions)

    def tell(self, *words):
        try:
            self.process.stdin.write((" ".join(str(word) for word in words) + "\n").encode())
        except BrokenPipeError:
            pass  # which its output will say, too

    def hear(self):
        """Lines that have come; nothing where none will any more."""
        part = self.process.stdout.read(1 << 16)
        if not part:
            return None
        *lines, self.rest = (self.rest + part).split(b"\n")
        return [line.decode() for line in lines]

    def stop(self, selector):
        """How the process ended: below 0 by a signal, as when librdkafka crashes."""
        selector.unregister(self.process.stdout)
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        return self.process.returncode


class Run:
    """One run of an assignor: what it was told, and what it came to."""

    def __init__(self, members):
        self.count = members
        self.told = []  # [id, how many partitions it owns, topics]
        self.joins = {}  # by client: what it said that it has
        self.owned = {}  # the same, by id
        self.result = {}
        self.finished = False
        self.group = None  # as ours take it; nothing where it is not known for certain

    def hear(self, text):
        """Whether the run is over with this line."""
        match = TOLD.match(text)
        if match:
            self.told.append([match.group(1), int(match.group(2)), []])
            return False
        match = ASSIGNED.match(text)
        if match:
            self.left = int(match.group(2))
            self.last = self.result.setdefault(match.group(1), [])
        match = PARTITION.match(text)
        if match and not self.result:
            self.told[-1][2].append(match.group(1))
        elif match:
            self.last.append("%s-%s" % match.groups())
            self.left -= 1
        return len(self.result) == self.count and self.left == 0


class Group:
    """A consumer group and the comparisons that it gives occasion for."""

    def __init__(self, name, strategy, random, program, selector):
        self.name, self.strategy, self.random = name, strategy, random
        self.clients = Clients(program, selector, self)
        self.logs = {}  # by client: the run that it tells of
        self.alike = random.sample(sorted(TOPICS), random.randint(1, len(TOPICS))) \
            if random.random() < 0.5 else None
        self.started = 0
        self.members = {}  # by client: what it has; nothing until that is known
        self.ids = {}  # by client, also of those who have left
        self.joins = {}  # by client: what it had when it asked to join, since the last run
        self.generations = {}  # by id
        self.runs = 0
        self.run = None  # the last that is over
        self.finished = None  # the last that was compared
        self.of_step = []  # runs since members came or went
        self.steps = 0
        self.compared = []  # (words, line, expected)
        self.unclear = 0
        for _ in range(random.randint(1, 4)):
            self.start()
        self.begin_step()

    def start(self):
        client = "%s.%d" % (self.name, self.started)
        self.started += 1
        topics = self.alike or self.random.sample(sorted(TOPICS),
                                                  self.random.randint(1, len(TOPICS)))
        self.members[client] = None
        self.clients.tell("start", client, self.name, self.strategy,
                          *self.random.sample(topics, len(topics)))

    def close(self):
        client = self.random.choice(sorted(self.members))
        del self.members[client]
        self.joins.pop(client, None)
        self.clients.tell("close", client)

    def begin_step(self):
        self.of_step = []
        self.since = time.monotonic()

    def change(self):
        """One member comes or goes, sometimes two."""
        for _ in range(self.random.choice([1, 1, 2])):
            if len(self.members) > 1 and self.random.random() < 0.4:
                self.close()
            elif len(self.members) < 7:
                self.start()
        self.begin_step()

    def partitions(self):
        """What each member has, by id."""
        return {self.ids[client]: sorted(has or []) for client, has in self.members.items()
                if client in self.ids}

    def over(self, run):
        """An assignor has run."""
        self.finish()
        run.joins, self.joins = self.joins, {}
        self.run = run
        self.of_step.append(run)

    def finish(self):
        """Compares the last run, now that every member knows its id."""
        run = self.run
        if not run or run.finished:
            return
        run.finished = True
        joined = {self.ids[client]: owned for client, owned in run.joins.items()
                  if client in self.ids}
        run.owned = {id: joined.get(id, []) for id, _, _ in run.told}
        if all(id in joined and len(joined[id]) == count for id, count, _ in run.told):
            run.group = {"topics": TOPICS, "members": [
                {"id": id, "topics": topics, "owned": run.owned[id],
                 **({"generation": self.generations[id]} if id in self.generations else {})}
                for id, _, topics in run.told]}
            self.note(DRIVERS[self.strategy], run, run.result)
        else:
            self.unclear += 1
        if self.finished:
            # Whoever has what it had was perhaps handed nothing, as the next rebalance came first.
            self.handed_out(self.finished, {id: held for id, held in joined.items()
                                            if held != self.finished.owned.get(id)})
        self.finished = run
        self.runs += 1
        for id in joined:
            self.generations[id] = self.runs

    def note(self, words, run, expected):
        self.compared.append((words, json.dumps(run.group),
                              {id: sorted(held) for id, held in expected.items()}))

    def handed_out(self, run, has):
        """What a cooperative run has handed out, seen by who was there and still is."""
        if self.strategy == "cooperative-sticky" and run.group:
            self.note(FIRST, run, {id: held for id, held in has.items() if id in run.result})

    def at_rest(self):
        if not self.run or any(client not in self.ids for client in self.members):
            return False
        has = self.partitions()
        return has == {id: sorted(held) for id, held in self.run.result.items()}

    def rest(self):
        """The step is over."""
        self.finish()
        self.handed_out(self.run, self.partitions())
        # One rebalance, or two of which nothing disturbed the second.
        first = self.of_step[0] if self.of_step else None
        if self.strategy == "cooperative-sticky" and first and len(self.of_step) <= 2 and \
                first.result.keys() == self.run.result.keys() and \
                all(run.group for run in self.of_step):
            self.note(SETTLED, first, self.run.result)
        self.steps += 1

    def hear(self, line):
        word, client, *rest = line.split(" ", 2)
        rest = rest[0] if rest else ""
        if word == "version" and client != VERSION:
            skip("librdkafka is %s, ours are the assignors of %s" % (client, VERSION))
        elif word == "wrong":
            raise RuntimeError("the clients of %s: %s" % (self.name, line))
        elif word == "id" and client in self.members:
            self.ids[client] = rest
        elif word == "has" and client in self.members:
            self.members[client] = rest.split()
        elif word == "join" and client in self.members:
            self.joins[client] = sorted(self.members[client] or [])
        elif word == "log":
            match = RUNNING.match(rest)
            if match:
                self.logs[client] = Run(int(match.group(3)))
            elif client in self.logs and self.logs[client].hear(rest):
                self.over(self.logs.pop(client))

    def goes_on(self):
        """Changes something where it is at rest, until that was done often enough."""
        if not self.at_rest():
            return time.monotonic() < self.since + PATIENCE
        self.rest()
        if self.steps > STEPS[self.strategy]:
            return False
        self.change()
        return True


def live(program, seed):
    """The groups, when all have lived their lives, and how many librdkafka did not survive."""
    random = random_module.Random("librdkafka %d" % seed)
    selector = selectors.DefaultSelector()
    groups, lively, crashed = [], [], 0
    try:
        for strategy, count in GROUPS.items():
            for number in range(count):
                name = "%s%d" % (strategy, number)
                groups.append(Group(name, strategy, random_module.Random(random.random()),
                                    program, selector))
                lively.append(groups[-1])
        while lively:
            for key, _ in selector.select(0.1):
                lines = key.data.clients.hear()
                if lines is None:
                    lively.remove(key.data)
                    if key.data.clients.stop(selector) >= 0:
                        raise RuntimeError("the clients of %s ended" % key.data.name)
                    crashed += 1
                for line in lines or []:
                    key.data.hear(line)
            for group in [group for group in lively if not group.goes_on()]:
                group.clients.stop(selector)
                lively.remove(group)
    finally:
        for group in lively:
            group.clients.stop(selector)
    return groups, crashed


def partitions_of(mine, expected):
    """Whether those that were seen have what ours says they have."""
    mine = json.loads(mine)
    return all(sorted(mine[id]) == held for id, held in expected.items())


def main():
    highwater, program = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    if not program:
        skip("librdkafka is not installed")
    groups, crashed = live(program, seed)
    for words in [*DRIVERS.values(), FIRST, SETTLED]:
        rows = [row for group in groups for row in group.compared if row[0] == words]
        compare(highwater, words, [line for _, line, _ in rows],
                [expected for _, _, expected in rows], partitions_of)
        count = sum(len(held) for _, _, expected in rows for held in expected.values())
        print("%-42s %4d rebalances, %d partitions agree" % (" ".join(words), len(rows), count))
        assert count > 500, "too few to mean anything"
    steps = sum(group.steps for group in groups)
    wanted = sum(1 + STEPS[group.strategy] for group in groups)
    print("%d of %d steps came to rest, %d runs left out, %d groups that librdkafka crashed in" %
          (steps, wanted, sum(group.unclear for group in groups), crashed))
    assert steps > 0.7 * wanted, "the mock cluster stands still"


main()
