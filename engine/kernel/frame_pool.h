#pragma once

#include <cstddef>
#include <cstdint>

namespace highwater {

/// Memory for coroutine frames: one free list for each size class of 64 bytes, filled from slabs.
/// A frame that is freed is the next to be handed out, still warm in the cache.
///
/// There is one pool for each thread, and a frame must be freed on the thread that took it: a
/// simulation lives and dies on one thread. The pool hands out raw memory alone, so its state can
/// not be seen in results. Its slabs are returned when the thread ends. Under an address sanitizer
/// every frame comes from the heap instead, so that a use after free is found.
class FramePool {
 public:
  static void* allocate(std::size_t size);
  /// `size` as given to allocate().
  static void release(void* frame, std::size_t size) noexcept;

  /// Frames of this thread that are allocated and not yet freed. For tests of cancellation.
  static std::int64_t live() noexcept { return state_.live; }

 private:
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kClasses = 32;  // frames over 2 KiB come from the heap

  struct FreeFrame {
    FreeFrame* next;
  };
  struct State {
    FreeFrame* free[kClasses + 1];
    std::int64_t live;
  };
  struct Slabs;

  static void* refill(std::size_t size_class);

#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool kPooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr bool kPooled = false;
#else
  static constexpr bool kPooled = true;
#endif
#else
  static constexpr bool kPooled = true;
#endif

  static constinit thread_local State state_;
};

inline void* FramePool::allocate(std::size_t size) {
  State& state = state_;
  ++state.live;
  const std::size_t size_class = (size + kStep - 1) / kStep;
  if (!kPooled || size_class > kClasses) [[unlikely]]
    return ::operator new(size);
  FreeFrame* const frame = state.free[size_class];
  if (frame == nullptr) [[unlikely]]
    return refill(size_class);
  state.free[size_class] = frame->next;
  return frame;
}

inline void FramePool::release(void* frame, std::size_t size) noexcept {
  State& state = state_;
  --state.live;
  const std::size_t size_class = (size + kStep - 1) / kStep;
  if (!kPooled || size_class > kClasses) [[unlikely]] {
    ::operator delete(frame);
    return;
  }
  auto* const free = static_cast<FreeFrame*>(frame);
  free->next = state.free[size_class];
  state.free[size_class] = free;
}

}  // namespace highwater
