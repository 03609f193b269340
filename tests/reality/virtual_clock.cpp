// A clock and a random() that a test decides about: LD_PRELOAD of this library makes a server see
// the milliseconds that stand in the file VIRTUAL_CLOCK names, counted from a fixed moment, instead
// of the time of day, and draw the upper 31 bits of SplitMix64 with the seed 1.

#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kEpochSeconds = 1'600'000'000;

using Milliseconds = const volatile std::int64_t;

/// The page of the file, or null if there is none. Mapped at the first call: a server may ask for
/// the time before any constructor of ours has run.
Milliseconds* milliseconds() {
  static Milliseconds* const page = []() -> Milliseconds* {
    const char* const path = std::getenv("VIRTUAL_CLOCK");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY);
    if (file < 0) return nullptr;
    void* const mapped = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return mapped == MAP_FAILED ? nullptr : static_cast<Milliseconds*>(mapped);
  }();
  return page;
}

std::uint64_t random_state = 1;

}  // namespace

extern "C" long random() noexcept {
  std::uint64_t z = random_state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<long>((z ^ (z >> 31)) >> 33);
}

extern "C" void srandom(unsigned) noexcept {}

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  Milliseconds* const page = milliseconds();
  if (page == nullptr) return static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  const std::int64_t at = *page;
  now->tv_sec = kEpochSeconds + at / 1000;
  now->tv_nsec = at % 1000 * 1'000'000;
  return 0;
}

extern "C" int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

extern "C" std::time_t time(std::time_t* result) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (result != nullptr) *result = exact.tv_sec;
  return exact.tv_sec;
}
