#include "models/algorithms/hashing/nginx_hash.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/nginx_consistent.h"
#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

struct Upstream {
  std::vector<Target> targets;
  std::vector<bool> down;
};

// Reads the servers out of the `upstream` block that a recording quotes.
Upstream upstream_of(const std::string& text) {
  Upstream upstream;
  constexpr std::string_view kServer = "server ";
  for (std::size_t at = text.find(kServer); at != std::string::npos; at = text.find(kServer, at)) {
    at += kServer.size();
    const std::string words = text.substr(at, text.find(';', at) - at);
    Target target{words.substr(0, words.find(' ')), 1};
    if (const std::size_t weight = words.find("weight="); weight != std::string::npos)
      target.weight = static_cast<std::uint32_t>(std::stoul(words.substr(weight + 7)));
    upstream.targets.push_back(target);
    upstream.down.push_back(words.ends_with(" down"));
  }
  return upstream;
}

// The first proposal that is up, as nginx goes through them.
template <class Walk>
std::optional<std::size_t> first_up(Walk walk, const std::vector<bool>& down) {
  for (std::uint32_t refused = 0; refused <= kNginxTries; ++refused)
    if (const std::uint32_t peer = walk.next(); !down[peer]) return peer;
  return std::nullopt;
}

TEST_CASE("nginx_hash: the peers nginx chose, one being down", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("nginx_hash_1111_s2down.json");
  const Upstream upstream = upstream_of(golden["upstream"]);
  REQUIRE(upstream.down == std::vector<bool>{false, false, true, false});
  const NginxHash table(upstream.targets);
  REQUIRE(golden["choice"].size() == 300);
  bool went_on = false;
  for (std::size_t i = 0; i < golden["choice"].size(); ++i) {
    const std::string key = key_of(i);
    CHECK(first_up(table.walk(key), upstream.down) == golden["choice"][i].get<std::size_t>());
    went_on |= table.lookup(key) == 2;
  }
  CHECK(went_on);
}

TEST_CASE("nginx_hash: the choice is the first proposal, over the weights",
          "[algorithms][hashing]") {
  for (const std::size_t count : {4u, 30u}) {  // short lists are walked, long ones searched
    std::vector<std::uint32_t> weights;
    std::uint32_t total = 0;
    for (std::uint32_t i = 0; i < count; ++i) total += weights.emplace_back(i % 5 + 1);
    const NginxHash table(weighted_targets(weights));
    for (std::size_t i = 0; i < 2000; ++i) {
      std::uint32_t rest = (crc32(key_of(i)) >> 16 & 0x7fff) % total;
      std::size_t peer = 0;
      while (rest >= weights[peer]) rest -= weights[peer++];
      CHECK(table.lookup(key_of(i)) == peer);
      CHECK(table.walk(key_of(i)).next() == peer);
    }
  }
}

TEST_CASE("nginx_hash: attempts go before the key, and hashes add up", "[algorithms][hashing]") {
  const std::vector<Target> targets = weighted_targets(std::vector<std::uint32_t>(1000, 7));
  const NginxHash table(targets);
  auto walk = table.walk("key");
  std::uint32_t sum = 0;
  for (int attempt = 0; attempt < 13; ++attempt) {
    const std::string text = (attempt == 0 ? "" : std::to_string(attempt)) + std::string("key");
    sum += crc32(text) >> 16 & 0x7fff;
    CHECK(walk.next() == sum % 7000 / 7);
  }
}

TEST_CASE("nginx_ip_hash: the peers nginx chose", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("nginx_iphash_1111.json");
  const NginxIpHash table(upstream_of(golden["upstream"]).targets);
  REQUIRE(golden["rows"].size() >= 150);
  for (const nlohmann::json& row : golden["rows"])
    CHECK(table.lookup(row[0].get<std::string>()) == row[1].get<std::size_t>());
}

