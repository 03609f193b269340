#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace highwater {

/// Scripted randomness: these numbers, one after the other; one more throws.
struct ScriptedBits {
  std::vector<std::uint64_t> numbers;
  std::size_t drawn = 0;

  std::uint64_t bits() {
    if (drawn == numbers.size()) throw std::logic_error("one draw more than the script has");
    return numbers[drawn++];
  }
  bool used_up() const { return drawn == numbers.size(); }
  /// Another script from here on.
  void script(std::vector<std::uint64_t> more) {
    numbers = std::move(more);
    drawn = 0;
  }
};

/// The same number for ever.
struct ConstantBits {
  std::uint64_t number = 0;
  std::uint64_t bits() const { return number; }
};

}  // namespace highwater
