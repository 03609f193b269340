#include "models/steps/endpoint_pattern.h"

#include <catch2/catch.hpp>

namespace highwater::steps {
namespace {

bool matches(const char* pattern, const char* name) {
  return EndpointPattern(pattern).matches(name);
}

TEST_CASE("endpoint pattern: plain names match themselves alone", "[models][steps]") {
  CHECK(matches("GET /users", "GET /users"));
  CHECK_FALSE(matches("GET /users", "POST /users"));
  CHECK_FALSE(matches("GET /users", "GET /user"));
  CHECK_FALSE(matches("GET /users", "GET /users/"));
  CHECK_FALSE(matches("GET /users", "GET /users/7"));
  CHECK_FALSE(matches("GET /users", ""));
  CHECK(EndpointPattern("GET /users").text() == "GET /users");
}

TEST_CASE("endpoint pattern: {name} is any one segment that is not empty", "[models][steps]") {
  CHECK(matches("GET /users/{id}", "GET /users/7"));
  CHECK(matches("GET /users/{id}", "GET /users/{id}"));
  CHECK_FALSE(matches("GET /users/{id}", "GET /users/"));
  CHECK_FALSE(matches("GET /users/{id}", "GET /users/7/orders"));
  CHECK(matches("GET /users/{id}/orders/{order}", "GET /users/7/orders/9"));
  CHECK_FALSE(matches("GET /users/{id}/orders/{order}", "GET /users/7/carts/9"));
  CHECK_FALSE(matches("GET /users/{id}/orders", "GET /users//orders"));
  CHECK(matches("GET /{id}", "GET /7"));
}

TEST_CASE("endpoint pattern: * at the end is any rest, the empty one too", "[models][steps]") {
  CHECK(matches("*", ""));
  CHECK(matches("*", "GET /anything/at/all"));
  CHECK(matches("GET /images/*", "GET /images/"));
  CHECK(matches("GET /images/*", "GET /images/a/b.png"));
  CHECK(matches("GET /images/*", "GET /images/*"));
  CHECK_FALSE(matches("GET /images/*", "GET /image"));
  CHECK_FALSE(matches("GET /images/*", "POST /images/a"));
  CHECK(matches("GET /users/{id}/*", "GET /users/7/a/b"));
  // In the middle it is a letter like any other.
  CHECK_FALSE(matches("GET /*/a", "GET /x/a"));
  CHECK(matches("GET /*/a", "GET /*/a"));
}

TEST_CASE("endpoint pattern: an open brace is a letter", "[models][steps]") {
  CHECK(matches("GET /{id", "GET /{id"));
  CHECK_FALSE(matches("GET /{id", "GET /7"));
}

}  // namespace
}  // namespace highwater::steps
