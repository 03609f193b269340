"""What the scripts that compare us with a running redis-server share."""

import mmap
import os
import shutil
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 10.0  # seconds until a server that does not answer is a failure


def program():
    """The path of redis-server; ends the script with status 77 where there is none."""
    path = shutil.which('redis-server')
    if path is None:
        print('SKIPPED: there is no redis-server')
        sys.exit(77)
    return path


class Server:
    """A redis-server on a socket in a directory of its own, stopped by its process id.

    clock: the library that gives it a clock which turn_clock() turns.
    """

    def __init__(self, program, directory, *options, clock=None):
        self.path = os.path.join(directory, 'redis.sock')
        environment = dict(os.environ)
        if clock is not None:
            time_file = os.path.join(directory, 'clock')
            with open(time_file, 'wb') as file:
                file.write(bytes(mmap.PAGESIZE))
            with open(time_file, 'r+b') as file:
                self.clock = mmap.mmap(file.fileno(), mmap.PAGESIZE)
            environment.update(LD_PRELOAD=clock, VIRTUAL_CLOCK=time_file)
        log = os.path.join(directory, 'log')
        with open(log, 'wb') as file:
            self.process = subprocess.Popen(
                [program, '--port', '0', '--unixsocket', self.path, '--save', '',
                 '--appendonly', 'no', '--dir', directory, '--activerehashing', 'no', *options],
                env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + PATIENCE
        while self.socket.connect_ex(self.path) != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                with open(log, encoding='utf-8', errors='replace') as file:
                    raise RuntimeError('redis-server did not start:\n' + file.read())
            time.sleep(0.02)
        self.replies = self.socket.makefile('rb')

    def turn_clock(self, milliseconds):
        self.clock[:8] = struct.pack('<q', milliseconds)

    def command(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b'*%d\r\n' % len(words) +
                            b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words))
        line = self.replies.readline()
        if line[:1] == b'-':
            raise RuntimeError(line.decode())
        if line[:1] != b'$':
            return line[1:-2]
        length = int(line[1:])
        return None if length < 0 else self.replies.read(length + 2)[:-2]

    def info(self, name):
        for line in self.command('INFO').decode().split('\r\n'):
            if line.startswith(name + ':'):
                return int(line[len(name) + 1:])
        raise RuntimeError('INFO has no ' + name)

    def stop(self):
        # A server whose clock stands still never reaches the end of an orderly shutdown.
        self.process.kill()
        self.process.wait()
