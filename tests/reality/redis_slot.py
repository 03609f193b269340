"""Hash slots of a running redis-server beside ours: CLUSTER KEYSLOT for random keys.

Usage: redis_slot.py HIGHWATER

Keys of any bytes but the newline, which ends a key on our side; half of them with braces.
"""

import random
import subprocess
import sys
import tempfile

from balancing_oracle import free_port
from redis_oracle import Server, program

KEYS = 20_000


def random_key(bits):
    alphabet = [b for b in range(256) if b != 0x0a]
    key = bytes(bits.choice(alphabet) for _ in range(bits.choice([0, 1, 2, 5, 16, 40, 300])))
    for _ in range(bits.choice([0, 0, 0, 1, 2, 3, 4])):
        at = bits.randrange(len(key) + 1)
        key = key[:at] + bits.choice([b'{', b'}', b'{', b'}', b'{}']) + key[at:]
    return key


def main():
    redis = program()
    bits = random.Random(1)
    keys = [random_key(bits) for _ in range(KEYS)]
    with tempfile.TemporaryDirectory() as directory:
        server = Server(redis, directory, '--bind', '127.0.0.1', '--port', str(free_port()),
                        '--cluster-enabled', 'yes', '--cluster-port', str(free_port()))
        try:
            theirs = [int(server.command('CLUSTER', 'KEYSLOT', key)) for key in keys]
        finally:
            server.stop()
    run = subprocess.run([sys.argv[1], 'algorithm', 'redis_slot'], stdout=subprocess.PIPE,
                         input=b''.join(key + b'\n' for key in keys), check=True)
    ours = [int(line) for line in run.stdout.split()]
    different = [key for key, a, b in zip(keys, ours, theirs) if a != b]
    print('%d keys, %d slots used, %d different' % (len(keys), len(set(theirs)), len(different)))
    if len(ours) != len(theirs) or different:
        print('DIFFERENT:', different[:5])
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
