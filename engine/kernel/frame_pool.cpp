#include "engine/kernel/frame_pool.h"

#include <new>
#include <vector>

namespace highwater {

constinit thread_local FramePool::State FramePool::state_{};

// Owns the slabs of a thread and returns them when it ends.
struct FramePool::Slabs {
  static constexpr std::size_t kSlab = std::size_t{64} * 1024;
  static constexpr std::align_val_t kCacheLine{64};

  ~Slabs() {
    // A frame that outlives its thread keeps its memory: losing it is better than using it freed.
    if (state_.live != 0) return;
    for (FreeFrame*& list : state_.free) list = nullptr;
    for (void* slab : slabs) ::operator delete(slab, kCacheLine);
  }

  std::vector<void*> slabs;
};

void* FramePool::refill(std::size_t size_class) {
  static thread_local Slabs owner;
  owner.slabs.reserve(owner.slabs.size() + 1);
  const std::size_t size = size_class * kStep;
  auto* const slab = static_cast<std::byte*>(::operator new(Slabs::kSlab, Slabs::kCacheLine));
  owner.slabs.push_back(slab);
  const std::size_t frames = Slabs::kSlab / size;
  // Handed out from the front of the slab to its end.
  for (std::size_t i = frames; i-- > 1;) {
    auto* const frame = reinterpret_cast<FreeFrame*>(slab + i * size);
    frame->next = state_.free[size_class];
    state_.free[size_class] = frame;
  }
  return slab;
}

}  // namespace highwater
