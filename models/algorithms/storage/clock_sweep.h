#pragma once

#include <cstdint>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::storage {

/// storage clock_sweep: PostgreSQL's choice of the buffer that a page is read into.
///
/// A page that is read counts one use; every further use adds one, up to five. The hand goes round
/// the buffers and takes one use off each until it finds one without any that nobody has pinned. So
/// a page survives as many rounds as it was used, and up to six rounds are needed for a victim.
/// Buffers never used are taken first, and the hand stands still for those.
///
/// 16 bytes a buffer and its share of the index; memory follows the contents. A hit is one look-up;
/// no allocation once the pool is full.
///
/// At the edges  with every buffer pinned there is no victim, as PostgreSQL's "no unpinned buffers
///          available".
/// Source   PostgreSQL 15, src/backend/storage/buffer/freelist.c, StrategyGetBuffer, and
///          buf_internals.h, BM_MAX_USAGE_COUNT; the idea is Corbato's, MIT Project MAC, 1968.
/// Checked  tests/storage/clock_sweep_test.cpp: by hand; against a naive array over random
///          operations; hit ratios against the exact chain and against Che's approximation.
class ClockSweep {
 public:
  static constexpr std::uint32_t kNone = caching::KeyIndex::kNone;
  static constexpr std::uint8_t kMostUses = 5;

  /// @param buffers  At least 1 and below 2^32 - 1.
  explicit ClockSweep(std::uint32_t buffers) : capacity_(buffers), index_(buffers) {}

  /// The buffer that has the page, or kNone.
  std::uint32_t find(std::uint64_t page) const {
    return index_.find(page, [this](std::uint32_t buffer) { return buffers_[buffer].page; });
  }
  /// Counts a use of the buffer.
  void use(std::uint32_t buffer) {
    Buffer& one = buffers_[buffer];
    if (one.uses < kMostUses) ++one.uses;
  }

  /// The buffer that is to take another page, or kNone. It keeps its page until assign().
  std::uint32_t victim() {
    ++taken_;
    if (buffers_.size() < capacity_) {
      buffers_.emplace_back();
      return static_cast<std::uint32_t>(buffers_.size() - 1);
    }
    for (std::uint32_t tries = capacity_;;) {
      const std::uint32_t at = hand_;
      if (++hand_ == capacity_) {
        hand_ = 0;
        ++rounds_;
      }
      Buffer& one = buffers_[at];
      if (one.pins == 0 && one.uses == 0) return at;
      if (one.pins == 0) {
        --one.uses;
        tries = capacity_;
      } else if (--tries == 0) {
        return kNone;
      }
    }
  }
  /// The buffer has this page from now on, used once. Precondition: no other has it.
  void assign(std::uint32_t buffer, std::uint64_t page) {
    forget(buffer);
    Buffer& one = buffers_[buffer];
    one.page = page;
    one.uses = 1;
    one.filled = true;
    index_.add(page, buffer);
  }

  /// The page could not be read: its buffer has none.
  void lose(std::uint32_t buffer) {
    forget(buffer);
    buffers_[buffer].filled = false;
    buffers_[buffer].uses = 0;
  }

  /// A pinned buffer keeps its page.
  void pin(std::uint32_t buffer) { ++buffers_[buffer].pins; }
  void unpin(std::uint32_t buffer) { --buffers_[buffer].pins; }
  std::uint32_t pins(std::uint32_t buffer) const { return buffers_[buffer].pins; }

  /// A dirty page is to be written before its buffer takes another.
  void set_dirty(std::uint32_t buffer, bool dirty) { buffers_[buffer].dirty = dirty; }
  bool dirty(std::uint32_t buffer) const { return buffers_[buffer].dirty; }
  /// Whether the next sweep could take it: neither used nor pinned.
  bool reusable(std::uint32_t buffer) const {
    return buffer >= buffers_.size() || (buffers_[buffer].pins == 0 && buffers_[buffer].uses == 0);
  }

  bool filled(std::uint32_t buffer) const { return buffers_[buffer].filled; }
  std::uint64_t page(std::uint32_t buffer) const { return buffers_[buffer].page; }
  std::uint32_t uses(std::uint32_t buffer) const { return buffers_[buffer].uses; }
  std::uint32_t capacity() const { return capacity_; }
  /// Buffers that were ever taken.
  std::uint32_t size() const { return static_cast<std::uint32_t>(buffers_.size()); }

  // What the background writer goes by.
  std::uint32_t hand() const { return hand_; }
  /// Times that the hand has come round.
  std::uint64_t rounds() const { return rounds_; }
  /// Victims asked for so far.
  std::uint64_t taken() const { return taken_; }

 private:
  struct Buffer {
    std::uint64_t page = 0;
    std::uint32_t pins = 0;
    std::uint8_t uses = 0;
    bool filled = false;
    bool dirty = false;
  };
  static_assert(sizeof(Buffer) == 16);

  void forget(std::uint32_t buffer) {
    if (buffers_[buffer].filled) index_.remove(buffers_[buffer].page, buffer);
    buffers_[buffer].dirty = false;
  }

  std::uint32_t capacity_;
  caching::KeyIndex index_;
  std::vector<Buffer> buffers_;
  std::uint32_t hand_ = 0;
  std::uint64_t rounds_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace highwater::storage
