#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace highwater::viewer {

/// What was done to a text, to be undone and done again. It keeps what differs, not whole texts.
class TextHistory {
 public:
  /// Bytes of texts that are kept at most; the oldest steps go first (chosen).
  static constexpr std::size_t kMostBytes = std::size_t{32} << 20;

  /// @param what   In words: "add service".
  /// @param typed  By the keyboard: letters of a word that are typed one after the other are undone
  ///               together.
  void add(const std::string& before, const std::string& after, std::string what, bool typed);
  void clear();

  bool can_undo() const { return !done_.empty(); }
  bool can_redo() const { return !undone_.empty(); }
  const std::string& undoes() const { return done_.back().what; }    ///< If can_undo().
  const std::string& redoes() const { return undone_.back().what; }  ///< If can_redo().
  /// Changes the text. @return where; nothing where there is nothing to undo or do again.
  std::optional<std::size_t> undo(std::string& text);
  std::optional<std::size_t> redo(std::string& text);

 private:
  struct Step {
    std::size_t at;
    std::string before, after;
    std::string what;
    bool typed;
    std::size_t bytes() const { return before.size() + after.size() + what.size(); }
  };
  bool joins(const Step& step);

  std::deque<Step> done_;     // the latest last
  std::vector<Step> undone_;  // the next last
  std::size_t bytes_ = 0;     // of both
};

}  // namespace highwater::viewer
