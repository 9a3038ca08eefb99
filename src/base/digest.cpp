// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include "base/error.h"

#include <algorithm>

#include <openssl/evp.h>

namespace ingot::base {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

void check(int openssl_result) {
    if (openssl_result != 1) {
        throw Error(ErrorKind::Internal, "HashFailed", "OpenSSL could not compute a digest");
    }
}

}  // namespace

std::optional<Sha256Digest> Sha256Digest::from_hex(std::string_view hex) {
    if (hex.size() != kSize * 2) {
        return std::nullopt;
    }
    std::array<std::uint8_t, kSize> bytes{};
    for (std::size_t i = 0; i < kSize; ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return Sha256Digest(bytes);
}

std::string Sha256Digest::hex() const {
    return to_hex(bytes_);
}

struct Hasher::Context {
    EVP_MD_CTX* evp = EVP_MD_CTX_new();

    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    ~Context() { EVP_MD_CTX_free(evp); }
};

Hasher::Hasher(HashAlgorithm algorithm) : context_(std::make_unique<Context>()) {
    const EVP_MD* md = algorithm == HashAlgorithm::Sha256 ? EVP_sha256() : EVP_sha512();
    check(EVP_DigestInit_ex(context_->evp, md, nullptr));
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view bytes) {
    check(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()));
}

void Hasher::update(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()));
}

std::string Hasher::finish_hex() {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_->evp, bytes.data(), &size));
    return to_hex(std::span(bytes.data(), size));
}

Sha256Digest Hasher::finish() {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_->evp, bytes.data(), &size));
    std::array<std::uint8_t, Sha256Digest::kSize> digest{};
    std::copy_n(bytes.begin(), std::min<std::size_t>(size, digest.size()), digest.begin());
    return Sha256Digest(digest);
}

Sha256Digest sha256(std::string_view bytes) {
    Hasher hasher;
    hasher.update(bytes);
    return hasher.finish();
}

}  // namespace ingot::base
