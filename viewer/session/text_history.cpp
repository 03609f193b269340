#include "viewer/session/text_history.h"

#include <algorithm>
#include <utility>

namespace highwater::viewer {

void TextHistory::clear() {
  done_.clear();
  undone_.clear();
  bytes_ = 0;
}

/// Takes a step into the last one, where both are of one word.
bool TextHistory::joins(const Step& step) {
  if (done_.empty() || !undone_.empty()) return false;
  Step& last = done_.back();
  if (!last.typed || !step.typed) return false;
  const bool ends_word =
      !last.after.empty() && (last.after.back() == ' ' || last.after.back() == '\n');
  if (step.before.empty() && step.at == last.at + last.after.size() && !ends_word &&
      step.after.find('\n') == std::string::npos) {
    last.after += step.after;
    return true;
  }
  if (step.after.empty() && last.after.empty() && step.at + step.before.size() == last.at) {
    last.before = step.before + last.before;
    last.at = step.at;
    return true;
  }
  return false;
}

void TextHistory::add(const std::string& before, const std::string& after, std::string what,
                      bool typed) {
  const auto [from, same] = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  if (from == before.end() && same == after.end()) return;
  const auto at = static_cast<std::size_t>(from - before.begin());
  std::size_t tail = 0;
  const std::size_t most = std::min(before.size(), after.size()) - at;
  while (tail < most && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  Step step{at, before.substr(at, before.size() - tail - at),
            after.substr(at, after.size() - tail - at), std::move(what), typed};
  const std::size_t more = step.before.size() + step.after.size();
  if (joins(step)) {
    bytes_ += more;
  } else {
    for (const Step& gone : undone_) bytes_ -= gone.bytes();
    undone_.clear();
    bytes_ += step.bytes();
    done_.push_back(std::move(step));
  }
  // The last one stays, however large.
  while (bytes_ > kMostBytes && done_.size() > 1) {
    bytes_ -= done_.front().bytes();
    done_.pop_front();
  }
}

std::optional<std::size_t> TextHistory::undo(std::string& text) {
  if (done_.empty()) return std::nullopt;
  undone_.push_back(std::move(done_.back()));
  done_.pop_back();
  const Step& step = undone_.back();
  text.replace(step.at, step.after.size(), step.before);
  return step.at + step.before.size();
}

std::optional<std::size_t> TextHistory::redo(std::string& text) {
  if (undone_.empty()) return std::nullopt;
  done_.push_back(std::move(undone_.back()));
  undone_.pop_back();
  const Step& step = done_.back();
  text.replace(step.at, step.before.size(), step.after);
  return step.at + step.after.size();
}

}  // namespace highwater::viewer
