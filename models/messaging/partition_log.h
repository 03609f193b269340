#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/kernel/check.h"
#include "engine/kernel/time.h"
#include "engine/model/request.h"

namespace highwater::messaging {

/// What a message does to whoever works on it, every time; ordered by how bad that is.
enum class Spoilt : std::uint8_t {
  no,
  fails,    ///< The attempt fails when its steps are done.
  crashes,  ///< So does the process.
};

/// What a publisher left in a topic.
struct Message {
  std::uint64_t request = 0;  ///< The client's request it stems from.
  std::uint64_t path = 0;     ///< Of the publishing call; keys the draws of the consumers.
  std::uint64_t key = 0;
  Time intended{};  ///< When the client meant to send that request.
  Time appended{};
  std::uint8_t priority = 0;
  Spoilt spoilt = Spoilt::no;

  static Message from(const Request& publish, Time appended, Spoilt spoilt) {
    return {publish.id, publish.path,     publish.key, publish.intended,
            appended,   publish.priority, spoilt};
  }

  /// What a consumer works on in its `attempt`-th try, from 0. The publisher does not wait for it,
  /// so it has none of the publisher's deadline.
  Request work(std::uint64_t attempt) const {
    Request task;
    task.id = request;
    task.path = path;
    task.key = key;
    task.intended = intended;
    task.priority = priority;
    return task.descend(0, attempt);
  }
};

/// The messages of one partition, numbered from 0 by their offsets in the order they were appended.
///
/// Keeps those that some reader has not let go of; without readers it keeps none, only the count.
/// So memory follows the readers' lag, not the length of the run.
///
/// Checked  tests/models/partition_log_test.cpp.
class PartitionLog {
 public:
  /// A reader of everything from the beginning. Precondition: nothing was appended yet.
  /// @return its number, 0, 1, …
  std::uint32_t add_reader() {
    HIGHWATER_CHECK(end_ == 0);
    released_.push_back(0);
    return static_cast<std::uint32_t>(released_.size() - 1);
  }

  void append(const Message& message) {
    if (!released_.empty()) messages_.push_back(message);
    ++end_;
  }

  /// Nothing is there from `end` on; what comes next has that offset. Precondition: end <= end().
  void cut(std::uint64_t end) {
    HIGHWATER_CHECK(end <= end_);
    while (end_ > end) {
      if (!messages_.empty()) messages_.pop_back();
      --end_;
    }
    for (std::uint64_t& released : released_) released = std::min(released, end);
  }

  /// The offset after the last message: how many were ever appended.
  std::uint64_t end() const { return end_; }

  /// Precondition: offset < end(), and no reader has let go of it.
  const Message& at(std::uint64_t offset) const {
    HIGHWATER_DCHECK(offset >= begin() && offset < end_);
    return messages_[offset - begin()];
  }

  /// `reader` will not ask for anything before `offset` again. Precondition: it never goes back.
  void release(std::uint32_t reader, std::uint64_t offset) {
    HIGHWATER_CHECK(offset >= released_[reader] && offset <= end_);
    released_[reader] = offset;
    const std::uint64_t needed = *std::min_element(released_.begin(), released_.end());
    while (begin() < needed) messages_.pop_front();
  }

  /// Messages in memory.
  std::size_t kept() const { return messages_.size(); }

 private:
  std::uint64_t begin() const { return end_ - messages_.size(); }

  std::deque<Message> messages_;
  std::uint64_t end_ = 0;
  std::vector<std::uint64_t> released_;  // by reader: the first offset it may still ask for
};

}  // namespace highwater::messaging
