// SPDX-License-Identifier: Apache-2.0
// Numbers at an offset of a disk structure, in the byte order that the format says. Bounds are the
// caller's to check: its buffer has the size of the structure.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ingot::disk {

template <std::unsigned_integral Number>
[[nodiscard]] constexpr Number read_big_endian(std::span<const std::byte> bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i]);
    }
    return static_cast<Number>(value);
}

template <std::unsigned_integral Number>
[[nodiscard]] constexpr Number read_little_endian(std::span<const std::byte> bytes,
                                                  std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(Number); i > 0; --i) {
        value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i - 1]);
    }
    return static_cast<Number>(value);
}

template <std::unsigned_integral Number>
constexpr void write_big_endian(std::span<std::byte> bytes, std::size_t at, Number number) {
    std::uint64_t rest = number;
    for (std::size_t i = sizeof(Number); i > 0; --i) {
        bytes[at + i - 1] = static_cast<std::byte>(rest & 0xFFU);
        rest >>= 8U;
    }
}

}  // namespace ingot::disk
