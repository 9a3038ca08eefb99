// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/unique_string.h"

#include <bit>
#include <cstdint>

namespace ingot::arm {
namespace {

// MurmurHash3's constants for its first two lanes of 32 bits (x86, 128 bits).
constexpr std::uint32_t kFirst = 0x239b961b;
constexpr std::uint32_t kSecond = 0xab0e9789;

std::uint32_t scramble_low(std::uint32_t k) {
    return std::rotl(k * kFirst, 15) * kSecond;
}

std::uint32_t scramble_high(std::uint32_t k) {
    return std::rotl(k * kSecond, 17) * kFirst;
}

std::uint32_t finish(std::uint32_t h) {
    h = (h ^ (h >> 16U)) * 0x85ebca6bU;
    h = (h ^ (h >> 13U)) * 0xc2b2ae35U;
    return h ^ (h >> 16U);
}

// Up to four bytes, little end first; missing ones are zero.
std::uint32_t word_at(std::string_view bytes, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4 && at + i < bytes.size(); ++i) {
        word |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << (8U * i);
    }
    return word;
}

std::uint64_t hash(std::string_view bytes) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        low = std::rotl(low ^ scramble_low(word_at(bytes, at)), 19) + high;
        low = low * 5 + 0x561ccd1bU;
        high = std::rotl(high ^ scramble_high(word_at(bytes, at + 4)), 13) + low;
        high = high * 5 + 0x0bcaa747U;
    }
    // A rest of no bytes changes nothing: zero scrambles to zero.
    low ^= scramble_low(word_at(bytes, at));
    high ^= scramble_high(word_at(bytes, at + 4));

    const auto length = static_cast<std::uint32_t>(bytes.size());
    low = (low ^ length) + (high ^ length);
    high = (high ^ length) + low;
    low = finish(low);
    high = finish(high);
    low += high;
    high += low;
    return (std::uint64_t{high} << 32U) | low;
}

}  // namespace

std::string unique_string(std::string_view text) {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    constexpr std::size_t kLength = 13;
    std::string result;
    std::uint64_t bits = hash(text);
    for (std::size_t i = 0; i < kLength; ++i, bits <<= 5U) {
        result += kAlphabet[bits >> 59U];
    }
    return result;
}

}  // namespace ingot::arm
