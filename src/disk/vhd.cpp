// SPDX-License-Identifier: Apache-2.0
#include "disk/vhd.h"

#include "base/error.h"
#include "disk/byte_order.h"
#include "disk/disk_copy.h"
#include "os/fd.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

constexpr std::string_view kCookie = "conectix";
constexpr std::uint32_t kFeatures = 2;  // the reserved bit, which is always set
constexpr std::uint32_t kVersion = 0x00010000;
constexpr std::uint64_t kNoDataOffset = ~std::uint64_t{0};  // fixed disks have no dynamic header
// Readers take the true size from the footer only for creators they know, and compute a smaller one
// from the geometry for all others (qemu, block/vpc.c, vpc_open). Hyper-V's mark is known to all.
constexpr std::string_view kCreatorApplication = "win ";
constexpr std::uint32_t kCreatorVersion = 0x00060001;
constexpr std::string_view kCreatorHost = "Wi2k";
constexpr std::uint64_t kVhdSector = 512;

// Where the fields are: the specification, "Hard Disk Footer Format".
constexpr std::size_t kAtFeatures = 8;
constexpr std::size_t kAtVersion = 12;
constexpr std::size_t kAtDataOffset = 16;
constexpr std::size_t kAtTimestamp = 24;
constexpr std::size_t kAtCreatorApplication = 28;
constexpr std::size_t kAtCreatorVersion = 32;
constexpr std::size_t kAtCreatorHost = 36;
constexpr std::size_t kAtOriginalSize = 40;
constexpr std::size_t kAtCurrentSize = 48;
constexpr std::size_t kAtCylinders = 56;
constexpr std::size_t kAtHeads = 58;
constexpr std::size_t kAtSectors = 59;
constexpr std::size_t kAtType = 60;
constexpr std::size_t kAtChecksum = 64;
constexpr std::size_t kAtUniqueId = 68;

base::Timestamp year_2000() {
    using namespace std::chrono;
    return sys_days{year{2000} / January / 1};
}

std::uint32_t seconds_since_2000(base::Timestamp time) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(time - year_2000()).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, UINT32_MAX));
}

void write_text(std::span<std::byte> bytes, std::size_t at, std::string_view text) {
    std::memcpy(bytes.subspan(at, text.size()).data(), text.data(), text.size());
}

std::string text_at(std::span<const std::byte> bytes, std::size_t at, std::size_t length) {
    return {reinterpret_cast<const char*>(bytes.subspan(at, length).data()), length};
}

// One's complement of the sum of all bytes but the checksum's own.
std::uint32_t checksum_of(std::span<const std::byte> footer) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < footer.size(); ++i) {
        if (i < kAtChecksum || i >= kAtChecksum + 4) {
            sum += std::to_integer<std::uint32_t>(footer[i]);
        }
    }
    return ~sum;
}

void write_unique_id(std::span<std::byte> footer, const std::string& uuid) {
    std::string hex = uuid;
    std::erase(hex, '-');
    if (hex.size() != 32 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "InvalidUuid",
                          fmt::format("'{}' is no UUID, so it cannot identify a VHD", uuid));
    }
    for (std::size_t i = 0; i < 16; ++i) {
        footer[kAtUniqueId + i] =
            static_cast<std::byte>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
    }
}

}  // namespace

VhdGeometry vhd_geometry(base::ByteCount size) {
    constexpr std::uint64_t kMost = std::uint64_t{65535} * 16 * 255;
    const auto total = std::min(size.bytes() / kVhdSector, kMost);
    std::uint64_t sectors = 255;
    std::uint64_t heads = 16;
    if (total < std::uint64_t{65535} * 16 * 63) {
        sectors = 17;
        heads = std::max<std::uint64_t>((total / sectors + 1023) / 1024, 4);
        if (total / sectors >= heads * 1024 || heads > 16) {
            sectors = 31;
            heads = 16;
        }
        if (total / sectors >= heads * 1024) {
            sectors = 63;
            heads = 16;
        }
    }
    return {static_cast<std::uint16_t>(total / sectors / heads),
            static_cast<std::uint8_t>(heads),
            static_cast<std::uint8_t>(sectors)};
}

VhdFooterBytes make_vhd_footer(base::ByteCount size, const VhdIdentity& identity) {
    VhdFooterBytes footer{};
    const auto geometry = vhd_geometry(size);
    write_text(footer, 0, kCookie);
    write_big_endian(footer, kAtFeatures, kFeatures);
    write_big_endian(footer, kAtVersion, kVersion);
    write_big_endian(footer, kAtDataOffset, kNoDataOffset);
    write_big_endian(footer, kAtTimestamp, seconds_since_2000(identity.created));
    write_text(footer, kAtCreatorApplication, kCreatorApplication);
    write_big_endian(footer, kAtCreatorVersion, kCreatorVersion);
    write_text(footer, kAtCreatorHost, kCreatorHost);
    write_big_endian(footer, kAtOriginalSize, size.bytes());
    write_big_endian(footer, kAtCurrentSize, size.bytes());
    write_big_endian(footer, kAtCylinders, geometry.cylinders);
    write_big_endian(footer, kAtHeads, geometry.heads);
    write_big_endian(footer, kAtSectors, geometry.sectors_per_track);
    write_big_endian(footer, kAtType, static_cast<std::uint32_t>(VhdType::Fixed));
    write_unique_id(footer, identity.unique_id);
    write_big_endian(footer, kAtChecksum, checksum_of(footer));
    return footer;
}

