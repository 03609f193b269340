#include "engine/kernel/key_ladder.h"

#include <algorithm>
#include <bit>

namespace highwater {

void KeyChunkPool::add_slab() {
  slabs_.push_back(std::make_unique_for_overwrite<KeyChunk[]>(kSlab));
  KeyChunk* const slab = slabs_.back().get();
  for (std::size_t i = kSlab; i-- > 0;) {
    slab[i].next = free_;
    free_ = &slab[i];
  }
}

std::size_t KeyLadder::Rung::next_occupied() const noexcept {
  std::size_t word = next / 64;
  if (word >= occupied.size()) return buckets.size();
  std::uint64_t bits = occupied[word] & ~std::uint64_t{0} << next % 64;
  while (bits == 0) {
    if (++word == occupied.size()) return buckets.size();
    bits = occupied[word];
  }
  return word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
}

void KeyLadder::push_beyond(std::uint64_t time, EventKey key) {
  std::size_t level = depth_ - 1;
  while (time >= rungs_[level].limit) --level;  // the coarsest rung has no limit
  rungs_[level].put_or_keep_beyond(key, pool_);
}

template <class ForEach>
KeyLadder::Times KeyLadder::times_of(std::size_t count, ForEach for_each) {
  constexpr std::size_t kSample = 256;
  const std::size_t stride = count / kSample + 1;
  Times times{count, kNoLimit, 0, 0};
  std::size_t until_sample = 1;
  sample_.clear();
  for_each([&](EventKey key) {
    const std::uint64_t time = nanoseconds_of(key);
    times.first = std::min(times.first, time);
    times.last = std::max(times.last, time);
    if (--until_sample == 0) {
      until_sample = stride;
      sample_.push_back(time);
    }
  });
  const auto middle = sample_.begin() + static_cast<std::ptrdiff_t>(sample_.size() / 2);
  std::nth_element(sample_.begin(), middle, sample_.end());
  times.median = *middle;
  return times;
}

// Lays out empty buckets from the first of the times on. They reach to the last of them, but no
// further than eight times as far as the median: so half of the keys share an eighth of the buckets
// at worst, however far the others are strewn.
void KeyLadder::lay_out(Rung& rung, const Times& times, std::uint64_t limit) {
  const std::uint64_t to_median = times.median - times.first + 1;
  const std::uint64_t span = std::min(times.last - times.first + 1, 8 * to_median);
  const std::size_t wanted = std::max(std::min(times.count / kKeysPerBucket, kManyBuckets),
                                      times.count / kKeysPerBucketOfMany);
  const std::size_t most = std::bit_ceil(std::clamp(wanted, kFewestBuckets, kMostBuckets));
  rung.begin = times.first;
  rung.shift = 0;
  while (((span - 1) >> rung.shift) >= most) ++rung.shift;
  const std::size_t count = static_cast<std::size_t>((span - 1) >> rung.shift) + 1;
  rung.end = std::min(rung.begin + (std::uint64_t{count} << rung.shift), limit);
  rung.limit = limit;
  rung.next = 0;
  // All buckets are empty: whoever drains one leaves it so.
  if (rung.buckets.size() != count) {
    rung.buckets.resize(count);
    rung.occupied.resize((count + 63) / 64);
    if (rung.buckets.capacity() > 8 * count) {
      rung.buckets.shrink_to_fit();
      rung.occupied.shrink_to_fit();
    }
  }
}

bool KeyLadder::spread(const std::vector<EventKey>& keys) {
  if (depth_ == kRungs || keys.empty()) return false;
  const Times times = times_of(keys.size(), [&](auto visit) {
    for (const EventKey key : keys) visit(key);
  });
  if (times.first == times.last) return false;
  Rung& rung = rungs_[depth_++];
  lay_out(rung, times, near_end_);
  for (const EventKey key : keys) rung.put_or_keep_beyond(key, pool_);
  near_end_ = rung.begin;
  return true;
}

// Makes the keys beyond a rung its next buckets. Its own limit stays.
bool KeyLadder::refill(Rung& rung) {
  const Times times = times_of(rung.beyond_size, [&](auto visit) { rung.beyond.for_each(visit); });
  if (times.first == times.last) return false;
  KeyList keys = rung.beyond.release();
  rung.beyond_size = 0;
  lay_out(rung, times, rung.limit);
  keys.drain(pool_, [&](EventKey key) { rung.put_or_keep_beyond(key, pool_); });
  near_end_ = rung.begin;
  return true;
}

void KeyLadder::drop_finest() {
  near_end_ = rungs_[--depth_].limit;
  if (depth_ == 0) pool_.clear();
}

void KeyLadder::move_to(KeyList list, std::vector<EventKey>& keys) {
  list.drain(pool_, [&](EventKey key) { keys.push_back(key); });
}

void KeyLadder::take_next(std::vector<EventKey>& keys) {
  keys.clear();
  while (depth_ > 0) {
    Rung& rung = rungs_[depth_ - 1];
    const std::size_t bucket = rung.next_occupied();
    if (bucket == rung.buckets.size()) {
      const bool few = rung.beyond_size <= (depth_ == 1 ? kTooFew : kSplit);
      if (!few && refill(rung)) continue;
      // The keys beyond are few, or all due at one time: they are next, and the rung is done.
      rung.beyond_size = 0;
      move_to(rung.beyond.release(), keys);
      drop_finest();
      if (!keys.empty()) return;
      continue;
    }
    rung.next = bucket + 1;
    rung.occupied[bucket / 64] &= ~(std::uint64_t{1} << bucket % 64);
    near_end_ = std::min(rung.begin + (std::uint64_t{bucket + 1} << rung.shift), rung.end);
    move_to(rung.buckets[bucket].release(), keys);
    if (keys.size() > kSplit && rung.shift > 0 && spread(keys)) {
      keys.clear();
      continue;
    }
    if (!keys.empty()) return;
  }
}

}  // namespace highwater
