// SPDX-License-Identifier: Apache-2.0
#include "disk/file_system_kind.h"

#include "os/fd.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

struct Mark {
    std::uint64_t at;
    std::string_view bytes;
    std::string_view kind;
};

// As in libblkid's tables.
constexpr std::array<Mark, 10> kMarks = {{
    {0, "XFSB", "XFS"},
    {0x10040, "_BHRfS_M", "Btrfs"},
    {0x52, "FAT32", "FAT"},
    {0x36, "FAT", "FAT"},
    {4086, "SWAPSPACE2", "swap space"},
    {512, "LABELONE", "an LVM volume"},
    {0, "LUKS\xba\xbe", "a LUKS volume"},
    {0, "hsqs", "SquashFS"},
    {1024, "\xe2\xe1\xf5\xe0", "EROFS"},
    {1024, "\x10\x20\xf5\xf2", "F2FS"},
}};

}  // namespace

std::string file_system_kind(const os::Path& raw, const Extent& place) {
    const auto fd = os::open_file(raw, O_RDONLY);
    for (const auto& mark : kMarks) {
        std::array<char, 16> found{};
        const auto got = ::pread(
            fd.get(), found.data(), mark.bytes.size(), static_cast<off_t>(place.start + mark.at));
        if (mark.at + mark.bytes.size() <= place.end - place.start &&
            got == static_cast<ssize_t>(mark.bytes.size()) &&
            std::string_view(found.data(), mark.bytes.size()) == mark.bytes) {
            return std::string(mark.kind);
        }
    }
    return "no known file system";
}

}  // namespace ingot::disk
