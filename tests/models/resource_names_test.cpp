#include "models/cache/resource_names.h"

#include <catch2/catch.hpp>

namespace highwater::cache {
namespace {

TEST_CASE("resource names: methods name the same resource, and some are unsafe",
          "[models][cache]") {
  const ResourceName get = resource_name("GET /users/{id}");
  CHECK(get.safe);
  CHECK(resource_name("HEAD /users/{id}").safe);
  CHECK(resource_name("OPTIONS /users/{id}").safe);
  CHECK(resource_name("TRACE /users/{id}").safe);
  for (const char* unsafe : {"PUT", "POST", "DELETE", "PATCH", "PURGE", "get"}) {
    const ResourceName other = resource_name(std::string(unsafe) + " /users/{id}");
    CHECK_FALSE(other.safe);
    CHECK(other.hash == get.hash);
  }
  CHECK(resource_name("/users/{id}").hash == get.hash);
  CHECK(resource_name("/users/{id}").safe);
  CHECK(resource_name("GET /orders/{id}").hash != get.hash);
  // FNV-1a test vectors of its authors: the empty text and "a".
  CHECK(resource_name("").hash == 0xcbf29ce484222325U);
  CHECK(resource_name("a").hash == 0xaf63dc4c8601ec8cU);
}

TEST_CASE("resource names: known for symbols that come late", "[models][cache]") {
  Symbols symbols;
  ResourceNames names(symbols);
  CHECK(names.of(kNoSymbol).hash == resource_name("").hash);
  const Symbol put = symbols.intern("PUT /a");
  const Symbol get = symbols.intern("GET /a");
  CHECK(names.of(get).hash == names.of(put).hash);
  CHECK(names.of(get).safe);
  CHECK_FALSE(names.of(put).safe);
}

}  // namespace
}  // namespace highwater::cache
