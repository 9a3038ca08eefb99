// SPDX-License-Identifier: Apache-2.0
#include "identity/base64url.h"

#include <array>
#include <cstdint>

namespace ingot::identity {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNone);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}

constexpr auto kValues = make_values();

}  // namespace

std::string to_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = bits << 8U | static_cast<std::uint8_t>(c);
        for (held += 8; held >= 6; held -= 6) {
            text += kAlphabet[bits >> (held - 6) & 63U];
        }
    }
    if (held > 0) {
        text += kAlphabet[bits << (6 - held) & 63U];
    }
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const auto value = kValues[static_cast<std::uint8_t>(c)];
        if (value == kNone) {
            return std::nullopt;
        }
        bits = bits << 6U | value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 0xffU);
        }
    }
    const bool leftover_is_zero = (bits & ((1U << held) - 1U)) == 0;
    return text.size() % 4 != 1 && leftover_is_zero ? std::optional(bytes) : std::nullopt;
}

}  // namespace ingot::identity