std::optional<VhdFooter> parse_vhd_footer(std::span<const std::byte> footer) {
    if (footer.size() != kVhdFooterSize || text_at(footer, 0, kCookie.size()) != kCookie) {
        return std::nullopt;
    }
    VhdFooter parsed;
    parsed.features = read_big_endian<std::uint32_t>(footer, kAtFeatures);
    parsed.version = read_big_endian<std::uint32_t>(footer, kAtVersion);
    parsed.data_offset = read_big_endian<std::uint64_t>(footer, kAtDataOffset);
    parsed.created =
        year_2000() + std::chrono::seconds(read_big_endian<std::uint32_t>(footer, kAtTimestamp));
    parsed.creator_application = text_at(footer, kAtCreatorApplication, 4);
    parsed.creator_host = text_at(footer, kAtCreatorHost, 4);
    parsed.original_size = base::ByteCount(read_big_endian<std::uint64_t>(footer, kAtOriginalSize));
    parsed.current_size = base::ByteCount(read_big_endian<std::uint64_t>(footer, kAtCurrentSize));
    parsed.geometry = {read_big_endian<std::uint16_t>(footer, kAtCylinders),
                       read_big_endian<std::uint8_t>(footer, kAtHeads),
                       read_big_endian<std::uint8_t>(footer, kAtSectors)};
    parsed.type = read_big_endian<std::uint32_t>(footer, kAtType);
    std::memcpy(parsed.unique_id.data(), &footer[kAtUniqueId], parsed.unique_id.size());
    parsed.checksum_right =
        read_big_endian<std::uint32_t>(footer, kAtChecksum) == checksum_of(footer);
    return parsed;
}

std::optional<VhdFooter> read_vhd_footer(const os::Path& vhd) {
    const auto fd = os::open_file(vhd, O_RDONLY);
    const auto length = os::file_length(vhd).bytes();
    VhdFooterBytes footer{};
    if (length < footer.size() ||
        ::pread(
            fd.get(), footer.data(), footer.size(), static_cast<off_t>(length - footer.size())) !=
            static_cast<ssize_t>(footer.size())) {
        return std::nullopt;
    }
    return parse_vhd_footer(footer);
}

void add_vhd_footer(const os::Path& raw, const VhdIdentity& identity) {
    const auto size = os::file_length(raw).rounded_up_to(kVhdAlignment);
    const auto footer = make_vhd_footer(size, identity);
    const auto fd = os::open_file(raw, O_WRONLY);
    // Sizing first turns the padding into a hole.
    if (::ftruncate(fd.get(), static_cast<off_t>(size.bytes())) != 0 ||
        ::lseek(fd.get(), 0, SEEK_END) < 0) {
        throw base::SystemError(errno, "sizing " + raw.string());
    }
    os::write_all(fd.get(),
                  std::string_view(reinterpret_cast<const char*>(footer.data()), footer.size()));
}

void write_fixed_vhd(const DiskView& disk,
                     const os::Path& vhd,
                     const VhdIdentity& identity,
                     const base::Cancellation& cancellation) {
    copy_to_raw(disk, vhd, cancellation);
    add_vhd_footer(vhd, identity);
}

std::vector<std::string> verify_fixed_vhd(const os::Path& vhd) {
    const auto footer = read_vhd_footer(vhd);
    if (!footer) {
        return {"the file does not end in a VHD footer"};
    }
    std::vector<std::string> problems;
    const auto require = [&problems](bool right, std::string_view problem) {
        if (!right) {
            problems.emplace_back(problem);
        }
    };
    const auto data = base::ByteCount(os::file_length(vhd).bytes() - kVhdFooterSize);
    require(footer->checksum_right, "the footer's checksum is wrong");
    require(footer->version == kVersion, "the footer's version is not 1.0");
    require((footer->features & kFeatures) != 0, "the footer's reserved feature bit is not set");
    require(footer->type == static_cast<std::uint32_t>(VhdType::Fixed), "the VHD is not fixed");
    require(footer->data_offset == kNoDataOffset, "a fixed VHD has no dynamic header");
    require(footer->current_size == data,
            fmt::format("the footer says {} bytes, the file holds {}",
                        footer->current_size.bytes(),
                        data.bytes()));
    require(data == data.rounded_up_to(kVhdAlignment), "the size is no multiple of 1 MiB");
    return problems;
}

}  // namespace ingot::disk
