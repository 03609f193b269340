#!/usr/bin/env python3
"""Hit ratios of a running redis-server beside ours: allkeys-lru, -lfu and -random.

A client asks for the keys of a trace and stores what is missing, with maxmemory set so that about
a thousand keys stay. The server's clock is ours to turn (virtual_clock.cpp): one second a request
for LRU, whose clock ticks once a second, so that recency is seen as it would be in a long run;
10 ms for LFU. Our engine replays the same trace at the number of keys that the server held on
average. The two may differ by half a point of hit ratio.
"""

import os
import struct
import subprocess
import sys
import tempfile

from redis_oracle import Server, program

POLICIES = [('allkeys-lru', 'redis_lru', 1000), ('allkeys-lfu', 'redis_lfu', 10),
            ('allkeys-random', 'redis_random', 1000)]
VALUE = b'x' * 256
TOLERANCE = 0.005


def server_hits(server, policy, step, trace, now):
    """@return hits, the mean number of keys held once the cache is full, and the time after."""
    server.command('CONFIG', 'SET', 'maxmemory', 0)
    server.command('FLUSHALL')
    server.command('CONFIG', 'SET', 'maxmemory-policy', policy)
    # The second filling is measured: with the first the allocator and the buffers still grow.
    for _ in range(2):
        server.command('FLUSHALL')
        for i in range(1000):
            server.command('SET', 'k%07d' % i, VALUE)
        limit = server.info('used_memory') - server.info('mem_not_counted_for_evict')
    server.command('FLUSHALL')
    server.command('CONFIG', 'SET', 'maxmemory', limit)
    hits = 0
    sizes = []
    for i, key in enumerate(trace):
        now += step
        server.turn_clock(now)
        name = 'k%07d' % key
        if server.command('GET', name) is not None:
            hits += 1
        else:
            server.command('SET', name, VALUE)
        if i > len(trace) // 3 and i % 500 == 0:
            sizes.append(int(server.command('DBSIZE')))
    return hits, round(sum(sizes) / len(sizes)), now


def our_hits(policy, capacity, step):
    """The mean of five runs of ours."""
    hits = 0
    for seed in range(1, 6):
        with open(os.environ['TRACE'], 'rb') as trace:
            run = subprocess.run([os.environ['REPLAY'], policy, str(capacity), str(step),
                                  str(seed)], stdin=trace, capture_output=True, check=True)
        hits += int(run.stdout)
    return hits / 5


def main():
    redis = program()
    with open(os.environ['TRACE'], 'rb') as file:
        data = file.read()
    trace = struct.unpack('<%dH' % (len(data) // 2), data)
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        server = Server(redis, directory, clock=os.environ['CLOCK'])
        try:
            now = 0
            for policy, ours, step in POLICIES:
                hits, resident, now = server_hits(server, policy, step, trace, now)
                mine = our_hits(ours, resident, step)
                apart = (mine - hits) / len(trace)
                print('%-15s %5d keys: redis %.4f, ours %.4f, apart %+.4f' %
                      (policy, resident, hits / len(trace), mine / len(trace), apart))
                failures += abs(apart) > TOLERANCE or not 800 <= resident <= 1200
        finally:
            server.stop()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
