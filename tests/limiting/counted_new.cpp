// operator new that counts, in a file of its own: where the compiler sees both ends of a pair it
// takes malloc and delete for a mistake.

#include "tests/limiting/counted_new.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::uint64_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace highwater {
std::uint64_t allocations_so_far() {
  return allocations;
}
}  // namespace highwater
