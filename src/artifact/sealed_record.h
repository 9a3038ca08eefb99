// SPDX-License-Identifier: Apache-2.0
// The frame that the chunk store's small files share: a first line that names the format, numbers
// in little-endian order, and a SHA-256 of all before at the end, so that a torn or changed file is
// never believed. What the numbers mean is for disk_manifest.h and pack_index.h.
#pragma once

#include "base/digest.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::artifact {

class RecordWriter {
  public:
    explicit RecordWriter(std::string_view first_line) : bytes_(first_line) {}

    void number32(std::uint32_t number) { add(number, 4); }

    void number64(std::uint64_t number) { add(number, 8); }

    void text(std::string_view text) { bytes_ += text; }

    void digest(const base::Sha256Digest& digest);

    // The whole file. Once.
    [[nodiscard]] std::string finish();

  private:
    void add(std::uint64_t number, std::size_t size);

    std::string bytes_;
};

// Every function throws Error{Corrupt, "StoreCorrupt"} naming `name` if the file is not what it
// should be.
class RecordReader {
  public:
    // Checks the first line and the digest at the end. `file` must outlive this.
    RecordReader(std::string_view file, std::string_view first_line, std::string name);

    [[nodiscard]] std::uint32_t number32() { return static_cast<std::uint32_t>(take_number(4)); }

    [[nodiscard]] std::uint64_t number64() { return take_number(8); }

    [[nodiscard]] std::string_view text(std::size_t size);
    [[nodiscard]] base::Sha256Digest digest();

    // Throws unless exactly `count` records of `record_size` bytes are left.
    void require_left(std::uint64_t count, std::size_t record_size) const;

    [[noreturn]] void fail(std::string_view why) const;

    void require(bool right, std::string_view why) const {
        if (!right) {
            fail(why);
        }
    }

  private:
    [[nodiscard]] std::uint64_t take_number(std::size_t size);

    std::string_view left_;
    std::string name_;
};

}  // namespace ingot::artifact
