// The nearest valid word: close enough to be a slip, and never a wild guess.
#include "engine/describe/nearest.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace highwater;

TEST_CASE("nearest: the distance counts each edit once", "[describe]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("replcas", "replicas") == 1);    // insertion
  CHECK(edit_distance("replicass", "replicas") == 1);  // deletion
  CHECK(edit_distance("rep1icas", "replicas") == 1);   // substitution
  CHECK(edit_distance("erplicas", "replicas") == 1);   // neighbours swapped
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);  // each letter is edited once: no swap, then insertion
  CHECK(edit_distance("REPLICAS", "replicas") == 0);
}

TEST_CASE("nearest: a slip finds its word, anything else finds none", "[describe]") {
  const std::vector<std::string> words = {"replicas", "replication", "cores", "queue", "to", "p99"};
  CHECK(nearest_word("replcas", words) == "replicas");
  CHECK(nearest_word("core", words) == "cores");
  CHECK(nearest_word("qeueu", words) == "");  // three edits in five letters are another word
  CHECK(nearest_word("queeu", words) == "queue");
  CHECK(nearest_word("repl", words) == "replicas");  // a beginning; the nearer of two
  CHECK(nearest_word("xyz", words) == "");
  CHECK(nearest_word("", words) == "");
  CHECK(nearest_word("a", std::vector<std::string>{"b"}) == "");
  CHECK(nearest_word("Cores", words) == "cores");
  CHECK(nearest_word(std::string(100'000, 'x'), words) == "");
  CHECK(nearest_word("x", {}) == "");
}

TEST_CASE("nearest: the first of equally near words wins", "[describe]") {
  CHECK(nearest_word("bat", std::vector<std::string>{"cat", "rat"}) == "cat");
  CHECK(nearest_word("bat", std::vector<std::string>{"rat", "cat"}) == "rat");
}
