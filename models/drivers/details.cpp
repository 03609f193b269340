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
    // Messaging
    {"kafka_range",
     "Each topic's partitions are cut into pieces, one for each member that reads it, in the order "
     "of the members; the first get one more where they do not go round. Static members are "
     "ordered by instance_id. Racks are left out."},
    {"kafka_roundrobin",
     "Partitions by topic name and number, members in a circle; one that does not read a topic is "
     "passed over. kafkajs deals to all members whatever they subscribe to."},
    {"kafka_sticky",
     "librdkafka and Java agree in what balanced means, not in which partitions move. Java's "
     "choice "
     "depends on a hash map of member ids, which is followed; librdkafka's on the order of the "
     "topics in the metadata, taken to be that in which the members name them. Members may say the "
     "generation in which they got what they own: the higher one is believed."},
    {"kafka_cooperative_sticky",
     "The assignment is that of kafka_sticky. A partition that moves is left out of the first "
     "rebalance, so that its owner gives it up, and handed over in the second, which may come out "
     "differently for what else has happened in between. --phase says which is shown."},
    {"kafka_group",
     "Members are started and closed, killed (no word, no heartbeat), stalled (heartbeats, but no "
     "polls) and resumed; the network takes no time. An eager group revokes everything at each "
     "rebalance, a cooperative one only what moves; a static member that is killed or closed keeps "
     "its partitions until the session times out. Partitions pause from revoke or lose to assign. "
     "Lines at the same time happen one after another."},
    {"kafka_batch",
     "A record joins the last batch of its partition; a batch is sent when it is full or has "
     "lingered, in one request with the first batches of the broker's other partitions. Answers "
     "come after the round trip and free memory and one of the requests in flight. At the end of "
     "the input what waits is sent."},
    {"kafka_isr",
     "Replica 0 leads at first. A fetch at an offset says that the follower has all below it. The "
     "answer to an append with acks all is pending until the high watermark is past it; acks 0 are "
     "told nothing. Lost are records below the high watermark that an unclean election cut off."},
    {"sqs",
     "Receipts are numbered in the order of deliveries. A receive takes what has been visible for "
     "longest, since a standard queue promises no order; a long poll waits its turn behind earlier "
     "ones. FIFO messages without a group share one."},
    {"rabbitmq",
     "Deliveries are numbered as tags, over all consumers. A requeued message goes to its old "
     "place "
     "in a classic queue and to the front of a quorum queue. The consumer with room that was "
     "served "
     "longest ago is next."},
    // Membership
    {"swim",
     "Members start within the first probe interval and join n0; packets take the latency. Lines "
     "say what happens to whom; every member's view comes out as it changes. The profile gives the "
     "defaults of everything that is not set. A restarted member joins the first that is up."},
    {"ringpop_membership",
     "Members start within the first second and join n0. Losses are those of calls and answers, "
     "which then time out. Addresses are 127.0.0.1 with ports from 3000 on; they decide the "
     "checksums."},
    {"phi_accrual",
     "hayashibara takes the intervals for normal, akka too but for the logistic formula, the pause "
     "and the first heartbeat, cassandra for exponential. A threshold of 8 is usual: Cassandra's "
     "mean interval of one second reaches it after 18.4 s."},
    {"raft",
     "Servers start at 0. A killed leader steps down in the output at once, though nobody has "
     "noticed yet. propose gives the server an entry if it leads: logs decide who may be elected. "
     "hashicorp has its lease, etcd its ticks, pre-vote and check-quorum."},
    {"lease",
     "Each member asks the store every loop_wait, on its own clock; the store's clock is the true "
     "time. It counts from the sending of a request and stops max_drift before the ttl; a request "
     "without an answer makes it demote itself after retry_timeout. A line that says beside shows "
     "two that believe at once: the drift was greater than allowed for."},
};

}  // namespace

std::string_view details_of(std::string_view name) {
  const auto found = std::find_if(std::begin(kDetails), std::end(kDetails),
                                  [&](const Details& details) { return details.name == name; });
  return found == std::end(kDetails) ? std::string_view() : found->text;
}

}  // namespace highwater::drivers
