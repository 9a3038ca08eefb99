// SPDX-License-Identifier: Apache-2.0
// A number of bytes, so that no parameter is "size in what?". Formatting for people is here;
// parsing of user input is not.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace ingot::base {

class ByteCount {
  public:
    constexpr ByteCount() = default;

    constexpr explicit ByteCount(std::uint64_t bytes) : bytes_(bytes) {}

    [[nodiscard]] static constexpr ByteCount kib(std::uint64_t n) { return ByteCount(n << 10U); }

    [[nodiscard]] static constexpr ByteCount mib(std::uint64_t n) { return ByteCount(n << 20U); }

    [[nodiscard]] static constexpr ByteCount gib(std::uint64_t n) { return ByteCount(n << 30U); }

    [[nodiscard]] constexpr std::uint64_t bytes() const { return bytes_; }

    [[nodiscard]] constexpr std::uint64_t whole_mib() const { return bytes_ >> 20U; }

    // The next multiple of `unit`, or itself.
    [[nodiscard]] constexpr ByteCount rounded_up_to(ByteCount unit) const {
        return ByteCount((bytes_ + unit.bytes_ - 1) / unit.bytes_ * unit.bytes_);
    }

    constexpr auto operator<=>(const ByteCount&) const = default;

  private:
    std::uint64_t bytes_ = 0;
};

constexpr ByteCount operator+(ByteCount a, ByteCount b) {
    return ByteCount(a.bytes() + b.bytes());
}

// "512 B", "1.5 MiB", "30.0 GiB".
[[nodiscard]] std::string to_string(ByteCount count);

}  // namespace ingot::base
