// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace ingot::base {
namespace {

using UuidBytes = std::array<std::uint8_t, 16>;

// RFC 9562 section 4: the version and the variant 10 have fixed places.
std::string to_text(UuidBytes b, unsigned version) {
    b[6] = static_cast<std::uint8_t>((b[6] & 0x0fU) | (version << 4U));
    b[8] = static_cast<std::uint8_t>((b[8] & 0x3fU) | 0x80U);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < b.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text += '-';
        }
        text += kDigits[b[i] >> 4U];
        text += kDigits[b[i] & 0x0fU];
    }
    return text;
}

UuidBytes to_bytes(std::string_view text) {
    std::string hex(text);
    std::erase(hex, '-');
    UuidBytes bytes{};
    bool valid = hex.size() == 2 * bytes.size();
    for (std::size_t i = 0; valid && i < bytes.size(); ++i) {
        const char* end = hex.data() + 2 * i + 2;
        valid = std::from_chars(end - 2, end, bytes[i], 16).ptr == end;
    }
    if (!valid) {
        throw Error(
            ErrorKind::InvalidArgument, "InvalidUuid", fmt::format("'{}' is not a UUID", text));
    }
    return bytes;
}

}  // namespace

std::string new_uuid() {
    // Asked for many at once: one call costs as much for sixteen bytes as for a thousand.
    thread_local std::array<UuidBytes, 64> ready;
    thread_local std::size_t left = 0;
    if (left == 0) {
        left = ready.size();
        if (RAND_bytes(ready.front().data(), static_cast<int>(sizeof ready)) != 1) {
            left = 0;
            throw Error(ErrorKind::Internal, "NoRandomness", "the system gave no random bytes");
        }
    }
    return to_text(ready[--left], 4);
}

bool is_uuid(std::string_view text) {
    constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
        return form == 'x' ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c == form;
    });
}

std::string name_based_uuid(std::string_view name_space, std::string_view name) {
    const UuidBytes prefix = to_bytes(name_space);
    std::vector<std::uint8_t> input(prefix.begin(), prefix.end());
    input.insert(input.end(), name.begin(), name.end());
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    if (EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
        throw Error(ErrorKind::Internal, "NoSha1", "the system's OpenSSL refuses SHA-1");
    }
    UuidBytes b{};
    std::copy_n(digest.begin(), b.size(), b.begin());
    return to_text(b, 5);
}

}  // namespace ingot::base
