#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/client.h"
#include "models/algorithms/balancing/nginx.h"
#include "models/algorithms/hashing/nginx_consistent.h"
#include "models/algorithms/hashing/nginx_hash.h"

namespace highwater::balancing {

/// What the hashing methods of nginx share: the walk over a request's proposals, of which the first
/// primary that may be picked is; after 20 refused ones in a request, round robin decides.
///
/// A further pick for a request goes on where the last one stopped. nginx keeps that place with the
/// request; here it is found again from Question::tried. That leads to the same place: during one
/// pick nothing changes, so that what was picked was the first of its kind among the proposals from
/// the pick before on.
///
/// Assumes  backups, which nginx refuses with these methods, stand in for round robin only.
/// Source   nginx 1.22.1, the modules named below.
/// Checked  tests/algorithms/nginx_test.cpp; tests/reality/nginx_balancing.py: requests of a live
///          nginx that go on after failures.
template <class Table>
class NginxHashing : public NginxUpstream {
 public:
  explicit NginxHashing(std::vector<Target> targets) : NginxUpstream(std::move(targets)) {
    make_table();
  }

  bool reads_key() const override { return true; }

 protected:
  const Table& table() const { return table_; }
  bool hashes_nothing() const { return single() || primaries().total_weight == 0; }

  template <class Walk>
  Pick first_eligible(const Question& question, Walk walk) {
    const std::int64_t now = seconds(question.now);
    std::size_t replayed = 0;
    for (std::uint32_t refused = 0; refused <= hashing::kNginxTries;) {
      const std::size_t i = primaries().members[walk.next()];
      if (replayed < question.tried.size() && i == question.tried[replayed]) {
        ++replayed;
      } else if (replayed == question.tried.size() && eligible(i, question, now)) {
        return chosen(i, now);
      } else {
        ++refused;
      }
    }
    return round_robin(question);
  }

 private:
  void make_table() {
    std::vector<hashing::Target> targets;
    for (const std::uint32_t i : primaries().members)
      targets.push_back({target(i).name, weight(i)});
    table_ = Table(targets);
  }
  void weights_changed() override { make_table(); }

  Table table_{hashing::Targets()};
};

/// balancing nginx_ip_hash: by the client's network: an IPv4 address without its last part, a whole
/// IPv6 address.
///
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_ip_hash_module.c.
/// Checked  tests/algorithms/nginx_test.cpp: recorded picks for addresses.
class NginxIpHash final : public NginxHashing<hashing::NginxIpHash> {
 public:
  using NginxHashing::NginxHashing;

 private:
  /// O(n), or O(log n) for many targets, per proposal; round robin O(n).
  Pick choose(const Question& question, AnyBits&) override {
    if (hashes_nothing()) return round_robin(question);
    return first_eligible(question, table().walk(client_address(question.key)));
  }
};

/// balancing nginx_hash: by the key's CRC-32, as Cache::Memcached does it: a server more or less
/// moves most keys.
///
/// An empty key means round robin.
///
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_hash_module.c, get_hash_peer.
/// Checked  tests/algorithms/nginx_test.cpp: recorded picks for keys, one server being down.
class NginxHash final : public NginxHashing<hashing::NginxHash> {
 public:
  using NginxHashing::NginxHashing;

 private:
  /// O(n), or O(log n) for many targets, per proposal; round robin O(n).
  Pick choose(const Question& question, AnyBits&) override {
    if (hashes_nothing() || question.key.empty()) return round_robin(question);
    return first_eligible(question, table().walk(question.key));
  }
};

/// balancing nginx_hash_consistent: by the first of 160 points per weight at or after the key's
/// CRC-32, as Cache::Memcached::Fast does it.
///
/// Points belong to names; targets of one name, as the addresses of one host, share them by smooth
/// round robin. A further try goes to the next point, 20 at most. An empty key means round robin.
///
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_hash_module.c, get_chash_peer.
/// Checked  tests/algorithms/nginx_test.cpp: recorded picks for keys, one server being down.
class NginxHashConsistent final : public NginxUpstream {
 public:
  explicit NginxHashConsistent(std::vector<Target> targets) : NginxUpstream(std::move(targets)) {
    std::map<std::string, std::uint32_t> names;
    for (std::size_t i = 0; i < size(); ++i) {
      const auto known = names.emplace(target(i).name, names.size()).first;
      name_of_.push_back(known->second);
    }
    named_.resize(names.size());
    for (const std::uint32_t i : primaries().members) named_[name_of_[i]].push_back(i);
    weights_changed();
  }

  bool reads_key() const override { return true; }

 private:
  /// O(1) per point for points that are hashes; round robin O(n).
  Pick choose(const Question& question, AnyBits&) override {
    if (single() || ring_.empty() || question.key.empty()) return round_robin(question);
    const std::int64_t now = seconds(question.now);
    std::size_t place = ring_.place_of(hashing::NginxConsistent::hash(question.key));
    std::size_t replayed = 0;
    for (std::uint32_t refused = 0; refused <= hashing::kNginxTries;) {
      const std::uint32_t name = name_of_[primaries().members[ring_.target(place)]];
      if (replayed < question.tried.size()) {
        if (name_of_[question.tried[replayed]] == name) {  // a further pick starts there again
          ++replayed;
          continue;
        }
      } else if (const Pick picked = smooth(named_[name], question, now)) {
        return picked;
      }
      place = ring_.next(place);
      ++refused;
    }
    return round_robin(question);
  }

  void weights_changed() override {
    std::vector<hashing::Target> targets;
    for (const std::uint32_t i : primaries().members)
      targets.push_back({target(i).name, weight(i)});
    ring_ = hashing::NginxConsistent(targets).ring();
  }

  std::vector<std::uint32_t> name_of_;             // each target's number of its name
  std::vector<std::vector<std::uint32_t>> named_;  // the primaries of each name
  hashing::Ring<std::uint32_t> ring_;              // by the place among the primaries
};

}  // namespace highwater::balancing
