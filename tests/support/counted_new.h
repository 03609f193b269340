#pragma once

#include <cstdint>

namespace highwater {

/// How often this program has called operator new so far: counted_new.cpp replaces it.
std::uint64_t allocations_so_far();

}  // namespace highwater
