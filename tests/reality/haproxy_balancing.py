"""Compares the HAProxy policies with a running HAProxy, choice by choice.

Usage: haproxy_balancing.py HIGHWATER

Random backends (weights, algorithms, hash types, servers disabled, backups), each with a HAProxy of
its own. Requests stay open for a while, so that loads differ; servers are disabled and enabled and
change their weights on the way.
"""

import random as random_module
import socket
import sys

from balancing_oracle import (Backends, Recorder, Server, compare, directory, free_port, program,
                              random_address, random_key)

ROUNDS = 10
STEPS = 120


def hash_options(random, bounds):
    """What haproxy_hash and haproxy_source are told, the same as HAProxy's configuration, and
    whether that is a ring."""
    ring = random.random() < 0.5
    options = ["--type", "consistent" if ring else "map"]
    words = ["hash-type", "consistent" if ring else "map-based"]
    if random.random() < 0.7:
        function = random.choice(["sdbm", "djb2", "wt6", "crc32"])
        options += ["--function", function]
        words.append(function)
        if random.random() < 0.5:
            options.append("--avalanche")
            words.append("avalanche")
    lines = [" ".join(words)]
    if bounds and ring and random.random() < 0.5:
        factor = random.choice([101, 120, 150, 300])
        options += ["--balance-factor", str(factor)]
        lines.append("hash-balance-factor %d" % factor)
    return options, lines, ring


def random_target(random, name, policy):
    target = {"name": name, "weight": random.choice([1, 1, 2, 3, 7, 20, 256])}
    if random.random() < 0.15:
        target["down"] = True
    if random.random() < 0.2:
        target["backup"] = True
    if policy == "haproxy_first":
        target["max_in_flight"] = random.choice([3, 5])
    return target


def server_line(index, target):
    words = ["server s%d" % index, target["name"], "weight %d" % target["weight"]]
    if target.get("max_in_flight"):
        words.append("maxconn %d" % target["max_in_flight"])
    if target.get("down"):
        words.append("disabled")
    if target.get("backup"):
        words.append("backup")
    return " ".join(words)


def configuration(path, port, lines, targets):
    return """
global
  nbthread 1
  stats socket %s/admin level admin
defaults
  mode http
  timeout connect 1h
  timeout client 1h
  timeout server 1h
  timeout queue 1h
listen proxy
  bind 127.0.0.1:%d accept-proxy
  option http-server-close
  %s
  %s
""" % (path, port, "\n  ".join(lines),
       "\n  ".join(server_line(i, target) for i, target in enumerate(targets)))


def tell(path, command):
    """One command on the administration socket; what it answers."""
    with socket.socket(socket.AF_UNIX) as admin:
        admin.connect(path + "/admin")
        admin.sendall(command.encode() + b"\n")
        return admin.recv(4096).decode().strip()


def change(random, path, recorder, targets, down, dynamic, now):
    """Disables or enables a server, or changes its weight; the first server stays as it is."""
    if len(targets) == 1:
        return
    index = random.randrange(1, len(targets))
    if dynamic and random.random() < 0.5:
        weight = random.choice([0, 1, 2, 5, 30, 256])
        answer = tell(path, "set server proxy/s%d weight %d" % (index, weight))
        recorder.note(["weight", index, weight, now])
    else:
        up = index in down
        answer = tell(path, "%s server proxy/s%d" % ("enable" if up else "disable", index))
        down.symmetric_difference_update({index})
        recorder.note(["usable", index, up, now])
    assert answer == "", answer


# Those that accept other weights at run time.
DYNAMIC = ("haproxy_roundrobin", "haproxy_leastconn")

BALANCE = {
    "haproxy_roundrobin": "roundrobin",
    "haproxy_static_rr": "static-rr",
    "haproxy_leastconn": "leastconn",
    "haproxy_first": "first",
    "haproxy_hash": "hdr(x-key)",
    "haproxy_source": "source",
}


def check(highwater, haproxy, policy, seed):
    random = random_module.Random("%s %d" % (policy, seed))
    backends = Backends(random.choice([1, 2, 3, 4, 5, 9]))
    targets = [random_target(random, name, policy) for name in backends.names]
    targets[0].pop("backup", None)
    targets[0].pop("down", None)
    options, lines, ring = [], ["balance " + BALANCE[policy]], False
    if policy in ("haproxy_hash", "haproxy_source"):
        options, more, ring = hash_options(random, policy == "haproxy_hash")
        lines += more
    if random.random() < 0.4:
        options.append("--all-backups")
        lines.append("option allbackups")
    name = policy
    if "--balance-factor" in options:
        name = "haproxy_bounded_load"
    elif policy in ("haproxy_hash", "haproxy_source"):
        options.append("--events")
    # Beyond its limits HAProxy would let requests wait.
    most = 12
    if policy == "haproxy_first":
        most = sum(t["max_in_flight"] for t in targets if not t.get("down") and not t.get("backup"))
    with directory() as path:
        port = free_port()
        with open(path + "/haproxy.cfg", "w") as file:
            file.write(configuration(path, port, lines, targets))
        server = Server([haproxy, "-db", "-q", "-f", path + "/haproxy.cfg"],
                        [port, path + "/admin"])
        try:
            recorder = Recorder(backends, port)
            down = {i for i, target in enumerate(targets) if target.get("down")}
            dynamic = policy in DYNAMIC or ring
            for step in range(STEPS):
                # Beyond the limits of those that are left requests would wait.
                if policy != "haproxy_first" and random.random() < 0.08:
                    change(random, path, recorder, targets, down, dynamic, step)
                if recorder.open and (random.random() < 0.45 or len(recorder.open) >= most):
                    recorder.finish(random.choice(list(recorder.open)), step)
                    continue
                key, preface = random_key(random), b"PROXY UNKNOWN\r\n"
                header = b"X-Key: " + key + b"\r\n"
                if policy == "haproxy_source":
                    address = random_address(random)
                    key, header = address.encode(), b""
                    preface = ("PROXY TCP6 %s ::1 1 1\r\n" if ":" in address else
                               "PROXY TCP4 %s 127.0.0.1 1 1\r\n") % address
                    preface = preface.encode()
                recorder.request(step, key, header, preface=preface)
            recorder.finish_all(STEPS)
        finally:
            server.stop()
            backends.close()
    return compare(highwater, "%s, round %d" % (policy, seed), name, targets, options, recorder)


def main():
    highwater = sys.argv[1]
    haproxy = program("haproxy")
    for policy in BALANCE:
        decisions = sum(check(highwater, haproxy, policy, seed) for seed in range(ROUNDS))
        print("%-22s %5d decisions agree" % (policy, decisions), flush=True)
        assert decisions > 30 * ROUNDS


main()
