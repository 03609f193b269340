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
     "map or, with hash-type consistent, the ring. The ring mixes the number (avalanche) unless "
     "--function names one, whichever: hash-type consistent sdbm does not."},
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
    {"sticky",
     "A table of keys, at most --sessions of them, each forgotten --ttl after its last use. A key "
     "that is known goes to its target again; where that will not do, to another one, where it "
     "stays (redispatch), or to nobody. A pick without a key is the policy's affair."},
    {"envoy_outlier_detection",
     "Errors in a row eject at once; at the end of each interval, whoever's success rate is below "
     "the mean less stdev_factor standard deviations, or whose failures reach the percentage. A "
     "host is out for base_ejection_time, twice that the second time and so on, and comes back at "
     "an interval's end. One more is ejected only while not more than max_ejection_percent are "
     "out then: with the default of 10 % nobody is, among fewer than ten hosts, unless "
     "--always-eject-one. Without the split, a connection that fails counts as 503, a timeout as "
     "504."},
    {"finagle_failure_accrual",
     "Dead after consecutive_failures, or when a failure finds the success rate of the window "
     "below the required one (after a full window and enough requests). Dead for 5 s, then for "
     "about 10 s, 20 s and so on; then one request probes, whose success revives and whose failure "
     "makes it dead again."},
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
    {"kafka_sticky_partitioner",
     "A partition is kept until batch-size bytes went to it, then the next one is drawn from those "
     "with a leader. fill says that the batch is not ready yet: the switch waits for it, but not "
     "beyond twice the size. queues says what waits for each partition, and from then on a "
     "partition is drawn in proportion to longest queue + 1 - its own; equal queues for all mean "
     "equal chances again. A draw is the upper 31 bits without sign of SplitMix64's next number, "
     "as "
     "Java's nextInt without its sign, modulo what there is to choose from."},
    {"kafka_uniform_sticky_partitioner",
     "The partitioner of Kafka 2.4 to 3.2. batch says that a new batch was begun for the present "
     "partition: another one is drawn, never the same where there are several."},
    {"kafka_round_robin_partitioner",
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
    // Messaging
    {"kafka_range",
     "Each topic's partitions are cut into pieces, one for each member that reads it, in the order "
     "of the members; the first get one more where they do not go round. Static members are "
     "ordered by instance_id. Racks are left out."},
    {"kafka_roundrobin",
     "Partitions by topic name and number, members in a circle; one that does not read a topic is "
     "passed over. kafkajs deals the topics of the first member, in its order, to all members "
     "whatever they subscribe to."},
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
     "told nothing. Lead is a preferred replica election: nothing where that replica can not. Lost "
     "are records below the high watermark that an unclean election cut off."},
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
    // Resilience
    {"pybreaker",
     "Opens after --fail-max failures in a row and closes after --success-threshold successes. "
     "After --reset-timeout every call goes out until one fails or enough have succeeded. A call "
     "is judged by the state it began in, as by breaker.calling() and Tornado's coroutines; "
     "pybreaker's call() holds a lock, so that the calls of threads never overlap."},
    {"resilience4j",
     "The rate of failures or of slow calls in the window trips it at the threshold or above, once "
     "minimum-number-of-calls are in. Half-open, so many calls go out, and the rates of what has "
     "come back decide, late results of earlier calls included. It stays open until a call comes "
     "strictly after the wait, unless the automatic transition is on. A slow call without a "
     "duration takes just longer than the slow-call threshold and succeeds."},
    {"hystrix",
     "Adds the results of the last 10 s up at the end of every snapshot interval, counted from the "
     "start, and only then opens. More than the sleep window later one trial goes out; its success "
     "forgets the window and begins intervals anew. A slow call runs into the execution time-out."},
    {"opossum",
     "When a call fails, opens if failures are above the percentage of all calls in the window, "
     "those rejected included: with the defaults the first failure opens it. Half-open, any "
     "success closes and any failure opens it. A slow call runs into --timeout; without one "
     "(false) it succeeds."},
    {"cockatiel_consecutive",
     "Opens after so many failures in a row. After half-open-after one call is the test; those "
     "that come while it runs wait for it, and their lines are answered after it. Several pauses "
     "are those of an IterableBackoff: the next each time the test fails."},
    {"cockatiel_count",
     "Opens when more than the share of the last calls have failed, once minimum-number-of-calls "
     "are known. Tests as cockatiel_consecutive."},
    {"cockatiel_sampling",
     "Opens when more than the share of the calls in the duration have failed and there were "
     "enough a second. The duration is cut into windows of a second at most; after silence old "
     "windows still count, since each call begins at most one. Tests as cockatiel_consecutive."},
    {"backoff",
     "Each line is the draw for one pause; kinds without jitter ignore it. Elapsed time, which "
     "only cenkalti looks at, is that of the pauses. Kinds that are a product's have its "
     "defaults."},
    {"grpc_retry_throttle",
     "A failure takes a token, a success gives --token-ratio back; a retry may go out while more "
     "than half of the tokens are left, the failure before it counted. Failures that trying again "
     "would not mend (refused) take none. A server that pushes back with a negative number, or "
     "none at all, forbids the retry."},
    {"retry_budget",
     "A request pays 1000, a retry costs 1000 / --percent-can-retry; payments are forgotten after "
     "--ttl, in ten slices. A reserve of --min-retries-per-sec is always there. Linkerd's proxy "
     "keeps it in whole requests: 0.3 is one retry for three."},
    {"envoy_retry_budget",
     "So many retries at a time as --budget-percent of the requests at a time, retries included, "
     "cut to a whole number, and at least --min-retry-concurrency. A budget of 0 % is max_retries "
     "of Envoy's circuit breakers."},
    {"aws_retry_quota",
     "A retry costs 5 tokens, 10 after a time-out. Its success brings the cost back, a success at "
     "the first try brings one token. Time brings none. NAME is a request: what follows an allowed "
     "retry under the same name is that retry's result."},
    {"hedge",
     "The delay is fixed or a percentile of the answers of the last one to two windows, "
     "calculated anew at each of the first 64 and then at every 64th, to 1/32. Answers count when "
     "they are there. The budget is a bucket that every request fills by its share of a hedge."},
    {"bulkhead",
     "A call runs while there is room, else waits if it may, else is rejected. A pool starts "
     "threads up to max-concurrent, then queues, then starts threads up to max-threads once the "
     "queue is full. Lines are answered in order, when it is known what became of each call."},
    {"grpc_timeout",
     "At most eight digits and a unit: n, u, m, S, M, H. Java takes the finest unit they reach and "
     "cuts, JavaScript the finest from milliseconds on and rounds up, Go the largest that comes "
     "out even, or else rounds up to a larger one."},
    // Overload control
    {"aimd",
     "One more after each sample while at least half of the limit is in flight; limit times "
     "backoff_ratio, rounded down, after one that was dropped or took longer than the timeout. "
     "Defaults as Netflix': 20, at least 20, at most 200, 0.9, 5 s. With --windowed a sample "
     "stands for a window."},
    {"vegas",
     "The queue is estimated as limit * (1 - shortest rtt / rtt), rounded up. At most L = "
     "log10(limit) of it adds 6 L, less than alpha = 3 L adds L, more than beta = 6 L takes L, a "
     "drop takes L; nothing changes while less than half is in flight. The shortest rtt is "
     "measured anew after (0.5 to 1) * probe_multiplier * limit samples; that factor is the only "
     "thing drawn."},
    {"gradient2",
     "gradient = rtt_tolerance * long average / rtt, within 0.5 and 1; limit becomes limit * "
     "gradient + queue_size, smoothed. The long average is the mean of the first ten samples, then "
     "exponential. Drops do not matter; nothing changes while less than half of the limit is in "
     "flight."},
    {"fixed_limit", "The limit stays, whatever comes."},
    {"adaptive_throttle",
     "A request is refused with probability max(0, (requests - k * accepts) / (requests + 1)) over "
     "the window, which slides in 120 steps. Requests refused here count as requests; k = 2 lets "
     "the backend see twice what it accepts."},
    {"envoy_admission_control",
     "p = ((n - s / sr_threshold) / (n + 1)) ^ (1 / aggression), at most "
     "max_rejection_probability, of the n requests answered within the window and their s "
     "successes; refused if 10000 p exceeds a draw modulo 10000. What is refused is not counted."},
    {"codel",
     "Dropping begins when every request for an interval has waited for the target or longer; the "
     "next drop is due interval / sqrt(count) after the last. It ends with a request that waited "
     "less, or when min_backlog requests or fewer are left. A relapse within 16 intervals goes on "
     "from the last count."},
    {"folly_codel",
     "Once an interval it is judged whether the shortest wait of the last one was above "
     "target_delay; if it was, requests that waited for more than twice the target are dropped. "
     "The first request of an interval is never dropped. An interval ends with the first request "
     "after its time."},
    {"adaptive_lifo",
     "A request may wait for m if the queue was last empty longer than n ago when it came, else "
     "for n. In that state the newest is served first, or from lifo_switch_threshold waiting "
     "requests on. Who has waited too long is dropped at the next dequeue, the oldest first."},
    {"shed",
     "Of a class ((pressure - scaling) / (saturation - scaling)) ^ exponent of the requests are "
     "refused. By default sheddable is refused from 0.80 to 0.85, sheddable_plus from 0.85 to "
     "0.90, critical from 0.90 to 0.95 and critical_plus from 0.95 to 1: chosen, no source gives "
     "numbers."},
    {"priority_shed",
     "cutoff = 100 * (1 - overload ^ exponent): at an overload of 35 % only the five least "
     "important per cent of priorities are refused, at 80 % about half."},
    // Limiting
    {"token_bucket",
     "Tokens are doubles, as in Go's x/time/rate: tokens = min(burst, tokens + seconds * rate). "
     "Without --reserve a request is let through if there are tokens enough now (AllowN); with it, "
     "it takes those to come and waits (ReserveN). A cost above the burst is always denied."},
    {"juju_bucket",
     "Whole tokens at whole ticks, counted from time 0. A rate is turned into the smallest quantum "
     "whose ticks come within 1 % of it. All or nothing, at once or within --max-wait "
     "(TakeMaxDuration). Version 1.0.1 counts ticks that passed while the bucket was full when it "
     "is next looked at, so that it may fill twice in a row."},
    {"juju_take_available",
     "As juju_bucket, but a request takes what there is, up to what it asks for (TakeAvailable)."},
    {"bucket4j",
     "Whole tokens; greedily refilled they come one by one and fractions are kept, intervally all "
     "at the end of a period counted from time 0."},
    {"gcra",
     "A request moves the theoretical arrival time on by period / count nanoseconds, times its "
     "cost; it is denied, and moves nothing, if that would come to lie more than burst intervals "
     "ahead."},
    {"redis_cell",
     "limit is max_burst + 1; remaining is what may still come at once; seconds are rounded up "
     "from a millisecond on. A quantity above the limit is limited with retry after -1."},
    {"leaky_bucket",
     "The meter: each request pours its cost in; what would make the bucket run over is denied, "
     "the rest goes on at once."},
    {"leaky_bucket_queue",
     "The queue: requests go on 1 / rate apart; one is denied if more than a burst of them would "
     "have to wait."},
    {"uber_ratelimit",
     "Requests go on period / count apart and are never denied. Time in which nobody came is kept, "
     "up to slack requests' worth, and lets later ones go without waiting."},
    {"fixed_window",
     "The window begins with the first request, not with the clock, and ends a period later. "
     "Denied requests are counted too, which matters only for costs. At most twice the limit in a "
     "period, across the end of a window."},
    {"fixed_window_aligned",
     "A counter for each period of the clock, which shows --phase at time 0. At most twice the "
     "limit in a period, across the end of a window."},
    {"redis_fixed_window",
     "As fixed_window, as INCRBY and EXPIRE in one script of Redis do it: whole milliseconds, and "
     "a request exactly a period after the first still belongs to its window."},
    {"elastic_window",
     "As fixed_window, but every request, a denied one too, lets the window begin anew: who keeps "
     "asking stays out."},
    {"sliding_log",
     "The times of the last requests that were let through: one is denied if the limit-th newest "
     "is a period old or younger. Never more than the limit in any period."},
    {"sliding_window",
     "previous * (period - elapsed) / period + current + cost must not exceed the limit; exact "
     "whole numbers. Windows follow the clock, which shows --phase at time 0 (Cloudflare; "
     "python-limits in memory with --floor), or begin with the first request (python-limits in "
     "Redis: --start first_hit --floor)."},
    {"rate_limiter_flexible",
     "A window in whole milliseconds from the first consume. Who first goes beyond the points is "
     "shut out for block_duration. Evenly, all but the first of a window wait for the rest of it "
     "divided by the points left plus two."},
    {"nginx_limit_req",
     "excess = max(0, excess - rate * ms / 1000 + 1000) in thousandths and whole milliseconds; "
     "denied, and not stored, above burst * 1000; delayed by (excess - delay * 1000) / rate. The "
     "first request leaves an excess of 0. Keys are dropped when they have been idle for a "
     "minute."},
    {"envoy_local_rate_limit",
     "Tokens come evenly, tokens_per_fill in each fill_interval; up to Envoy 1.30 all at once by a "
     "timer that runs from time 0: --timer."},
    {"resilience4j_rate_limiter",
     "Cycles of limit_refresh_period, counted from time 0, each with limit_for_period permissions; "
     "a request may take those of later cycles and waits for them, if that is not longer than "
     "timeout_duration. The product's default is 50 in 500 ns, which is no limit."},
    {"concurrency_limit",
     "A request is let through while fewer than the limit are in progress; done gives its place "
     "back."},
    // Scaling
    {"hpa",
     "Replicas times usage / target, rounded up, unless the ratio is within the tolerance; of "
     "several metrics the greatest. Pods that are pending, starting or without a metric are left "
     "out first and then taken to use nothing when scaling up, all they ask for when scaling down. "
     "The recommendation passes the stabilization windows, the policies and the limits. A metric "
     "that fails keeps the rest from scaling down; where all fail the number stays, and so it does "
     "at 0. Each answer counts as carried out. A line: {\"time\": 15, \"replicas\": 2, "
     "\"pods\": [{\"phase\": \"Running\", \"ready\": true, \"deleting\": false, "
     "\"age_s\": 600, \"transition_age_s\": 590, \"request_m\": 200, \"usage_m\": 150, "
     "\"metric_age_s\": 20}, {\"phase\": \"Pending\", \"request_m\": 200}], \"metrics\": "
     "{\"queue\": 120}}. Ages count back from the line's time; started, transition and "
     "metric_time are times. Without an age a pod is old; without usage_m its metric is missing. "
     "metrics and requests of a pod hold others by name ({\"qps\": 1.5}), those of the line "
     "objects' and external ones. {\"time\": 15, \"replicas\": 3, \"desired\": 9} gives the "
     "recommendation itself, to try rules and windows."},
    {"kpa",
     "The average of the last minute, and of the last 6 seconds, divided by 70 % of the target and "
     "rounded up. Twice as much as is ready in the short window is panic: then nothing shrinks for "
     "a minute. A value counts for its second; ticks come every 2 s, lines between them say "
     "record_only. To reach zero nothing must be wanted for the stable window since the revision "
     "became active, and then the activator must have been in the path for the grace period. "
     "\"stable\" and \"panic\" give the averages themselves."},
    {"target_tracking",
     "Scales out after 3 minutes above the target, in after 15 below 90 % of it, to capacity * "
     "metric / target rounded up. A line at 60 s ends the first minute, one at 45 s counts for it; "
     "a minute without a value is missing data and stops both alarms. After scaling out the "
     "capacity before counts until the cooldown or warm-up is over; scaling in waits for its own "
     "cooldown, which scaling out ends."},
    {"step_scaling",
     "Each policy has an alarm; where it rings, the metric's distance from the threshold chooses "
     "the step, lower bounds included above a threshold, upper bounds below one. Percentages are "
     "rounded toward zero but are at least one. The policy that leads to the greatest capacity "
     "counts. Keys may be written as AWS does."},
    {"simple_scaling",
     "One adjustment where an alarm rings, then nothing until the cooldown is over, whichever "
     "alarm rings."},
    {"lambda_concurrency",
     "A request takes a provisioned environment, an idle one, or a new one: 1000 new ones in 10 "
     "seconds for each function, 100 a second after the first thousand. Reserved concurrency is a "
     "function's part and limit; the others share the rest of the account's. More than ten "
     "requests a second for each unit of concurrency are throttled too. When idle environments go "
     "is not documented: --idle-timeout is chosen."},
    {"cluster_autoscaler",
     "Every line is a scan and says what there is; nodes that were asked for appear in the lines "
     "when they have registered. Pods that wait are first tried on nodes that are there or on "
     "their way, then packed into new nodes of each group, largest first; the expander chooses one "
     "group. A node that uses less than half and whose pods fit elsewhere for more than 10 minutes "
     "goes: up to ten empty ones together, else one. Nothing goes for 10 minutes after nodes were "
     "asked for."},
    {"rolling_update",
     "The new ReplicaSet grows within replicas + max_surge, else old ones shrink: first pods that "
     "are not available, then down to replicas - max_unavailable that are. One line is one look of "
     "the controller. A Deployment that was resized during a rollout (replicas differ from a set's "
     "desired_replicas) has its sets resized in proportion. A rollout line lets pods become "
     "available --min-ready-seconds after ready_after and prints every step."},
    {"pdb",
     "Healthy pods minus those that must stay: min_available, or expected less max_unavailable, "
     "percentages rounded up. A pod whose eviction was allowed is not healthy any more for two "
     "minutes or until it is gone. Pods that wait, have ended or are being deleted may always "
     "go."},
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
    // Resources
    {"queue_pool",
     "An idle connection is lent, the one that is idle for longest (or with use-lifo the last that "
     "came back); where none is idle a new one is opened up to pool-size + max-overflow; then "
     "callers wait, first come, first served, until the timeout. What comes back while pool-size "
     "are idle is closed. Older ones than recycle are replaced before they are lent, and so are "
     "all that were open when one broke or failed its ping. pool-size 0 and max-overflow -1 have "
     "no limit."},
    {"pgbouncer",
     "One server connection is opened at a time while clients wait and fewer than "
     "default-pool-size are there; reserve-pool-size more once the first has waited for "
     "reserve-pool-timeout. What came back last is lent first unless server-round-robin. Limits "
     "on waiting, idleness and age are looked at three times a second, and take effect then. "
     "After a connection could not be opened none is tried for server-login-retry, and clients "
     "are refused where none is left. A session's connection is reset when its client quits."},
    // Storage
    {"dynamodb",
     "A read takes half a unit for each 4096 bytes begun, a strong one a whole unit, a write one "
     "for each 1024. The table has one second's capacity at the beginning and keeps what is not "
     "used for --burst. A partition gives 3000 read or 1000 write units a second or a mix, "
     "whatever "
     "the table has; table or partition says which of both had too little left. On demand, which "
     "is the default, the rate is twice the highest minute that is over for half an hour. "
     "--provisioned and --on-demand are JSON objects; their options are those of scenarios."},
    {"cassandra_speculative_retry",
     "took says that a read was answered and how long that took, read that one begins. A "
     "percentile "
     "is taken every --read-request-timeout, the first time after one; until then reads wait for "
     "half of that. It is that of Cassandra's histogram: values count half as much after a minute, "
     "and the upper end of a bucket is up to a fifth too high."},
    {"dynamic_snitch",
     "took says that a read was answered by the node, sort asks for the nodes in the order in "
     "which "
     "they are read. A score is the median of a hundred values, newer ones being likelier kept and "
     "counting more, in whole milliseconds, as a share of the worst node's; a node without values "
     "has 0, the best. Scores change with --dynamic-snitch-update-interval only."},
};

}  // namespace

std::string_view details_of(std::string_view name) {
  const auto found = std::find_if(std::begin(kDetails), std::end(kDetails),
                                  [&](const Details& details) { return details.name == name; });
  return found == std::end(kDetails) ? std::string_view() : found->text;
}

}  // namespace highwater::drivers
