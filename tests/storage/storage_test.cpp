// What a node's memory, log and background processes do, against closed forms where there are any.

#include "models/database/storage.h"

#include <cmath>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/popularity.h"
#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

std::string storage(const std::string& parameters) {
  return R"("storage": {)" + parameters + "}";
}

TEST_CASE("storage: uniform keys hit as often as their pages fit", "[models][database][storage]") {
  ModelRig rig = rig_of(storage(R"("rows": 100000, "rows_per_page": 10, "buffer_cache": 2500)"));
  rig.add(load(1000, 400'000, uniform_reads(1'000'000)));
  rig.run(Time{500s});
  CHECK(rig.value("db", "buffer_hit_ratio", Time{30s}) == Approx(0.25).epsilon(0.01));
  CHECK(rig.count("db", "disk_reads") == Approx(300'000 + 2500.0 / 4).epsilon(0.01));
}

TEST_CASE("storage: the hit ratio follows from the popularity of the keys",
          "[models][database][storage][costly]") {
  const auto hit_ratio = [](const std::string& order, double exponent) {
    const KeyPopularity popularity = KeyPopularity::zipf(100'000, exponent);
    ModelRig rig = rig_of(storage(R"("rows": 100000, "rows_per_page": 10, "buffer_cache": 1000,
                                     "row_order": ")" +
                                  order + '"'));
    rig.add(load(1000, 200'000,
                 [popularity](RandomStream& random) { return read_of(popularity.draw(random)); }));
    rig.run(Time{300s});
    return rig.value("db", "buffer_hit_ratio", Time{50s});
  };
  // A page has ten rows on the average, so that some pages are asked for more often.
  CHECK(hit_ratio("scattered", 0) == Approx(0.107).epsilon(0.03));
  CHECK(hit_ratio("by_key", 0) == Approx(0.1).epsilon(0.03));
  CHECK(hit_ratio("scattered", 0.8) > 0.25);
  CHECK(hit_ratio("scattered", 1.1) > hit_ratio("scattered", 0.8) + 0.2);
  // Hot rows side by side fill few pages.
  CHECK(hit_ratio("by_key", 0.8) > hit_ratio("scattered", 0.8) + 0.15);
}

TEST_CASE("storage: the shards' pages hold the keys that live there",
          "[models][database][storage]") {
  // Every node has all its pages in memory after one pass, whatever places the keys.
  for (const char* sharding :
       {R"("sharding": "modulo")", R"("sharding": "range", "keys": 8000)", R"("sharding": "jump")"})
    for (const char* order : {"by_key", "scattered"}) {
      CAPTURE(sharding, order);
      ModelRig rig = rig_of(std::string(R"("shards": 4, )") + sharding + ", " +
                            storage(R"("rows": 8000, "rows_per_page": 10, "buffer_cache": 1000,
                                       "row_order": ")" +
                                    std::string(order) + '"'));
      for (std::uint64_t key = 0; key < 8000; ++key)
        rig.send(Time{Duration{1ms} * (key + 1)}, "db", read_of(key));
      rig.run(Time{20s});
      // 800 pages if each is full; keys placed by a hash leave some on pages in two shards.
      CHECK(rig.count("db", "disk_reads") >= 790);
      CHECK(rig.count("db", "disk_reads") <= (std::string(order) == "by_key" ? 830u : 800u));
    }
}

TEST_CASE("storage: a page that is being read is read once", "[models][database][storage]") {
  ModelRig rig =
      rig_of(storage(R"("rows": 100, "rows_per_page": 100, "disk": {"read_latency": "10ms"})"));
  std::vector<const Answer*> answers;
  for (std::uint64_t key = 0; key < 5; ++key)
    answers.push_back(&rig.send(Time{1s + Duration{1ms} * key}, "db", read_of(key)));
  rig.run(Time{2s});
  for (const Answer* answer : answers) CHECK(answer->at == Time{1010ms});
  CHECK(rig.count("db", "disk_reads") == 1);
  CHECK(rig.value("db", "buffer_hit_ratio") == Approx(0.8));
}

TEST_CASE("storage: without an unpinned buffer a statement fails", "[models][database][storage]") {
  ModelRig rig = rig_of(storage(R"("rows": 1000, "rows_per_page": 1, "row_order": "by_key",
                                   "buffer_cache": 2, "disk": {"read_latency": "10ms"})"));
  const Answer& first = rig.send(Time{1s}, "db", read_of(1));
  const Answer& second = rig.send(Time{1s}, "db", read_of(2));
  const Answer& third = rig.send(Time{1s}, "db", read_of(3));
  const Answer& later = rig.send(Time{2s}, "db", read_of(3));
  rig.run(Time{3s});
  CHECK(first.reply.ok());
  CHECK(second.reply.ok());
  CHECK(third.reply.status == Status::error);
  CHECK(later.reply.ok());
  CHECK(rig.count("db", "reads") == 3);
}

TEST_CASE("storage: commits that wait share a flush, as a server that takes all who wait",
          "[models][database][storage]") {
  for (const double per_second : {100.0, 1000.0, 3000.0}) {
    CAPTURE(per_second);
    const auto writes = static_cast<std::uint64_t>(per_second * 100);
    ModelRig rig = rig_of(storage(R"("rows": 1000, "disk": {"read_latency": "0s"},
                                     "wal": {"fsync": "2ms"})"),
                          200s);
    rig.add(load(per_second, writes, uniform_writes(1000)));
    rig.run(Time{200s});
    // While a flush runs a Poisson number comes, of mean a; if none does, the next one is alone.
    // So a flush takes a + exp(-a) commits, and who comes while one runs waits half of it more.
    const double a = per_second * 0.002;
    const double batch = a + std::exp(-a);
    CHECK(static_cast<double>(writes) / static_cast<double>(rig.count("db", "wal_fsyncs")) ==
          Approx(batch).epsilon(0.01));
    CHECK(rig.value("db", "commit_wait_ms") ==
          Approx((a * 3 + std::exp(-a) * 2) / batch).epsilon(0.01));
  }
}

TEST_CASE("storage: commit_delay waits for siblings, if there are any",
          "[models][database][storage]") {
  const std::string wal = R"("rows": 1000, "disk": {"read_latency": "0s"},
                             "wal": {"fsync": "2ms", "commit_delay": "3ms", "commit_siblings": 2})";
  ModelRig alone = rig_of(storage(wal));
  const Answer& one = alone.send(Time{1s}, "db", write_of(1));
  const Answer& two = alone.send(Time{2s}, "db", write_of(2));
  const Answer& three = alone.send(Time{2s}, "db", write_of(3));
  alone.run(Time{3s});
  CHECK(one.took() == 2ms);
  // When the first flush began, the other was not there yet.
  CHECK(two.took() == 2ms);
  CHECK(three.took() == 4ms);

  ModelRig many = rig_of(R"("write_time": "1ms", )" + storage(wal));
  std::vector<const Answer*> answers;
  for (std::uint64_t key = 0; key < 4; ++key)
    answers.push_back(&many.send(Time{1s + Duration{100us} * key}, "db", write_of(key)));
  many.run(Time{3s});
  for (const Answer* answer : answers) CHECK(answer->at == Time{1006ms});
  CHECK(many.count("db", "wal_fsyncs") == 1);
}

TEST_CASE("storage: without synchronous_commit nobody waits and the log follows",
          "[models][database][storage]") {
  ModelRig rig = rig_of(storage(R"("rows": 1000, "disk": {"read_latency": "0s"},
                                   "wal": {"fsync": "2ms", "synchronous_commit": false,
                                           "wal_writer_delay": "100ms"})"));
  const Answer& first = rig.send(Time{1s}, "db", write_of(1));
  rig.send(Time{1050ms}, "db", write_of(2));
  rig.send(Time{1099ms}, "db", write_of(3));
  rig.send(Time{1101ms}, "db", write_of(4));  // after the flush began
  rig.run(Time{5s});
  CHECK(first.took() == 0s);
  CHECK(rig.count("db", "wal_fsyncs") == 2);
  CHECK(rig.count("db", "lost_commits") == 0);
  CHECK(rig.value("db", "commit_wait_ms") == 0);
}

TEST_CASE("storage: a log on the disk of the data waits there", "[models][database][storage]") {
  const auto commit_wait = [](const char* device) {
    ModelRig rig = rig_of(storage(R"("rows": 1000, "disk": {"read_latency": "0s",
                                     "write_latency": "4ms", "queue_depth": 1},
                                     "wal": {"fsync": "1ms", "device": ")" +
                                  std::string(device) + R"("})"));
    const Answer& answer = rig.send(Time{1s}, "db", write_of(1));
    rig.run(Time{2s});
    return answer.took();
  };
  CHECK(commit_wait("own") == 1ms);
  CHECK(commit_wait("data") == 5ms);
}

/// Writes to `pages` pages, a row each, one after the other from `begin` on.
void change_pages(ModelRig& rig, std::uint64_t pages, Time begin, Duration apart) {
  for (std::uint64_t page = 0; page < pages; ++page)
    rig.send(begin + apart * page, "db", write_of(page));
}

TEST_CASE("storage: a checkpoint writes what is dirty, and none begins without a change",
          "[models][database][storage]") {
  ModelRig rig = rig_of(storage(R"("rows": 10000, "rows_per_page": 1, "row_order": "by_key",
      "background_writer": {"lru_maxpages": 0}, "checkpoint": {"timeout": "100s"})"));
  change_pages(rig, 500, Time{1s}, 1ms);
  change_pages(rig, 500, Time{2s}, 1ms);  // the same pages
  rig.run(Time{1000s});
  CHECK(rig.count("db", "checkpoint_writes") == 500);
  CHECK(rig.count("db", "checkpoints") == 1);
  CHECK(rig.count("db", "disk_writes") == 500);
  CHECK(rig.count("db", "backend_writes") == 0);
}

TEST_CASE("storage: how long a checkpoint takes", "[models][database][storage]") {
  const auto writes_until = [](Time end, const char* target) {
    ModelRig rig = rig_of(storage(std::string(R"("rows": 10000, "rows_per_page": 1,
         "row_order": "by_key", "background_writer": {"lru_maxpages": 0},
         "checkpoint": {"timeout": "100s", "completion_target": )") +
                                  target + "}"));
    change_pages(rig, 5000, Time{1s}, 1ms);
    rig.run(end);
    return static_cast<double>(rig.count("db", "checkpoint_writes"));
  };
  // Behind, it writes without a pause; ahead, it naps for 100 ms: the schedule is kept to that.
  CHECK(writes_until(Time{125s}, "0.5") == Approx(2500).margin(15));
  CHECK(writes_until(Time{145s}, "0.9") == Approx(2500).margin(15));
  CHECK(writes_until(Time{100900ms}, "0.0001") == Approx(4500).margin(50));  // 200 us each
}

TEST_CASE("storage: the first change of a page after a checkpoint logs all of it",
          "[models][database][storage]") {
  const auto run = [](const char* wal) {
    ModelRig rig = rig_of(storage(std::string(R"("rows": 1000, "rows_per_page": 1,
        "row_order": "by_key", "checkpoint": {"timeout": "10s"}, "wal": )") +
                                  wal));
    for (int round = 0; round < 3; ++round) {
      const Time begin{Duration{1s} + Duration{10s} * round};
      change_pages(rig, 20, begin, 1ms);
      change_pages(rig, 20, begin + Duration{1s}, 1ms);
    }
    rig.run(Time{35s});
    return std::pair{rig.count("db", "full_page_images"), rig.count("db", "wal_bytes")};
  };
  CHECK(run("{}") == std::pair<std::uint64_t, std::uint64_t>{60, 60 * 8192 + 120 * 200});
  CHECK(run(R"({"full_page_writes": false, "record": "1000B"})") ==
        std::pair<std::uint64_t, std::uint64_t>{0, 120 * 1000});
}

TEST_CASE("storage: much log makes checkpoints begin sooner", "[models][database][storage]") {
  const auto checkpoints = [](const char* size) {
    ModelRig rig = rig_of(storage(std::string(R"("rows": 1000, "rows_per_page": 10,
        "checkpoint": {"max_wal_size": )") +
                                  size + "}"));
    rig.add(load(1000, 100'000, uniform_writes(1000)));
    rig.run(Time{110s});
    return rig.count("db", "checkpoints");
  };
  CHECK(checkpoints(R"("1GiB")") == 0);
  // 20 MB of records and 0.8 MB of pages after each: one for each 2 MiB / 1.9.
  CHECK(checkpoints(R"("2MiB")") > 20);
  CHECK(checkpoints(R"("8MiB")") > 2);
  CHECK(checkpoints(R"("8MiB")") < checkpoints(R"("2MiB")") / 3);
}

TEST_CASE("storage: a dirty buffer is written before it takes another page, by whom depends",
          "[models][database][storage]") {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> written;
  for (const char* pages : {"0", "100"}) {
    ModelRig rig = rig_of(storage(std::string(R"("rows": 10000, "rows_per_page": 1,
        "buffer_cache": 200, "background_writer": {"lru_maxpages": )") +
                                  pages + "}"));
    rig.add(load(100, 10'000, uniform_writes(10'000)));
    rig.run(Time{110s});
    written[pages] = {rig.count("db", "backend_writes"), rig.count("db", "background_writes")};
  }
  CHECK(written["0"].first > 9'000);
  CHECK(written["0"].second == 0);
  CHECK(written["100"].first < written["100"].second / 5);
}

TEST_CASE("storage: dead rows above the threshold are vacuumed", "[models][database][storage]") {
  ModelRig rig = rig_of(storage(R"("rows": 1000, "rows_per_page": 10, "row_order": "by_key",
                                   "autovacuum": {"naptime": "10s"})"));
  change_pages(rig, 250, Time{1s}, 1ms);  // 50 + 200: not above
  change_pages(rig, 1, Time{15s}, 1ms);
  rig.run(Time{60s});
  CHECK(rig.count("db", "vacuums") == 1);
  CHECK(rig.count("db", "vacuumed_pages") == 25);
  // 250 from 1.125 s on the average, one more at 15 s, none from 20 s on.
  CHECK(rig.value("db", "dead_rows") == Approx((250 * (20 - 1.1245) + 5) / 60).epsilon(0.001));
}

TEST_CASE("storage: a vacuum holds itself back", "[models][database][storage]") {
  const auto pages_at = [](Time end, const char* cost) {
    ModelRig rig = rig_of(storage(std::string(R"("rows": 10000, "rows_per_page": 1,
        "row_order": "by_key", "buffer_cache": 10, "background_writer": {"lru_maxpages": 0},
        "disk": {"read_latency": "0s", "write_latency": "0s"}, "wal": {"fsync": "0s"},
        "autovacuum": {"naptime": "20s", )") +
                                  cost + "}"));
    change_pages(rig, 10'000, Time{1s}, 1ms);
    rig.run(end);
    return static_cast<double>(rig.count("db", "vacuumed_pages"));
  };
  // A page that is read and changed costs 22, ten of them 220 and a nap of 2.2 ms.
  CHECK(pages_at(Time{20s + 440ms}, R"("cost_limit": 200)") == Approx(2000).epsilon(0.02));
  CHECK(pages_at(Time{20s + 440ms}, R"("cost_delay": "4ms")") == Approx(1000).epsilon(0.02));
  CHECK(pages_at(Time{20s + 440ms}, R"("cost_page_dirty": 2)") == Approx(10'000));
  CHECK(pages_at(Time{20s + 440ms}, R"("cost_page_miss": 24)") == Approx(1000).epsilon(0.02));
  CHECK(pages_at(Time{20s + 440ms}, R"("cost_delay": "0s")") == 10'000);
}

TEST_CASE("storage: what a replica applies it reads and writes too",
          "[models][database][storage]") {
  ModelRig rig = rig_of(R"("read_replicas": 1, )" +
                        storage(R"("rows": 1000, "rows_per_page": 1, "row_order": "by_key",
                                   "checkpoint": {"timeout": "20s"})"));
  change_pages(rig, 100, Time{1s}, 1ms);
  rig.run(Time{100s});
  CHECK(rig.count("db", "disk_reads") == 200);
  CHECK(rig.count("db", "checkpoint_writes") == 200);
  CHECK(rig.count("db", "wal_fsyncs") == 100);  // a flush each, of the primary
  CHECK(rig.value("db", "buffer_hit_ratio") == 0);
}

/// Everything that is measured, in one line.
std::string outcome_of(const std::string& changed, const std::string& beside = "") {
  ModelRig rig = rig_of(beside + storage(R"("rows": 20000, "buffer_cache": 100,
      "rows_per_page": 20, "checkpoint": {"timeout": "10s"}, "disk": {"queue_depth": 8},
      "autovacuum": {"naptime": "5s", "scale_factor": 0.05}, )" +
                                         changed),
                        60s);
  rig.add(load(300, 15'000, uniform_reads(20'000)));
  rig.add(load(200, 10'000, uniform_writes(20'000)));
  rig.run(Time{60s});
  std::string text;
  for (const MetricInfo& metric : storage_metrics())
    text += metric.shape == MetricShape::kCount
                ? std::to_string(rig.count("db", metric.name)) + " "
                : std::to_string(rig.value("db", metric.name)) + " ";
  return text;
}

TEST_CASE("storage: every parameter changes something", "[models][database][storage]") {
  const std::string usual = outcome_of(R"("page_size": "8KiB")");
  CHECK(usual == outcome_of(R"("page_size": "8192B")"));
  std::map<std::string, std::string> seen{{usual, "nothing"}};
  for (const char* changed : {
           R"("page_size": "16KiB")",
           R"("row_order": "by_key")",
           R"("wal": {"fsync": "3ms"})",
           R"("wal": {"synchronous_commit": false})",
           R"("wal": {"synchronous_commit": false, "wal_writer_delay": "50ms"})",
           R"("wal": {"commit_delay": "2ms", "commit_siblings": 0})",
           R"("wal": {"commit_delay": "2ms", "commit_siblings": 1})",
           R"("wal": {"record": "1KiB"})",
           R"("wal": {"full_page_writes": false})",
           R"("wal": {"device": "data"})",
           R"("background_writer": {"delay": "1s"})",
           R"("background_writer": {"lru_maxpages": 5})",
           R"("background_writer": {"lru_multiplier": 0.1})",
       }) {
    CAPTURE(changed);
    const auto [at, added] = seen.emplace(outcome_of(changed), changed);
    CAPTURE(at->second);
    CHECK(added);
  }
}

TEST_CASE("storage: same seed, same outcome", "[models][database][storage]") {
  CHECK(outcome_of(R"("page_size": "8KiB")") == outcome_of(R"("page_size": "8KiB")"));
}

TEST_CASE("storage: a database without it measures none of it", "[models][database][storage]") {
  ModelRig rig = rig_of(R"("shards": 1)");
  rig.send(Time{1s}, "db", write_of(1));
  rig.run(Time{2s});
  for (const MetricInfo& metric : storage_metrics()) CHECK_THROWS(rig.metric("db", metric.name));
}

TEST_CASE("storage: bad input is told in words", "[models][database][storage][input]") {
  const auto problems = [](const std::string& storage) {
    return testing::problems_of(database(),
                                R"({"kind": "database", "storage": {)" + storage + "}}");
  };
  CHECK(problems(R"("rows": 10)").empty());
  CHECK(problems(R"("rows": 10, "buffer_cache": 1)").empty());
  CHECK(problems(R"("rows": 10, "buffer_cache": "8KiB")").empty());
  CHECK_THAT(problems(""), Catch::Contains("\"rows\" is missing"));
  CHECK_THAT(problems(R"("rows": 10, "buffer_cache": "4KiB")"),
             Catch::Contains("/components/it/storage/buffer_cache") &&
                 Catch::Contains("not even one page of 8192 bytes"));
  CHECK_THAT(problems(R"("rows": 10, "buffer_cache": 0)"), Catch::Contains("not even one page"));
  CHECK_THAT(problems(R"("rows": 10, "buffer_cache": "lots")"), Catch::Contains("a size such as"));
  CHECK_THAT(problems(R"("rows": 10, "buffer_cache": true)"),
             Catch::Contains("or a number of pages"));
  CHECK_THAT(problems(R"("rows": 10, "buffer_cache": "1000000GiB")"),
             Catch::Contains("more than a thousand million pages"));
  const std::string text = problems(
      R"("rows": 0, "rows_per_page": 0, "page_size": 8, "row_order": "sorted",
         "disk": {"iops": "0/s", "bandwidth": "none", "read_latency": 1, "write_latency": "-1ms",
                  "queue_depth": 0, "iopz": 1},
         "wal": {"fsync": 1, "synchronous_commit": "maybe", "wal_writer_delay": "0s",
                 "commit_delay": "1s", "commit_siblings": 2000, "record": "0B", "device": "mine"},
         "checkpoint": {"timeout": "0s", "completion_target": 2, "max_wal_size": "1B"},
         "background_writer": {"delay": "0s", "lru_maxpages": -1, "lru_multiplier": 11},
         "autovacuum": {"naptime": "0s", "cost_limit": 0, "cost_delay": "1s"})");
  CAPTURE(text);
  for (const char* expected : {"rows\"",
                               "rows_per_page",
                               "page_size",
                               "row_order",
                               "disk/iops",
                               "disk/bandwidth",
                               "disk/read_latency",
                               "disk/write_latency",
                               "disk/queue_depth",
                               "iopz",
                               "wal/fsync",
                               "wal/synchronous_commit",
                               "wal/wal_writer_delay",
                               "wal/commit_delay",
                               "wal/commit_siblings",
                               "wal/record",
                               "wal/device",
                               "checkpoint/timeout",
                               "checkpoint/completion_target",
                               "checkpoint/max_wal_size",
                               "background_writer/delay",
                               "background_writer/lru_maxpages",
                               "background_writer/lru_multiplier",
                               "autovacuum/naptime",
                               "autovacuum/cost_limit",
                               "autovacuum/cost_delay"})
    CHECK(text.find(std::string(expected).substr(0, std::string(expected).find('"'))) !=
          std::string::npos);
}

}  // namespace
}  // namespace highwater::database
