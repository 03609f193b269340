// Undo and redo of a text.

#include "viewer/session/text_history.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace highwater::viewer;

TEST_CASE("text history: whatever was done is undone and done again", "[viewer][history]") {
  CHECK(rc::check([](const std::vector<std::string>& texts, const std::vector<bool>& typed) {
    TextHistory history;
    std::vector<std::string> seen{""};
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool by_hand = i < typed.size() && typed[i];
      history.add(seen.back(), texts[i], "step", by_hand);
      if (texts[i] != seen.back()) seen.push_back(texts[i]);
    }
    std::string text = seen.back();
    std::size_t steps = 0;
    for (; history.can_undo(); ++steps) {
      const auto place = history.undo(text);
      RC_ASSERT(place.has_value());
      RC_ASSERT(*place <= text.size());
      RC_ASSERT(std::find(seen.begin(), seen.end(), text) != seen.end());
    }
    RC_ASSERT(text.empty());
    RC_ASSERT(steps < seen.size());
    while (history.can_redo()) history.redo(text);
    RC_ASSERT(text == seen.back());
  }));
}

TEST_CASE("text history: letters of a word go together, words one by one", "[viewer][history]") {
  TextHistory history;
  std::string text;
  for (const char c : std::string("two words")) {
    const std::string before = text;
    text += c;
    history.add(before, text, "typing", true);
  }
  history.undo(text);
  CHECK(text == "two ");
  history.undo(text);
  CHECK(text.empty());
  CHECK_FALSE(history.undo(text));
  history.redo(text);
  CHECK(text == "two ");
  CHECK(history.redoes() == "typing");
  // Whoever writes something else cannot do again what was undone.
  history.add("two ", "two", "typing", true);
  CHECK_FALSE(history.can_redo());
  history.add("two", "tw", "typing", true);
  history.undo(text = "tw");
  CHECK(text == "two ");
}

TEST_CASE("text history: it keeps so much and no more", "[viewer][history]") {
  TextHistory history;
  const std::string large(TextHistory::kMostBytes / 4, 'x');
  std::string text;
  for (int i = 0; i < 20; ++i) {
    const std::string after = text.empty() ? large : "";
    history.add(text, after, "step", false);
    text = after;
  }
  std::size_t steps = 0;
  for (; history.can_undo(); ++steps) history.undo(text);
  CHECK(steps >= 3);
  CHECK(steps <= 4);
}
