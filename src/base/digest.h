// SPDX-License-Identifier: Apache-2.0
// SHA-256 digests: the names of bytes. The value type and the hasher; reading files is not its job
// (see os/files.h).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ingot::base {

class Sha256Digest {
  public:
    static constexpr std::size_t kSize = 32;

    Sha256Digest() = default;

    explicit Sha256Digest(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}

    // 64 hexadecimal digits of either case, nothing else.
    [[nodiscard]] static std::optional<Sha256Digest> from_hex(std::string_view hex);

    [[nodiscard]] std::string hex() const;

    [[nodiscard]] const std::array<std::uint8_t, kSize>& bytes() const { return bytes_; }

    auto operator<=>(const Sha256Digest&) const = default;

  private:
    std::array<std::uint8_t, kSize> bytes_{};
};

enum class HashAlgorithm { Sha256, Sha512 };

// Incremental hashing. One thread at a time; finish() may be called once.
class Hasher {
  public:
    explicit Hasher(HashAlgorithm algorithm = HashAlgorithm::Sha256);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;

    void update(std::string_view bytes);
    void update(std::span<const std::byte> bytes);

    // Lower-case hexadecimal of whatever the algorithm yields.
    [[nodiscard]] std::string finish_hex();
    // Only for HashAlgorithm::Sha256.
    [[nodiscard]] Sha256Digest finish();

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

[[nodiscard]] Sha256Digest sha256(std::string_view bytes);

}  // namespace ingot::base
