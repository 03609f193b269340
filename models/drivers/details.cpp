#include "models/drivers/details.h"

#include <algorithm>
#include <iterator>

namespace highwater::drivers {
namespace {

struct Details {
  std::string_view name;
  std::string_view text;
};

constexpr Details kDetails[] = {
    // Hashing
    {"hash",
     "Hashes as the products calculate them: jenkins and fnv1a_32 read bytes above 127 as "
     "libmemcached and RFC drafts do, murmur2 has Kafka's seed 0x9747b28c, crc32c is Castagnoli's. "
     "128-bit results are hexadecimal, lowest byte first."},
    {"redis_slot",
     "CRC-16/XMODEM of the key modulo 16384. Where the key has a \"{\" and a \"}\" behind it with "
     "something between them, only what stands between the first \"{\" and the next \"}\" is "
     "hashed, so that such keys share a slot; \"foo{}{bar}\" is hashed whole."},
    {"cassandra_token",
     "The lower half of MurmurHash3 x64 128 with seed 0 as a signed number. The last bytes of a "
     "key, up to 15, are sign-extended: a mistake that Cassandra keeps for compatibility, so that "
     "keys with bytes above 127 there differ from the standard hash. -2^63 becomes 2^63 - 1."},
    {"kafka_murmur2",
     "MurmurHash2 of the key with seed 0x9747b28c, its sign bit dropped, modulo the partitions: "
     "the DefaultPartitioner of Kafka's Java clients for messages with a key. librdkafka's default "
     "is kafka_crc32: the same key may go elsewhere."},
    {"kafka_crc32",
     "CRC-32 of the key modulo the partitions: librdkafka's partitioner `consistent`, which its "
     "default consistent_random uses for messages with a key."},
    {"kafka_fnv1a",
     "FNV-1a of the key as a signed number, made positive, modulo the partitions: librdkafka's "
     "`fnv1a`, made to agree with Sarama, the Go client."},
    {"jump",
     "No table: the key seeds a linear congruential generator whose draws jump over buckets. One "
     "bucket more takes exactly its share of the keys and moves no other; only the last bucket can "
     "go."},
    {"modulo", "What everybody writes first. One bucket more moves n / (n + 1) of all keys."},
    {"ketama",
     "Plain, every server has 100 points, the hash of \"host-0\" to \"host-99\". Weighted, 160 "
     "points a server on average are shared out by weight in single precision, four for each MD5 "
     "of \"host-i\". A key belongs to the first point at or after its hash. The default port 11211 "
     "is not part of a host's text."},
    {"hashring",
     "As weighted ketama, but the points are counted in double precision (40 digests of four "
     "points "
     "a server on average) and the port is always part of the text: a weighted libmemcached ring "
     "and this one do not agree on every key."},
    {"libmemcached_modula",
     "The hash of the key modulo the number of servers; weights only say who "
     "takes part."},
    {"maglev",
     "Hosts sorted by name take turns in claiming the next free cell of their permutation, offset "
     "xxHash64(name) and skip xxHash64(name, 1), until the table is full; a host of weight w takes "
     "part in w / (greatest weight) of the rounds. A key's cell is its xxHash64 modulo the size."},
    {"envoy_ring",
     "Points xxHash64(\"host_i\") in proportion to the weights, at least min_ring_size of them. "
     "Since the ring keeps its size, one more host also moves 6 to 10 % of the keys between old "
     "hosts."},
    {"cassandra",
     "Each node holds num_tokens random tokens; a key belongs to the first token at or after its "
     "own. The random tokens are drawn from a hash of the node's name, so that they stay the "
     "same."},
    {"ringpop",
     "100 points a server, FarmHash Fingerprint32 of its name followed by 0 to 99; a key belongs "
     "to the first point strictly behind its hash."},
    {"rendezvous",
     "Every target bids a hash of itself and the key; the highest bid wins, divided by weight in "
     "the logarithm. What leaves or joins moves its own keys only."},
    {"karger",
     "Consistent hashing: 160 points a unit of weight on a circle, xxHash64 of name and number; a "
     "key belongs to the first point at or after its hash."},
    {"range",
     "The first eight bytes of the key as a number, cut into ordered ranges as wide as the "
     "weights. "
     "Neighbouring keys stay together, which scans like and hot spots too."},
    {"resize",
     "Reads keys and says, for every scheme, what becomes of them when the first list of targets "
     "becomes the second. The least possible is what the newcomers get; what moves beyond that, "
     "between targets in both lists, is the scheme's own disturbance."},
    // Balancing
    {"round_robin", "The usable targets in turn, whatever their load and weight."},
    {"weighted",
     "At each pick every usable target's credit grows by its weight; the one with most credit, the "
     "first of equals, is picked and pays the sum of the weights."},
    {"random", "Any usable target, each equally likely."},
    {"least_connections",
     "The usable target with the fewest requests in flight; ties are drawn, since otherwise the "
     "first target gets nearly all of a light load."},
    {"power_of_two",
     "Two distinct usable targets are drawn and the less loaded one is taken; of equals, the first "
     "drawn."},
    {"power_of_d", "As power_of_two with --choices distinct targets."},
    {"join_idle_queue",
     "Targets that become idle queue up at the balancer; a request takes the first of that queue, "
     "or any target at random while it is empty."},
    {"busiest",
     "Always the usable target with the most requests in flight: what a balancer must never do. "
     "For tests that must fail."},
    {"nginx_round_robin",
     "Smooth weighted round robin with nginx' accounting of failures: each failure takes weight / "
     "max_fails from the effective weight, each pick gives one back; after max_fails failures a "
     "server is left alone until more than fail_timeout has passed, in whole seconds. Backup "
     "servers come when no other can be had. A single server is never left alone."},
    {"nginx_least_conn",
     "The fewest connections for its weight; among equals smooth weighted round robin, beginning "
     "at the first of them."},
    {"nginx_ip_hash",
     "The first three bytes of an IPv4 address, or all sixteen of IPv6, through a hash of 6271 "
     "values over the weights. A server that cannot be had is followed by hashing the same bytes "
     "again; after 20 tries, round robin."},
    {"nginx_hash",
     "Bits 16 to 30 of the key's CRC-32 over the weights. A server that cannot be had is followed "
     "by the hash of the try's number and the key, added to the first; after 20 tries, or for an "
     "empty key, round robin."},
    {"nginx_hash_consistent",
     "160 points a unit of weight, each the CRC-32 of host, zero byte, port and the point before; "
     "equal points are dropped. A key belongs to the first point at or after its CRC-32, the next "
     "point's server follows one that cannot be had; after 20 tries, or for an empty key, round "
     "robin."},
    {"nginx_random", "A draw over the weights."},
    {"nginx_random_two",
     "Two draws over the weights; the second is taken unless it has more connections for its "
     "weight. Draws are random() in nginx: here 31 bits of SplitMix64 from --seed."},
    {"haproxy_roundrobin",
     "Dynamic weighted round robin: servers stand in a tree by the position of their next turn, "
     "256 positions a unit. Weights may change at run time; 0 to 256."},
    {"haproxy_static_rr",
     "The map of hash-type map-based, walked from cell to cell: the same shares as roundrobin, "
     "fixed."},
    {"haproxy_leastconn",
     "The fewest requests in flight for its weight, in a tree ordered by (in flight + 1) / weight; "
     "servers of equal key in the order in which they got there."},
    {"haproxy_first", "The first server that is not full: as few servers as the load needs."},
    {"haproxy_source",
     "The client's IPv4 address as a number (IPv6: its words xored), no hash function, over the "
     "map "
     "or, with hash-type consistent, the ring."},
    {"haproxy_hash",
     "uri, url_param and hdr balancing: sdbm, djb2, wt6 or crc32 of the key. Map-based: modulo the "
     "cells of a map of the weights. Consistent: 16 points a unit of weight, the nearest wins, the "
     "one before at equal distance. Consistent without a function means sdbm with avalanche. A "
     "balance factor bounds the load: a server with its slots taken is passed over."},
    {"haproxy_bounded_load",
     "haproxy_hash on the ring with hash-balance-factor: a server may have so many percent of its "
     "share of the requests in flight; beyond, the next point's server is asked. Keys come with "
     "pick KEY."},
    {"haproxy_random",
     "So many draws on the consistent ring, then the fewest requests in flight for its weight."},
    {"envoy_round_robin",
     "In turn from a random start; where weights differ, an earliest-deadline-first schedule with "
     "steps of 1 / weight."},
    {"envoy_least_request",
     "Where all weights are equal: choice_count draws with replacement, the fewest active requests "
     "wins, the first drawn of equals. Else the schedule of envoy_round_robin with weights divided "
     "by (active + 1) ^ active_request_bias."},
    {"envoy_random", "Any healthy host, each equally likely."},
    {"envoy_ring_hash", "By the key on the ring of envoy_ring; a retry goes to the next point."},
    {"envoy_maglev", "By the key in the table of maglev; a retry changes the hash."},
    {"finagle_p2c",
     "Two distinct nodes are drawn, the healthier and then the less loaded one wins, the first at "
     "a tie."},
    {"peak_ewma",
     "Two distinct nodes are drawn; the lower of latency times (requests in flight + 1) wins. The "
     "latency is an average over 10 s that jumps up at once to a slow answer and sinks slowly."},
    // Hashing, by events
    {"bounded_load",
     "A key's target is the first one from its point on the circle (as karger) that holds less "
     "than ceil(percent / 100 * (all requests in flight, this one included) * its share by "
     "weight). "
     "pick takes a place at the target until done gives one back. From 100 percent on there is "
     "always room; below, where all are full, the first target takes it. Input that names a target "
     "with nothing in flight is refused."},
    {"range_chunks",
     "The keys are first cut into one chunk a shard, as wide as its weight. A key is the number "
     "that "
     "its text is, else its first eight bytes. insert counts bytes; a chunk that outgrows --chunk "
     "is split in the middle of the keys it has seen, unless it has seen one only. balance moves "
     "one "
     "chunk: from a shard whose weight is 0, else from the fullest shard to the emptiest when they "
     "are three chunks apart or more."},
    {"kafka_sticky",
     "A partition is kept until batch-size bytes went to it, then the next one is drawn from those "
     "with a leader. fill says that the batch is not ready yet: the switch waits for it, but not "
     "beyond twice the size. queues says what waits for each partition, and from then on a "
     "partition is drawn in proportion to longest queue + 1 - its own; equal queues for all mean "
     "equal chances again. A draw is the upper 31 bits without sign of SplitMix64's next number, "
     "as "
     "Java's nextInt without its sign, modulo what there is to choose from."},
    {"kafka_uniform_sticky",
     "The partitioner of Kafka 2.4 to 3.2. batch says that a new batch was begun for the present "
     "partition: another one is drawn, never the same where there are several."},
    {"kafka_round_robin",
     "A counter from 0 modulo the partitions that have a leader, or all where none has."},
    // Caching
    {"lru", "Evicts the entry that has gone unused for longest. Exact."},
    {"fifo", "Evicts the entry stored first; hits change nothing."},
    {"clock",
     "FIFO with a second chance: an entry that was hit since the hand passed is passed over once."},
    {"sieve",
     "A hand moves from the oldest entry to the newest over entries that were hit, clearing the "
     "mark, and evicts the first that was not; new entries come in at the head and are not "
     "passed."},
    {"lfu", "Evicts the entry with the fewest hits; of equals, the one unused for longest."},
    {"arc",
     "Two lists, seen once and seen more often, whose sizes adapt to hits on the ghosts of what "
     "either evicted."},
    {"two_queue",
     "New entries stand in a FIFO of a quarter; those asked for again after they left it, while "
     "their ghost is remembered, enter the main LRU."},
    {"slru", "New entries are on probation; a hit moves them to the protected part."},
    {"s3_fifo",
     "A small FIFO of a tenth sorts out what is asked for once; the rest goes to the main FIFO, "
     "which gives entries that were hit another round; ghosts of the small one enter the main one "
     "at once."},
    {"w_tinylfu",
     "A window of 1 % as LRU; what leaves it competes with the main cache's victim by frequency, "
     "counted in a sketch of 4-bit counters that are halved now and then."},
    {"redis_lru",
     "Redis' allkeys-lru: samples five keys, keeps the 16 idlest known in a pool and evicts the "
     "idlest of them. Its clock ticks once a second, hence --interval."},
    {"redis_lfu",
     "Redis' allkeys-lfu: as redis_lru by a counter of 8 bits that grows more and more rarely and "
     "decays by one a minute."},
    {"redis_random", "Redis' allkeys-random: any key."},
    {"redis_volatile_lru",
     "As redis_lru among keys with an expiry; without any, nothing is stored."},
    {"redis_volatile_lfu",
     "As redis_lfu among keys with an expiry; without any, nothing is stored."},
    {"redis_volatile_random", "Any key with an expiry; without any, nothing is stored."},
    {"redis_volatile_ttl",
     "Of the sampled keys with an expiry, the one that expires first; without any, nothing is "
     "stored."},
    {"memcached",
     "Segmented LRU: new items are hot, then warm if they were used twice, else cold; evicted from "
     "the end of the cold part."},
    {"random_eviction", "Evicts any entry, each equally likely."},
    {"worst", "Evicts the entry used last: what a cache must never do. For tests that must fail."},
    {"min",
     "Belady's bound: evicts what is needed again furthest in the future. Reads the whole input "
     "first."},
    // Caching, by events
    {"ttl_cache",
     "Times are seconds and never go back; a key is the rest of the line. set stores with --ttl "
     "(for "
     "ever without), setex with a ttl of its own, both less jitter. With --expiry sliding a hit "
     "stores a whole --ttl anew. An entry may be used before its end only; under Redis' policies "
     "for "
     "the rest of that millisecond too, and their active cycle removes dead ones by itself, so "
     "that "
     "such a key is a miss and no longer expired. evicts KEY says that the key was stored and "
     "another had to leave; refused, that nothing could (no capacity, or a volatile policy without "
     "a key that ends). The policies' own options are those of their drivers; here only Redis' can "
     "be set."},
    {"freshness",
     "store says that the origin answered and how long it took; absent, that it has nothing for "
     "the "
     "key, which is forgotten without --negative-ttl. get says what to do with what is stored: "
     "fresh "
     "(use it), refresh (use it, fetch anew meanwhile), revalidate (it is stale; use it and fetch "
     "anew meanwhile), fallback (fetch; use it if that fails), miss (fetch). XFetch refreshes "
     "where "
     "now - TOOK * beta * ln(u) has reached the end, u uniform in (0, 1]. Both stale rules count "
     "from the end of freshness, and neither is for absent ones."},
    {"single_flight",
     "want begins a fetch where none is under way for the key, else waits for it. done ends one by "
     "its number, well or badly, and all who waited share what came of it; nothing is remembered. "
     "After forget the next want begins a fetch of its own while the others go on waiting."},
    {"leases",
     "Who misses gets a lease, one for a key in the lease time; others who miss wait. A value may "
     "be "
     "stored once under the latest lease of its key, and no more once a delete has come between: "
     "the set is void then. After the lease time the next miss gets another lease."},
    {"write_behind",
     "A write is answered at once; another to the same key before it went to the origin replaces "
     "it "
     "and keeps its place. Writes go out when the oldest has waited for --delay, or as soon as "
     "--batch keys wait, at most --batch at a time. full says that --queue keys wait and this "
     "write "
     "has to go to the origin itself. crash loses what waits. At the end of the input the rest "
     "goes "
     "out when it is due."},
    {"redis_lfu_counter",
     "Eight bits. The first use of a key makes it 5, each further one raises it with a chance of 1 "
     "/ "
     "((counter - 5) * log-factor + 1), and every decay-time minutes without use lower it by one, "
     "which freq shows and the next use makes lasting. Minutes are those of a clock, not of the "
     "key."},
};

}  // namespace

std::string_view details_of(std::string_view name) {
  const auto found = std::find_if(std::begin(kDetails), std::end(kDetails),
                                  [&](const Details& details) { return details.name == name; });
  return found == std::end(kDetails) ? std::string_view() : found->text;
}

}  // namespace highwater::drivers
