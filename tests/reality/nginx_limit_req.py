"""Compares nginx_limit_req and concurrency_limit with a running nginx, request by request.

Usage: nginx_limit_req.py PROGRAM VIRTUAL_CLOCK

Random zones (rates, bursts, delays) under a virtual clock. What nginx has decided it says itself:
the status, and for a delayed request the excess in its log, from which follows the delay. Its own
timer for a delayed request never runs out, since its clock stands still: such requests are hung up
on when they have been logged.
"""

import os
import random as random_module
import re
import socket
import subprocess
import sys
import time

from balancing_oracle import Backends, Server, directory, free_port, program
from nginx_clock import Clock

ZONES = 40
REQUESTS = 160
KEYS = 3


def random_zone(random):
    rate, unit = random.choice([(1, "s"), (3, "s"), (7, "s"), (40, "s"), (333, "s"), (1000, "s"),
                                (1, "m"), (30, "m"), (100, "m"), (47, "m")])
    zone = {"rate": rate, "unit": unit, "burst": random.choice([0, 1, 2, 3, 5, 20])}
    kind = random.choice(["plain", "nodelay", "delay"])
    if zone["burst"] and kind == "nodelay":
        zone["nodelay"] = True
    if zone["burst"] and kind == "delay":
        zone["delay"] = random.randint(1, zone["burst"])
    return zone


def words(zone):
    text = ""
    if zone["burst"]:
        text += " burst=%d" % zone["burst"]
    if zone.get("nodelay"):
        text += " nodelay"
    if "delay" in zone:
        text += " delay=%d" % zone["delay"]
    return text


def options(zone):
    given = ["--rate", "%dr/%s" % (zone["rate"], zone["unit"]), "--burst", str(zone["burst"])]
    if zone.get("nodelay"):
        given.append("--nodelay")
    if "delay" in zone:
        given += ["--delay", str(zone["delay"])]
    return given


def configuration(path, port, backend, zones):
    temporary = "".join("%s_temp_path %s/%s; " % (kind, path, kind) for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root root;" if os.geteuid() == 0 else ""
    zone_lines = "\n  ".join("limit_req_zone $http_x_key zone=z%d:1m rate=%dr/%s;"
                             % (i, zone["rate"], zone["unit"]) for i, zone in enumerate(zones))
    locations = "\n    ".join(
        "location = /%d { limit_req zone=z%d%s; limit_req_status 429; empty_gif; }"
        % (i, i, words(zone)) for i, zone in enumerate(zones))
    return """
%(user)s
daemon off; master_process off; worker_processes 1; pid %(path)s/pid; error_log %(path)s/log warn;
events { worker_connections 512; }
http {
  access_log off; %(temporary)s
  limit_req_log_level error;
  %(zones)s
  limit_conn_zone $http_x_key zone=connections:1m;
  server {
    listen 127.0.0.1:%(port)d;
    %(locations)s
    location /held {
      limit_conn connections 3; limit_conn_status 429; proxy_pass http://%(backend)s;
    }
  }
}
""" % {"path": path, "temporary": temporary, "port": port, "backend": backend, "user": user,
       "zones": zone_lines, "locations": locations}


def wait_for(condition, what):
    for _ in range(2000):
        found = condition()
        if found is not None:
            return found
        time.sleep(0.002)
    raise AssertionError("nothing comes of " + what)


class Log:
    def __init__(self, path):
        self.file = open(path, "rb")

    def news(self):
        return self.file.read().decode()


def ask(port, zone, key, log):
    """The verdict of nginx: allow, deny, or (excess of a delayed request, in thousandths)."""
    log.news()
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Key: %s\r\n\r\n"
                       % (zone, key.encode()))
    connection.settimeout(0.002)
    said = ""
    answer = b""

    def verdict():
        nonlocal said, answer
        try:
            answer += connection.recv(4096)
        except socket.timeout:
            pass
        said += log.news()
        if answer.startswith(b"HTTP/1.1 200"):
            return "allow"
        if answer.startswith(b"HTTP/1.1 429"):
            return "deny"
        found = re.search(r"delaying request, excess: (\d+)\.(\d+)", said)
        return None if found is None else int(found[1]) * 1000 + int(found[2])

    try:
        return wait_for(verdict, "a request to zone %d" % zone)
    finally:
        connection.close()


