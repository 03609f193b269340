#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace highwater::hashing {

/// hashing bytes: how every hash of the family reads its key.
///
/// A key is a row of bytes, whatever they hold. C's plain char is signed on some machines and
/// unsigned on others, and some products sign-extend it: here each reader says which it does. Words
/// are read in little-endian order at any address; compilers make one load of it.
///
/// Source   elementary.
/// Checked  tests/algorithms/hash_functions_test.cpp.

/// The byte as 0 to 255.
constexpr std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

/// The byte as C's signed char, widened to 64 bits by its sign.
constexpr std::uint64_t signed_byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint64_t>(
      static_cast<std::int64_t>(static_cast<std::int8_t>(static_cast<unsigned char>(bytes[i]))));
}

/// Four bytes from i on; i + 4 <= bytes.size().
constexpr std::uint32_t load32(std::string_view bytes, std::size_t i) {
  return byte_at(bytes, i) | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2) << 16 |
         byte_at(bytes, i + 3) << 24;
}

/// Eight bytes from i on; i + 8 <= bytes.size().
constexpr std::uint64_t load64(std::string_view bytes, std::size_t i) {
  return std::uint64_t{load32(bytes, i)} | std::uint64_t{load32(bytes, i + 4)} << 32;
}

/// The text of a number: what a numeric key looks like to a product that hashes bytes.
class DecimalText {
 public:
  explicit DecimalText(std::uint64_t number)
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr) {}
  DecimalText(const DecimalText&) = delete;
  DecimalText& operator=(const DecimalText&) = delete;

  std::string_view view() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_;  // 2^64 - 1 has twenty
  const char* end_;
};

}  // namespace highwater::hashing
