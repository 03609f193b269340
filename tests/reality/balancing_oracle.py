"""What the scripts that compare balancing with a running proxy share.

Backends that answer when told to tell whom the proxy chose; the same events then go through
`highwater algorithm`, whose decisions must be the same, one for one.
"""

import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SECOND = 1_000_000_000
PATIENCE = 60.0  # seconds until an answer that does not come is a failure


def skip(reason):
    print("SKIPPED:", reason)
    sys.exit(77)


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return path or skip(name + " is not installed")


def free_port():
    """A port below those that the system gives to connections: one of these could take the port
    before the server does, or connect to itself while there is no server yet."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def listens(place):
    """place: a port of this host, or the path of a socket."""
    with socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET) as probe:
        probe.settimeout(1)
        try:
            probe.connect(place if isinstance(place, str) else ("127.0.0.1", place))
            return True
        except OSError:
            return False


class Server:
    """A proxy in a directory of its own, ended by its process number."""

    def __init__(self, command, places, environment=None):
        self.process = subprocess.Popen(command, env={**os.environ, **(environment or {})},
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        end = time.monotonic() + PATIENCE
        for place in places:
            while not listens(place):
                if self.process.poll() is not None or time.monotonic() > end:
                    self.process.kill()
                    raise RuntimeError("the server did not start:\n" +
                                       self.process.stdout.read().decode())
                time.sleep(0.005)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Backends:
    """Servers that accept requests and leave them open until told how they end."""

    def __init__(self, count):
        self.listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        self.names = ["127.0.0.1:%d" % s.getsockname()[1] for s in self.listeners]

    def close(self):
        for listener in self.listeners:
            listener.close()

    def wait(self, client):
        """(index, connection) of the backend that gets the request; (None, answer) without one."""
        ready, _, _ = select.select([client] + self.listeners, [], [], PATIENCE)
        if not ready:
            raise RuntimeError("neither a backend nor the client hears anything")
        for i, listener in enumerate(self.listeners):
            if listener in ready:
                connection, _ = listener.accept()
                connection.settimeout(PATIENCE)
                head = b""
                while b"\r\n\r\n" not in head:
                    part = connection.recv(65536)
                    if not part:
                        break
                    head += part
                return i, connection
        return None, read_all(client)


def read_all(connection):
    data = b""
    while True:
        part = connection.recv(65536)
        if not part:
            return data
        data += part


class Recorder:
    """Sends requests through the proxy and keeps what happened."""

    def __init__(self, backends, port, which=None):
        """which: the backends that the proxy's configuration names, in its order."""
        self.backends = backends
        self.port = port
        self.which = which or list(range(len(backends.names)))
        self.events = []
        self.choices = []
        self.open = {}
        self.next_id = 0

    def request(self, now, key, headers, failing=(), preface=b""):
        """Opens a request; targets in `failing` break the connection. Returns its number, or None
        where the proxy gave up."""
        number = self.next_id
        self.next_id += 1
        client = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        client.settimeout(PATIENCE)
        client.sendall(preface + b"GET / HTTP/1.0\r\n" + headers + b"\r\n")
        event = ["pick", number, now, key.hex()]
        while True:
            index, connection = self.backends.wait(client)
            self.events.append(event)
            self.choices.append(-1 if index is None else self.which.index(index))
            if index is None:
                client.close()
                return None
            if self.choices[-1] not in failing:
                self.open[number] = (client, connection)
                return number
            connection.close()
            self.events.append(["fail", number, now])
            event = ["retry", number, now]

    def finish(self, number, now):
        client, connection = self.open.pop(number)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()
        read_all(client)
        client.close()
        self.events.append(["done", number, now])

    def finish_all(self, now):
        for number in list(self.open):
            self.finish(number, now)

    def note(self, event):
        self.events.append(event)


def seconds(nanoseconds):
    return b"%d.%09d" % divmod(nanoseconds, SECOND)


def command_line(policy, targets, options, seed):
    """What `highwater algorithm` is told. Targets are dictionaries; those of their entries that are
    not name and weight become options for the targets that have them."""
    words = [policy, "--seed", str(seed), "--targets",
             ",".join("%s=%d" % (target["name"], target["weight"]) for target in targets)]
    for word in ("down", "backup"):
        named = [target["name"] for target in targets if target.get(word)]
        if named:
            words += ["--" + word, ",".join(named)]
    for word in ("max_fails", "fail_timeout", "max_in_flight", "min_in_flight"):
        unit = "s" if word == "fail_timeout" else ""
        named = ["%s=%d%s" % (target["name"], target[word], unit)
                 for target in targets if word in target]
        if named:
            words += ["--" + word.replace("_", "-"), ",".join(named)]
    return words + options


def event_lines(recorder, names):
    """The events as the command takes them, without the choices that the product made."""
    lines, now, at = [], 0, {}
    choices = iter(recorder.choices)
    for event in recorder.events:
        kind, time_of = event[0], event[3 if event[0] in ("usable", "weight") else 2]
        if time_of != now:
            lines.append(b"at " + seconds(time_of))
            now = time_of
        if kind == "pick":
            key = bytes.fromhex(event[3])
            lines.append(b"pick " + key if key else b"pick")
            at[event[1]] = next(choices)
        elif kind == "retry":
            lines.append(b"retry")
            at[event[1]] = next(choices)
        elif kind == "usable":
            lines.append((b"up " if event[2] else b"down ") + names[event[1]])
        elif kind == "weight":
            lines.append(b"weight %s %d" % (names[event[1]], event[2]))
        else:  # whoever fails has just been connected to
            lines.append((b"refuse " if kind == "fail" else b"done ") + names[at[event[1]]])
    return lines


def compare(highwater, title, policy, targets, options, recorder, seed=1):
    """Returns how many decisions agreed; ends the program at the first that does not."""
    names = [target["name"].encode() for target in targets]
    words = command_line(policy, targets, options, seed)
    lines = event_lines(recorder, names)
    run = subprocess.run([highwater, "algorithm"] + words, input=b"\n".join(lines) + b"\n",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ours = run.stdout.split(b"\n")[:-1]
    theirs = [b"-" if choice < 0 else names[choice] for choice in recorder.choices]
    if run.returncode == 0 and ours == theirs:
        return len(ours)
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b),
              min(len(ours), len(theirs)))
    print("DIFFERENT:", title)
    print("highwater algorithm", " ".join(words))
    print(b"\n".join(lines).decode(errors="replace"))
    print("decision %d: the product chose %s, ours %s" %
          (at, theirs[at:at + 1], ours[at:at + 1]))
    sys.exit(1)


def random_key(random):
    """Any bytes that a header may hold, and neither spaces at the ends nor commas and quotes."""
    allowed = [b for b in list(range(0x21, 0x7f)) + list(range(0x80, 0x100)) if b not in b',"']
    return bytes(random.choice(allowed) for _ in range(random.choice([1, 2, 3, 7, 8, 9, 30])))


def random_address(random):
    if random.random() < 0.6:
        return "%d.%d.%d.%d" % tuple(random.randrange(256) for _ in range(4))
    return ":".join("%x" % random.randrange(65536) for _ in range(8))


def directory():
    return tempfile.TemporaryDirectory(prefix="highwater-")
