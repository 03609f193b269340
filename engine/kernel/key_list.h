#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kernel/check.h"
#include "engine/kernel/event_key.h"

namespace highwater {

/// Fifteen keys and a pointer to the next chunk: a piece of a KeyList.
struct alignas(256) KeyChunk {
  static constexpr std::uintptr_t kKeys = 15;

  EventKey keys[kKeys];
  KeyChunk* next;
};

/// Memory for chunks, in slabs; freed chunks are used again first.
class KeyChunkPool {
 public:
  KeyChunk* take() {
    if (free_ == nullptr) [[unlikely]]
      add_slab();
    KeyChunk* const chunk = free_;
    free_ = chunk->next;
    ++used_;
    return chunk;
  }
  void give_back(KeyChunk* chunk) noexcept {
    chunk->next = free_;
    free_ = chunk;
    --used_;
  }

  std::size_t used() const noexcept { return used_; }
  std::size_t capacity() const noexcept { return kSlab * slabs_.size(); }

  /// Returns all memory. Precondition: used() == 0.
  void clear() noexcept {
    HIGHWATER_CHECK(used_ == 0);
    slabs_.clear();
    free_ = nullptr;
  }

 private:
  static constexpr std::size_t kSlab = 64;

  void add_slab();

  std::vector<std::unique_ptr<KeyChunk[]>> slabs_;
  KeyChunk* free_ = nullptr;
  std::size_t used_ = 0;
};

/// Keys in no order, in chunks of a pool that the caller passes along. One word, so that a table of
/// many lists stays small: the address of the first chunk and, in its low bits, how many keys that
/// one holds; all other chunks are full. Not copyable in spirit: whoever moves it clears the
/// source.
class KeyList {
 public:
  bool empty() const noexcept { return word_ == 0; }

  void push(EventKey key, KeyChunkPool& pool) {
    if (word_ == 0 || fill() == KeyChunk::kKeys) {
      KeyChunk* const chunk = pool.take();
      chunk->next = first();
      word_ = reinterpret_cast<std::uintptr_t>(chunk);
    }
    first()->keys[fill()] = key;
    ++word_;
  }

  /// Takes everything out.
  KeyList release() noexcept {
    const KeyList all = *this;
    word_ = 0;
    return all;
  }

  /// Calls visit(key) for every key and empties the list. The visitor may push to other lists of
  /// the same pool.
  template <class Visit>
  void drain(KeyChunkPool& pool, Visit visit) {
    KeyChunk* chunk = first();
    std::uintptr_t fill_of_chunk = fill();
    word_ = 0;
    while (chunk != nullptr) {
      for (std::uintptr_t i = 0; i < fill_of_chunk; ++i) visit(chunk->keys[i]);
      KeyChunk* const next = chunk->next;
      pool.give_back(chunk);
      chunk = next;
      fill_of_chunk = KeyChunk::kKeys;
    }
  }

  /// Calls visit(EventKey&) for every key.
  template <class Visit>
  void for_each(Visit visit) const {
    std::uintptr_t fill_of_chunk = fill();
    for (KeyChunk* chunk = first(); chunk != nullptr; chunk = chunk->next) {
      for (std::uintptr_t i = 0; i < fill_of_chunk; ++i) visit(chunk->keys[i]);
      fill_of_chunk = KeyChunk::kKeys;
    }
  }

  /// Number of keys; O(number of chunks).
  std::size_t size() const noexcept {
    std::size_t keys = 0;
    std::uintptr_t fill_of_chunk = fill();
    for (const KeyChunk* chunk = first(); chunk != nullptr; chunk = chunk->next) {
      keys += fill_of_chunk;
      fill_of_chunk = KeyChunk::kKeys;
    }
    return keys;
  }

 private:
  static constexpr std::uintptr_t kFillMask = alignof(KeyChunk) - 1;

  KeyChunk* first() const noexcept { return reinterpret_cast<KeyChunk*>(word_ & ~kFillMask); }
  std::uintptr_t fill() const noexcept { return word_ & kFillMask; }

  std::uintptr_t word_ = 0;
};

}  // namespace highwater
