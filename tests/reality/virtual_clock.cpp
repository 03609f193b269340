// A clock and a random() that a test decides about, to be loaded into a server with LD_PRELOAD.
//
// REALITY_CLOCK names a file whose first eight bytes are milliseconds: the server sees 1700000000 s
// plus that. random() gives the upper 31 bits of SplitMix64 with the seed 1.

#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kBegin = 1'700'000'000;

const volatile std::int64_t* milliseconds() {
  static const volatile std::int64_t* const mapped = []() -> const volatile std::int64_t* {
    const char* path = std::getenv("REALITY_CLOCK");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY);
    if (file < 0) return nullptr;
    void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
    return page == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(page);
  }();
  return mapped;
}

std::uint64_t state = 1;

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const volatile std::int64_t* now = milliseconds();
  if (now == nullptr) return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  const std::int64_t value = *now;
  time->tv_sec = kBegin + value / 1000;
  time->tv_nsec = value % 1000 * 1'000'000;
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

long random() noexcept {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<long>((z ^ (z >> 31)) >> 33);
}

void srandom(unsigned) noexcept {}

}  // extern "C"
