// SPDX-License-Identifier: Apache-2.0
// qemu-img as checked functions: overlays, flattening, conversion. The format is always said, never
// guessed, since a guest can write any header into a raw disk. Which files exist and where they go
// is the caller's business; nothing here is durable until synced. All functions block, throw
// Cancelled, ChildFailed, or Error{QuotaExceeded, "DiskFull"}; what they leave half-made is for the
// caller's scratch folder to remove.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "disk/disk_view.h"
#include "os/files.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::disk {

enum class ImageFormat { Raw, Qcow2, Vhd };

// As qemu's `driver` and `-f` want it: raw, qcow2, vpc.
[[nodiscard]] std::string_view qemu_name(ImageFormat format);

struct ImageFile {
    os::Path path;
    ImageFormat format = ImageFormat::Raw;
};

struct ImageInfo {
    base::ByteCount virtual_size;
    os::Path backing_file{};  // as written in the image; empty if there is none
    os::Path data_file{};     // external data file; empty if there is none
};

// A qcow2 overlay at `overlay` that reads through to `backing` and never writes it.
void create_overlay(const os::Path& overlay,
                    const ImageFile& backing,
                    base::ByteCount virtual_size,
                    const base::Cancellation& cancellation);

// The overlay with all it is based on, as one sparse raw file.
void flatten(const os::Path& overlay, const os::Path& raw, const base::Cancellation& cancellation);

// The same for a chain of qcow2 overlays, nearest first, over a raw base: what is written in the
// overlays about what lies below them is not followed.
void flatten(const std::vector<os::Path>& overlays,
             const os::Path& base,
             const os::Path& raw,
             const base::Cancellation& cancellation);

// Do not give it an image that somebody else made unless require_self_contained() accepted it.
void convert(const ImageFile& from, const ImageFile& to, const base::Cancellation& cancellation);

// Same warning as for convert().
[[nodiscard]] ImageInfo image_info(const ImageFile& image, const base::Cancellation& cancellation);

// A piece of a chain's disk: in which of its files (0 is the overlay nearest to the guest, the base
// comes last) it is decided what stands there, and where its bytes lie in that file; no place means
// zeros.
struct MappedExtent {
    std::uint64_t start = 0;
    std::uint64_t length = 0;
    std::size_t depth = 0;
    std::optional<std::uint64_t> offset{};
};

// The whole disk in rising order. There is at least one overlay, and nobody writes any of the
// files. Throws Error{Unsupported, "CompressedOverlay"} if data has no place of its own.
[[nodiscard]] std::vector<MappedExtent> map_chain(const DiskChain& chain,
                                                  const base::Cancellation& cancellation);

// qcow2 only: throws Error{Corrupt, "DiskCorrupt"} if the image's own structures are wrong.
void check_image(const os::Path& qcow2, const base::Cancellation& cancellation);

// For images that come from outside: throws Error{InvalidArgument, "ImageNotSelfContained"} if the
// image would make qemu open another file (backing file, external data file, differencing VHD) or
// Error{Corrupt, "ImageUnreadable"} if it is not of its stated format. Reads the header itself, so
// no qemu sees the image before.
void require_self_contained(const ImageFile& image);

}  // namespace ingot::disk
