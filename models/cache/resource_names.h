#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/model/symbols.h"

namespace highwater::cache {

/// What an endpoint's name says to a cache that stands in the way of the requests.
struct ResourceName {
  std::uint64_t hash = 0;  ///< Of the name without its method: GET and PUT mean the same resource.
  bool safe = true;        ///< The method changes nothing, so that its answer may be stored.
};

/// Splits "GET /users/{id}" into method and resource. A name without a method is safe.
/// Method   FNV-1a, 64 bits, of what follows the method.
/// Source   RFC 9110 section 9.2.1: GET, HEAD, OPTIONS and TRACE are safe; RFC 9111 section 4.4: an
///          unsafe request invalidates what is stored for its URI.
constexpr ResourceName resource_name(std::string_view endpoint) {
  ResourceName name;
  const std::size_t space = endpoint.find(' ');
  if (space != std::string_view::npos) {
    const std::string_view method = endpoint.substr(0, space);
    name.safe = method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
    endpoint.remove_prefix(space + 1);
  }
  name.hash = 0xcbf29ce484222325U;
  for (const char c : endpoint)
    name.hash = (name.hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return name;
}

/// The resource names of a run's endpoints, each worked out once: a trace may name thousands.
class ResourceNames {
 public:
  explicit ResourceNames(const Symbols& symbols) : symbols_(symbols) {}

  const ResourceName& of(Symbol endpoint) {
    while (names_.size() <= endpoint)
      names_.push_back(resource_name(symbols_.name(static_cast<Symbol>(names_.size()))));
    return names_[endpoint];
  }

 private:
  const Symbols& symbols_;
  std::vector<ResourceName> names_;  // by symbol
};

}  // namespace highwater::cache
