// SPDX-License-Identifier: Apache-2.0
// Fixed VHD files, the only kind Azure takes: the raw disk, padded to 1 MiB, and a footer of 512
// bytes (Microsoft, Virtual Hard Disk Image Format Specification, version 1.0). Dynamic and
// differencing VHDs are not written here; downloads in those formats go through qemu_img.h.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/timestamp.h"
#include "disk/disk_view.h"
#include "os/files.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ingot::disk {

constexpr std::size_t kVhdFooterSize = 512;
// Azure: "the virtual size must be a multiple of 1 MiB", footer not counted.
constexpr base::ByteCount kVhdAlignment = base::ByteCount::mib(1);

using VhdFooterBytes = std::array<std::byte, kVhdFooterSize>;

struct VhdGeometry {
    std::uint16_t cylinders = 0;
    std::uint8_t heads = 0;
    std::uint8_t sectors_per_track = 0;

    auto operator<=>(const VhdGeometry&) const = default;
};

enum class VhdType : std::uint32_t { Fixed = 2, Dynamic = 3, Differencing = 4 };

struct VhdFooter {
    std::uint32_t features = 0;
    std::uint32_t version = 0;
    std::uint64_t data_offset = 0;
    base::Timestamp created;  // whole seconds from the year 2000 to 2136
    std::string creator_application{};
    std::string creator_host{};
    base::ByteCount original_size;
    base::ByteCount current_size;
    VhdGeometry geometry{};
    std::uint32_t type = 0;  // a VhdType, if the file is sane
    std::array<std::uint8_t, 16> unique_id{};
    bool checksum_right = false;
};

// What makes one VHD of a disk differ from another.
struct VhdIdentity {
    base::Timestamp created;
    std::string unique_id{};  // a UUID
};

// The algorithm of the specification's appendix; the geometry may describe less than `size`.
[[nodiscard]] VhdGeometry vhd_geometry(base::ByteCount size);

[[nodiscard]] VhdFooterBytes make_vhd_footer(base::ByteCount size, const VhdIdentity& identity);

// Nothing if the cookie is not there.
[[nodiscard]] std::optional<VhdFooter> parse_vhd_footer(std::span<const std::byte> footer);

// Nothing if the file does not end in a footer.
[[nodiscard]] std::optional<VhdFooter> read_vhd_footer(const os::Path& vhd);

// Turns a raw disk that nobody uses yet into a fixed VHD, in place. Not durable: call
// os::sync_file.
void add_vhd_footer(const os::Path& raw, const VhdIdentity& identity);

// As disk/disk_copy.h copies, and the footer. Not durable: call os::sync_file.
void write_fixed_vhd(const DiskView& disk,
                     const os::Path& vhd,
                     const VhdIdentity& identity,
                     const base::Cancellation& cancellation);

// What Azure would refuse about the file, one sentence each; empty if nothing. Reads only the
// footer.
[[nodiscard]] std::vector<std::string> verify_fixed_vhd(const os::Path& vhd);

}  // namespace ingot::disk
