// SPDX-License-Identifier: Apache-2.0
#include "guest/ssh_keys.h"

#include "base/error.h"
#include "guest/base64.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace ingot::guest {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kType = "ssh-ed25519";
constexpr std::size_t kHalf = 32;  // an ed25519 seed, and a public key
constexpr std::size_t kLine = 70;  // ssh-keygen's line length

void check(int openssl_result) {
    if (openssl_result <= 0) {
        throw Error(ErrorKind::Internal, "KeyGenerationFailed", "OpenSSL could not make a key");
    }
}

struct RawKey {
    std::string seed = std::string(kHalf, '\0');
    std::string public_half = std::string(kHalf, '\0');
};

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

RawKey generate_raw() {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
    check(key != nullptr ? 1 : 0);
    RawKey raw;
    std::size_t size = kHalf;
    check(EVP_PKEY_get_raw_private_key(key.get(), bytes_of(raw.seed), &size));
    check(EVP_PKEY_get_raw_public_key(key.get(), bytes_of(raw.public_half), &size));
    return raw;
}

// RFC 4251 5: uint32 and string.
std::string number(std::uint32_t value) {
    std::string text;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        text += static_cast<char>(value >> shift & 0xffU);
    }
    return text;
}

std::string field(std::string_view bytes) {
    return number(static_cast<std::uint32_t>(bytes.size())).append(bytes);
}

std::string public_blob(const RawKey& raw) {
    return field(kType) + field(raw.public_half);
}

// OpenSSH's PROTOCOL.key, without encryption.
std::string private_blob(const RawKey& raw, std::string_view comment) {
    std::string check_number(4, '\0');
    check(RAND_bytes(bytes_of(check_number), static_cast<int>(check_number.size())));
    std::string secret = check_number + check_number + public_blob(raw) +
                         field(raw.seed + raw.public_half) + field(comment);
    for (char pad = 1; secret.size() % 8 != 0; ++pad) {
        secret += pad;
    }
    std::string blob("openssh-key-v1");
    blob += '\0';
    return blob + field("none") + field("none") + field("") + number(1) + field(public_blob(raw)) +
           field(secret);
}

std::string to_pem(std::string_view blob) {
    std::string pem = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    const auto text = to_base64(blob);
    for (std::size_t at = 0; at < text.size(); at += kLine) {
        pem.append(text, at, kLine).append("\n");
    }
    return pem + "-----END OPENSSH PRIVATE KEY-----\n";
}

}  // namespace

SshKeyPair generate_ssh_key(std::string_view comment) {
    if (comment.find_first_of("\r\n") != std::string_view::npos) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidSshKey",
                    "the comment of an SSH key must be one line");
    }
    const auto raw = generate_raw();
    return {.private_key = to_pem(private_blob(raw, comment)),
            .public_key = std::string(kType) + " " + to_base64(public_blob(raw)) + " " +
                          std::string(comment)};
}

}  // namespace ingot::guest
