"""Compares the nginx policies with a running nginx, choice by choice.

Usage: nginx_balancing.py HIGHWATER VIRTUAL_CLOCK

Random upstreams (weights, methods, servers down, backups, limits, failures) under a virtual clock
and with a known random(). Every configuration gets an nginx of its own, so that its draws begin at
the seed.
"""

import os
import random as random_module
import sys

from balancing_oracle import (Backends, Recorder, Server, compare, directory,
                              free_port, program, random_address, random_key)
from nginx_clock import Clock

METHODS = {
    "nginx_round_robin": "",
    "nginx_least_conn": "least_conn;",
    "nginx_ip_hash": "ip_hash;",
    "nginx_hash": "hash $http_x_key;",
    "nginx_hash_consistent": "hash $http_x_key consistent;",
    "nginx_random": "random;",
    "nginx_random_two": "random two least_conn;",
}
ROUNDS = 12
STEPS = 90


def random_target(random, name, may_be_backup):
    target = {"name": name, "weight": random.choice([1, 1, 2, 3, 5, 9])}
    if random.random() < 0.15:
        target["down"] = True
    if may_be_backup and random.random() < 0.25:
        target["backup"] = True
    if random.random() < 0.4:
        target["max_fails"] = random.choice([0, 2, 3])
    if random.random() < 0.4:
        target["fail_timeout"] = random.choice([0, 1, 3, 30])
    if random.random() < 0.3:
        target["max_in_flight"] = random.choice([1, 2, 4])
    return target


def server_line(target):
    words = ["server", target["name"], "weight=%d" % target["weight"]]
    if "max_fails" in target:
        words.append("max_fails=%d" % target["max_fails"])
    if "fail_timeout" in target:
        words.append("fail_timeout=%ds" % (target["fail_timeout"]))
    if "max_in_flight" in target:
        words.append("max_conns=%d" % target["max_in_flight"])
    words += [word for word in ("down", "backup") if target.get(word)]
    return " ".join(words) + ";"


def configuration(path, port, method, targets):
    temporary = "".join("%s_temp_path %s/%s; " % (kind, path, kind) for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    # As root, nginx would give its directories to somebody else, which a container may not.
    user = "user root root;" if os.geteuid() == 0 else ""
    return """
%(user)s
daemon off; master_process off; worker_processes 1; pid %(path)s/pid; error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off; %(temporary)s
  set_real_ip_from 127.0.0.1; real_ip_header X-Client;
  upstream backends { %(method)s
    %(servers)s
  }
  server {
    listen 127.0.0.1:%(port)d;
    location / { proxy_pass http://backends; proxy_read_timeout 365d; proxy_connect_timeout 60s; }
  }
}
""" % {"path": path, "temporary": temporary, "method": METHODS[method], "port": port,
       "user": user,
       "servers": "\n    ".join(server_line(target) for target in targets)}


def check(highwater, shim, nginx, method, seed):
    random = random_module.Random("%s %d" % (method, seed))
    backends = Backends(random.choice([1, 2, 3, 4, 5, 9]))
    may_be_backup = method in ("nginx_round_robin", "nginx_least_conn")
    targets = [random_target(random, name, may_be_backup) for name in backends.names]
    targets[0].pop("backup", None)
    with directory() as path:
        clock = Clock(path + "/clock")
        port = free_port()
        with open(path + "/nginx.conf", "w") as file:
            file.write(configuration(path, port, method, targets))
        server = Server([nginx, "-p", path, "-c", path + "/nginx.conf", "-e", "stderr"], [port],
                        {"LD_PRELOAD": shim, "VIRTUAL_CLOCK": path + "/clock"})
        try:
            recorder = Recorder(backends, port)
            failing = set()
            for _ in range(STEPS):
                if random.random() < 0.3:
                    clock.advance(random.choice([100, 900, 1000, 2500, 11000, 31000]))
                if random.random() < 0.15:
                    failing = {i for i in range(len(targets)) if random.random() < 0.3}
                if recorder.open and (random.random() < 0.45 or len(recorder.open) > 12):
                    recorder.finish(random.choice(list(recorder.open)), clock.now())
                    continue
                key = random_key(random) if random.random() < 0.95 else b""
                if method == "nginx_ip_hash":
                    key = random_address(random).encode()
                header = b"X-Client: " if method == "nginx_ip_hash" else b"X-Key: "
                recorder.request(clock.now(), key, header + key + b"\r\n", failing)
            recorder.finish_all(clock.now())
        finally:
            server.stop()
            backends.close()
    options = ["--events"] if "hash" in method else []
    return compare(highwater, "%s, round %d" % (method, seed), method, targets, options, recorder)


def main():
    highwater, shim = sys.argv[1:3]
    nginx = program("nginx")
    for method in METHODS:
        decisions = sum(check(highwater, shim, nginx, method, seed) for seed in range(ROUNDS))
        print("%-22s %5d decisions agree" % (method, decisions), flush=True)
        assert decisions > 30 * ROUNDS


main()
