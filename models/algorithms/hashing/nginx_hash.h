#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/address.h"
#include "models/algorithms/hashing/bytes.h"
#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// The peers an nginx hash proposes; once more than this many of its proposals were refused (down,
/// tried before, at its limit), nginx goes over to round robin for the request.
inline constexpr std::uint32_t kNginxTries = 20;

/// What nginx' hashing balancers share: a number becomes a peer by walking over the weights.
class NginxWeights {
 public:
  explicit NginxWeights(Targets targets) {
    std::uint64_t sum = 0;
    for (const std::uint32_t place : places_in_use(targets)) {
      places_.push_back(place);
      sums_.push_back(sum += targets[place].weight);
    }
  }

  bool empty() const { return places_.empty(); }
  std::size_t size() const { return places_.size(); }
  std::span<const std::uint32_t> places() const { return places_; }

  /// The peer within whose weight `hash mod (sum of weights)` falls. There is one.
  std::uint32_t peer(std::uint64_t hash) const {
    const std::uint64_t rest = hash % sums_.back();
    std::size_t i = 0;
    if (sums_.size() > 16) {
      i = static_cast<std::size_t>(std::upper_bound(sums_.begin(), sums_.end(), rest) -
                                   sums_.begin());
    } else {
      while (rest >= sums_[i]) ++i;
    }
    return places_[i];
  }

 private:
  std::vector<std::uint32_t> places_;
  std::vector<std::uint64_t> sums_;  // of the weights up to and with each
};

/// nginx_hash: nginx' `hash key`, compatible with the Perl client Cache::Memcached.
///
/// Fifteen bits of CRC-32 over the weights. A peer that is refused is followed by the next
/// proposal: the number of the attempt is put before the key, and the new hash added to the old.
///
/// Assumes  nginx does not hash an empty key or for a single peer but takes turns; by key alone
///          there are no turns to take, so that here an empty key is a key like any other. Peers
///          that are down count with their weight, as in nginx: keep them in the list.
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_hash_module.c,
///          ngx_http_upstream_get_hash_peer.
/// Checked  tests/algorithms/nginx_hash_test.cpp: peers nginx chose for 300 keys, one being down.
class NginxHash {
 public:
  explicit NginxHash(Targets targets) : weights_(targets) {}

  /// The proposals for one request, endless. The key must outlive it.
  class Walk {
   public:
    Walk(const NginxHash& table, std::string_view key) : weights_(&table.weights_), key_(key) {}

    std::uint32_t next() {
      const std::uint32_t before = rehash_ == 0 ? 0 : crc32(DecimalText(rehash_).view());
      ++rehash_;
      hash_ += crc32(key_, before) >> 16 & 0x7fff;
      return weights_->peer(hash_);
    }

   private:
    const NginxWeights* weights_;
    std::string_view key_;
    std::uint32_t hash_ = 0;
    std::uint32_t rehash_ = 0;
  };

  bool empty() const { return weights_.empty(); }

  /// The proposals for a key; not for an empty table.
  Walk walk(std::string_view key) const { return Walk(*this, key); }

  Choice lookup(std::string_view key) const {
    if (empty()) return std::nullopt;
    return weights_.peer(crc32(key) >> 16 & 0x7fff);
  }

  /// Fills `out` with the distinct peers nginx would try before it falls back. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (empty()) return 0;
    return distinct(walk(key), weights_.size(), out);
  }

  /// The distinct proposals of any walk, until `out` or `peers` is reached or too many were known.
  template <class Walk>
  static std::size_t distinct(Walk walk, std::size_t peers, std::span<std::uint32_t> out) {
    const std::size_t wanted = std::min(out.size(), peers);
    std::size_t found = 0;
    for (std::uint32_t refused = 0; found < wanted && refused <= kNginxTries;) {
      const std::uint32_t peer = walk.next();
      const auto known = out.begin() + static_cast<std::ptrdiff_t>(found);
      if (std::find(out.begin(), known, peer) == known) {
        out[found++] = peer;
      } else {
        ++refused;
      }
    }
    return found;
  }

 private:
  NginxWeights weights_;
};

/// nginx_ip_hash: nginx' `ip_hash`: clients of one /24 share a peer.
///
/// The first three bytes of an IPv4 address, or all sixteen of IPv6, through a hash of 6,271
/// values. A refused peer is followed by hashing the same bytes again from the present value.
///
/// Assumes  as NginxHash, of whose tries it has as many.
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_ip_hash_module.c.
/// Checked  tests/algorithms/nginx_hash_test.cpp: peers nginx chose for 153 addresses.
class NginxIpHash {
 public:
  explicit NginxIpHash(Targets targets) : weights_(targets) {}

  /// The proposals for one client, endless.
  class Walk {
   public:
    Walk(const NginxIpHash& table, const Address& client)
        : weights_(&table.weights_), client_(client) {
      if (client_.size == 4) client_.size = 3;
    }

    std::uint32_t next() {
      for (std::size_t i = 0; i < client_.size; ++i)
        hash_ = (hash_ * 113 + byte_at(client_.view(), i)) % 6271;
      return weights_->peer(hash_);
    }

   private:
    const NginxWeights* weights_;
    Address client_;
    std::uint32_t hash_ = 89;
  };

  bool empty() const { return weights_.empty(); }

  /// The proposals for a client; not for an empty table.
  Walk walk(const Address& client) const { return Walk(*this, client); }

  Choice lookup(const Address& client) const {
    if (empty()) return std::nullopt;
    return walk(client).next();
  }

  /// The client's address as text. What is no address counts as 0.0.0.0: nginx hashes three zero
  /// bytes for a client that came over a Unix socket.
  Choice lookup(std::string_view client) const {
    return lookup(parse_address(client).value_or(Address()));
  }

  /// Fills `out` with the distinct peers nginx would try before it falls back. Returns how many.
  std::size_t candidates(const Address& client, std::span<std::uint32_t> out) const {
    if (empty()) return 0;
    return NginxHash::distinct(walk(client), weights_.size(), out);
  }

 private:
  NginxWeights weights_;
};

}  // namespace highwater::hashing