TEST_CASE("nginx_ip_hash: three bytes of IPv4, all of IPv6, and on from there",
          "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(6271);
  const NginxIpHash table(targets);
  CHECK(table.lookup("10.1.2.3") == table.lookup("10.1.2.77"));
  CHECK(table.lookup("10.1.2.3") != table.lookup("10.1.3.3"));
  CHECK(table.lookup("2001:db8::1") != table.lookup("2001:db8::2"));
  const auto rehash = [](std::uint32_t hash, std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) hash = (hash * 113 + byte_at(bytes, i)) % 6271;
    return hash;
  };
  const Address address = parse_address("2001:db8::ff02").value();
  auto walk = table.walk(address);
  std::uint32_t hash = 89;
  for (int i = 0; i < 5; ++i) CHECK(walk.next() == (hash = rehash(hash, address.view())));
  CHECK(table.lookup("unix:") == table.lookup("0.0.0.0"));
  CHECK(table.lookup("") == rehash(89, std::string_view("\0\0\0", 3)));
}

TEST_CASE("nginx_hash_consistent: the peers nginx chose by weight",
          "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("nginx_chash_123.json");
  const NginxConsistent table(upstream_of(golden["upstream"]).targets);
  REQUIRE(golden["choice"].size() == 300);
  for (std::size_t i = 0; i < golden["choice"].size(); ++i)
    CHECK(table.lookup(key_of(i)) == golden["choice"][i].get<std::size_t>());
}

TEST_CASE("nginx_hash_consistent: past a server that is down", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("nginx_chash_1111_s2down.json");
  const Upstream upstream = upstream_of(golden["upstream"]);
  const NginxConsistent table(upstream.targets);
  const Ring<std::uint32_t>& ring = table.ring();
  REQUIRE(golden["choice"].size() == 300);
  for (std::size_t i = 0; i < golden["choice"].size(); ++i) {
    std::size_t place = ring.place_of(NginxConsistent::hash(key_of(i)));
    for (std::uint32_t n = 0; n < kNginxTries && upstream.down[ring.target(place)]; ++n)
      place = ring.next(place);
    CHECK(ring.target(place) == golden["choice"][i].get<std::size_t>());
    std::array<std::uint32_t, 4> order{};
    REQUIRE(table.candidates(key_of(i), order) == 4);
    CHECK((order[0] == 2 ? order[1] : order[0]) == golden["choice"][i].get<std::size_t>());
  }
}

TEST_CASE("nginx_hash_consistent: how a name becomes host and port", "[algorithms][hashing]") {
  const auto first = [](const std::string& name) {
    const std::vector<Target> one = {{name, 1}};
    const NginxConsistent table(one);
    std::vector<std::uint32_t> hashes;
    for (std::size_t i = 0; i < table.ring().size(); ++i)
      hashes.push_back(table.ring().point(i).hash);
    return hashes;
  };
  const auto holds = [&](const std::string& name, const std::string& bytes) {
    const std::vector<std::uint32_t> hashes = first(name);
    const std::uint32_t point = crc32(bytes + std::string(4, '\0'));
    return std::find(hashes.begin(), hashes.end(), point) != hashes.end();
  };
  const std::string zero(1, '\0');
  CHECK(holds("example.org:8080", "example.org" + zero + "8080"));
  CHECK(holds("example.org", "example.org" + zero));
  CHECK(holds("unix:/run/app.sock", "/run/app.sock" + zero));
  CHECK(holds("UNIX:/run/app:80", "/run/app:80" + zero));
  CHECK(holds("[2001:db8::1]:80", "[2001:db8::1]" + zero + "80"));
  CHECK(holds("[2001:db8::1]", "[2001:db8::1]" + zero));
  CHECK(holds("8080", "8080" + zero));
  CHECK(holds("host:", "host" + zero));
  CHECK(holds("", zero));
  CHECK(first("a").size() == 160);
}

TEST_CASE("nginx_hash_consistent: twins keep the first's points", "[algorithms][hashing]") {
  const std::vector<Target> twins = {{"a:80", 1}, {"a:80", 2}};
  const NginxConsistent table(twins);
  CHECK(table.ring().size() == 320);
  std::size_t second = 0;
  for (std::size_t i = 0; i < 320; ++i) second += table.ring().target(i);
  CHECK(second == 160);
}

}  // namespace
}  // namespace highwater::hashing