def expected_line(answer, zone):
    if not isinstance(answer, int):
        return answer
    milli = zone["rate"] * 1000 // (60 if zone["unit"] == "m" else 1)
    milliseconds = (answer - zone.get("delay", 0) * 1000) * 1000 // milli
    # A delay of less than a millisecond is none, though nginx calls it one in its log.
    return "delay %g" % (milliseconds / 1000) if milliseconds else "allow"


def drive(driver, name, given, lines):
    result = subprocess.run([driver, "algorithm", name, *given], input="\n".join(lines) + "\n",
                            capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def check_rates(driver, clock, port, zones, log, random):
    decisions = 0
    for index, zone in enumerate(zones):
        milli = zone["rate"] * 1000 // (60 if zone["unit"] == "m" else 1)
        apart = 1_000_000 // milli  # milliseconds
        pace = random.choice([0.2, 0.5, 1, 2]) / KEYS
        lines = []
        answers = []
        for _ in range(REQUESTS):
            if random.random() < 0.8:
                clock.advance(random.randint(0, max(1, int(2 * apart * pace))))
            if random.random() < 0.03:
                clock.advance(random.choice([apart * 20, 59_000, 61_000, 200_000]))
            key = "k%d" % random.randrange(KEYS)
            answers.append(expected_line(ask(port, index, key, log), zone))
            lines.append("%d.%03d %s" % (*divmod(clock.milliseconds, 1000), key))
        ours = drive(driver, "nginx_limit_req", [*options(zone), "--per-key"], lines)
        for line, mine, theirs in zip(lines, ours, answers, strict=True):
            same = mine == theirs or (mine.startswith("delay") and theirs.startswith("delay")
                                      and abs(float(mine[6:]) - float(theirs[6:])) < 1e-9)
            assert same, "%r at %s: nginx says %s, we say %s" % (zone, line, theirs, mine)
        decisions += len(lines)
        print("%-60s %4d decisions agree, %d denied, %d delayed"
              % (zone, len(lines), ours.count("deny"), sum(o.startswith("delay") for o in ours)),
              flush=True)
    return decisions


def check_connections(driver, port, backends, random):
    """Requests that the backend never answers, and that the client hangs up on."""
    lines = []
    answers = []
    held = {"a": [], "b": []}
    for step in range(120):
        key = random.choice("ab")
        if held[key] and random.random() < 0.4:
            client, arrived = held[key].pop()
            client.close()
            while arrived.recv(4096):  # nginx hangs up there too
                pass
            arrived.close()
            lines.append("%d %s done" % (step, key))
            continue
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                       b"X-Key: %s\r\n\r\n" % key.encode())
        index, arrived = backends.wait(client)
        if index is None:
            assert arrived.startswith(b"HTTP/1.1 429"), arrived
            client.close()
        else:
            held[key].append((client, arrived))
        answers.append("deny" if index is None else "allow")
        lines.append("%d %s" % (step, key))
    for connections in held.values():
        for client, arrived in connections:
            client.close()
            arrived.close()
    ours = drive(driver, "concurrency_limit", ["--limit", "3", "--per-key"], lines)
    assert ours == answers, (lines, ours, answers)
    print("limit_conn: %d decisions agree, %d denied" % (len(answers), answers.count("deny")))
    assert "deny" in answers


def main():
    driver, shim = sys.argv[1:3]
    nginx = program("nginx")
    random = random_module.Random("limit_req")
    zones = [{"rate": 5, "unit": "s", "burst": 3}] + [random_zone(random) for _ in range(ZONES)]
    backends = Backends(1)
    with directory() as path:
        clock = Clock(path + "/clock")
        clock.advance(1_000_000)
        port = free_port()
        with open(path + "/nginx.conf", "w") as file:
            file.write(configuration(path, port, backends.names[0], zones))
        server = Server([nginx, "-p", path, "-c", path + "/nginx.conf", "-e", path + "/log"],
                        [port], {"LD_PRELOAD": shim, "VIRTUAL_CLOCK": path + "/clock"})
        try:
            assert check_rates(driver, clock, port, zones, Log(path + "/log"), random) == (
                (ZONES + 1) * REQUESTS)
            check_connections(driver, port, backends, random)
        finally:
            server.stop()
            backends.close()


main()
