#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/describe/one_of.h"
#include "engine/kernel/popularity.h"

namespace highwater::client {

struct ZipfLaw {
  std::uint64_t items = 1;
  double exponent = 1;

  static constexpr auto fields() {
    return Fields{
        field<&ZipfLaw::items>("Different keys.")
            .required()
            .at_least(std::uint64_t{1})
            .at_most(KeyPopularity::kMostItems),
        field<&ZipfLaw::exponent>("The k-th most popular key is asked for in proportion to "
                                  "1/k^exponent.")
            .at_least(0.0)
            .at_most(20.0)};
  }
};

struct ZipfKeys {
  ZipfLaw zipf;

  static constexpr std::string_view doc = "Few popular keys and a long tail.";
  static constexpr auto fields() { return Fields{field<&ZipfKeys::zipf>("The law.").required()}; }
};

struct UniformLaw {
  std::uint64_t items = 1;

  static constexpr auto fields() {
    return Fields{field<&UniformLaw::items>("Different keys.")
                      .required()
                      .at_least(std::uint64_t{1})
                      .at_most(KeyPopularity::kMostItems)};
  }
  static constexpr auto shorthand = &UniformLaw::items;
};

struct UniformKeys {
  UniformLaw uniform;

  static constexpr std::string_view doc = "Every key as often as any other.";
  static constexpr auto fields() {
    return Fields{field<&UniformKeys::uniform>("How many.").required()};
  }
};

struct HotspotLaw {
  std::uint64_t items = 1;
  Fraction hot{0.2};
  Fraction share{0.8};

  static constexpr auto fields() {
    return Fields{field<&HotspotLaw::items>("Different keys.")
                      .required()
                      .at_least(std::uint64_t{1})
                      .at_most(KeyPopularity::kMostItems),
                  field<&HotspotLaw::hot>("Part of the keys that is hot."),
                  field<&HotspotLaw::share>("Part of the requests that goes to hot keys.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (const auto wrong = KeyPopularity::check_hotspot(items, hot.value, share.value))
      problems.error(where.position(), path, *wrong);
  }
};

struct HotspotKeys {
  HotspotLaw hotspot;

  static constexpr std::string_view doc = "A part of the keys gets most of the requests.";
  static constexpr auto fields() {
    return Fields{field<&HotspotKeys::hotspot>("The law.").required()};
  }
};

/// Which keys a client's requests are about.
struct Keys : OneOf<ZipfKeys, UniformKeys, HotspotKeys> {
  using OneOf::OneOf;

  KeyPopularity popularity() const {
    if (const ZipfKeys* keys = as<ZipfKeys>())
      return KeyPopularity::zipf(keys->zipf.items, keys->zipf.exponent);
    if (const HotspotKeys* keys = as<HotspotKeys>())
      return KeyPopularity::hotspot(keys->hotspot.items, keys->hotspot.hot.value,
                                    keys->hotspot.share.value);
    return KeyPopularity::uniform(as<UniformKeys>()->uniform.items);
  }
};

}  // namespace highwater::client
