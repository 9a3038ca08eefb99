// SPDX-License-Identifier: Apache-2.0
#include "disk/qemu_img.h"

#include "base/error.h"
#include "base/json.h"
#include "disk/byte_order.h"
#include "disk/vhd.h"
#include "os/child_process.h"
#include "os/fd.h"

#include <array>
#include <cerrno>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::Error;
using base::ErrorKind;

// An absolute path: qemu takes what stands before a colon for a protocol unless a slash comes
// first.
std::string qemu_path(const os::Path& path) {
    return std::filesystem::absolute(path).string();
}

os::ProcessSpec qemu_img(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "qemu-img");
    // LC_ALL: so that the text of ENOSPC is the one we look for.
    return {.argv = std::move(arguments), .env = {{"LC_ALL", "C"}}};
}

bool says_disk_full(std::string_view text) {
    return text.find("No space left on device") != std::string_view::npos ||
           text.find("Disk quota exceeded") != std::string_view::npos;
}

std::string run_qemu_img(std::vector<std::string> arguments,
                         const os::Path& written,
                         const base::Cancellation& cancellation) {
    const auto spec = qemu_img(std::move(arguments));
    auto completed = os::run(spec, cancellation);
    if (completed.status.success()) {
        return std::move(completed.out);
    }
    if (says_disk_full(completed.err)) {
        throw Error(ErrorKind::QuotaExceeded,
                    "DiskFull",
                    fmt::format("the disk is full: could not write {}; free some space in {}",
                                written.string(),
                                written.parent_path().string()),
                    written.string());
    }
    throw os::ChildFailed(spec, completed);
}

[[noreturn]] void refuse(const ImageFile& image, const std::string& why) {
    throw Error(ErrorKind::InvalidArgument,
                "ImageNotSelfContained",
                fmt::format("the image {} {}; only images that consist of one file are accepted",
                            image.path.string(),
                            why),
                image.path.string());
}

[[noreturn]] void unreadable(const ImageFile& image) {
    throw Error(
        ErrorKind::Corrupt,
        "ImageUnreadable",
        fmt::format(
            "{} is not an image of format {}", image.path.string(), qemu_name(image.format)),
        image.path.string());
}

// Offsets: qemu, docs/interop/qcow2.txt, "Header".
void require_self_contained_qcow2(const ImageFile& image) {
    constexpr std::uint32_t kMagic = 0x514649FB;  // QFI\xfb
    constexpr std::uint64_t kExternalDataFile = 4;
    std::array<std::byte, 104> head{};
    const auto fd = os::open_file(image.path, O_RDONLY);
    const auto got = ::pread(fd.get(), head.data(), head.size(), 0);
    if (got < 72 || read_big_endian<std::uint32_t>(head, 0) != kMagic) {
        unreadable(image);
    }
    const auto version = read_big_endian<std::uint32_t>(head, 4);
    if (version != 2 && version != 3) {
        unreadable(image);
    }
    if (read_big_endian<std::uint64_t>(head, 8) != 0) {
        refuse(image, "reads from a backing file");
    }
    if (version == 3 && (read_big_endian<std::uint64_t>(head, 72) & kExternalDataFile) != 0) {
        refuse(image, "keeps its data in another file");
    }
}

void require_self_contained_vhd(const ImageFile& image) {
    const auto footer = read_vhd_footer(image.path);
    if (!footer) {
        unreadable(image);
    }
    if (footer->type == static_cast<std::uint32_t>(VhdType::Differencing)) {
        refuse(image, "is a differencing VHD");
    }
}

boost::json::object node_of(std::string_view driver, const os::Path& path) {
    return {{"driver", driver}, {"file", {{"driver", "file"}, {"filename", qemu_path(path)}}}};
}

// Every file and format is said, so what the images' headers name is never opened.
std::string json_name(const DiskChain& chain) {
    auto node = node_of("raw", chain.base);
    for (auto overlay = chain.overlays.rbegin(); overlay != chain.overlays.rend(); ++overlay) {
        auto above = node_of("qcow2", *overlay);
        above["backing"] = std::move(node);
        node = std::move(above);
    }
    return "json:" + boost::json::serialize(node);
}

MappedExtent mapped_extent(const boost::json::object& facts, const DiskChain& chain) {
    MappedExtent extent{.start = facts.at("start").to_number<std::uint64_t>(),
                        .length = facts.at("length").to_number<std::uint64_t>(),
                        .depth = facts.at("depth").to_number<std::size_t>()};
    const bool is_zero = facts.at("zero").as_bool() || !facts.at("present").as_bool();
    if (is_zero) {
        return extent;
    }
    const auto* offset = facts.if_contains("offset");
    if (offset == nullptr || extent.depth > chain.overlays.size()) {
        throw Error(ErrorKind::Unsupported,
                    "CompressedOverlay",
                    fmt::format("{} has data that cannot be read where it lies (compressed or "
                                "encrypted clusters)",
                                chain.overlays.front().string()),
                    chain.overlays.front().string());
    }
    extent.offset = offset->to_number<std::uint64_t>();
    return extent;
}

}  // namespace

std::string_view qemu_name(ImageFormat format) {
    switch (format) {
        case ImageFormat::Raw:
            return "raw";
        case ImageFormat::Qcow2:
            return "qcow2";
        case ImageFormat::Vhd:
            return "vpc";
    }
    return "raw";
}

void create_overlay(const os::Path& overlay,
                    const ImageFile& backing,
                    base::ByteCount virtual_size,
                    const base::Cancellation& cancellation) {
    run_qemu_img({"create",
                  "-q",
                  "-f",
                  "qcow2",
                  "-F",
                  std::string(qemu_name(backing.format)),
                  "-b",
                  qemu_path(backing.path),
                  qemu_path(overlay),
                  std::to_string(virtual_size.bytes())},
                 overlay,
                 cancellation);
}

void flatten(const os::Path& overlay, const os::Path& raw, const base::Cancellation& cancellation) {
    convert({overlay, ImageFormat::Qcow2}, {raw, ImageFormat::Raw}, cancellation);
}

void flatten(const std::vector<os::Path>& overlays,
             const os::Path& base,
             const os::Path& raw,
             const base::Cancellation& cancellation) {
    const auto node = [](std::string_view driver, const os::Path& path) {
        return boost::json::object{
            {"driver", driver},
            {"file",
             boost::json::object{{"driver", "file"},
                                 {"filename", std::filesystem::absolute(path).string()}}}};
    };
    auto chain = node("raw", base);
    for (auto overlay = overlays.rbegin(); overlay != overlays.rend(); ++overlay) {
        auto above = node("qcow2", *overlay);
        above["backing"] = std::move(chain);
        chain = std::move(above);
    }
    run_qemu_img({"convert",
                  "-W",
                  "-m",
                  "16",
                  "-O",
                  "raw",
                  "json:" + boost::json::serialize(chain),
                  qemu_path(raw)},
                 raw,
                 cancellation);
}

// Writing out of order with 16 requests halves the time (measured); qemu-img does not sync unless
// told to.
void convert(const ImageFile& from, const ImageFile& to, const base::Cancellation& cancellation) {
    std::vector<std::string> arguments = {"convert",
                                          "-W",
                                          "-m",
                                          "16",
                                          "-f",
                                          std::string(qemu_name(from.format)),
                                          "-O",
                                          std::string(qemu_name(to.format))};
    if (to.format == ImageFormat::Vhd) {
        arguments.insert(arguments.end(), {"-o", "subformat=fixed,force_size=on"});
    }
    arguments.push_back(qemu_path(from.path));
    arguments.push_back(qemu_path(to.path));
    run_qemu_img(std::move(arguments), to.path, cancellation);
}

ImageInfo image_info(const ImageFile& image, const base::Cancellation& cancellation) {
    const auto text = run_qemu_img({"info",
                                    "--output=json",
                                    "-f",
                                    std::string(qemu_name(image.format)),
                                    qemu_path(image.path)},
                                   image.path,
                                   cancellation);
    const auto document = base::parse_own_json(text, "qemu-img info");
    const auto& facts = document.as_object();
    ImageInfo info;
    info.virtual_size = base::ByteCount(facts.at("virtual-size").to_number<std::uint64_t>());
    if (const auto* backing = facts.if_contains("backing-filename")) {
        info.backing_file = std::string(backing->as_string());
    }
    boost::system::error_code absent;
    if (const auto* data = document.find_pointer("/format-specific/data/data-file", absent)) {
        info.data_file = std::string(data->as_string());
    }
    return info;
}

std::vector<MappedExtent> map_chain(const DiskChain& chain,
                                    const base::Cancellation& cancellation) {
    const auto text = run_qemu_img(
        {"map", "--output=json", json_name(chain)}, chain.overlays.front(), cancellation);
    std::vector<MappedExtent> extents;
    const auto map = base::parse_own_json(text, "qemu-img map");
    for (const auto& facts : map.as_array()) {
        extents.push_back(mapped_extent(facts.as_object(), chain));
    }
    return extents;
}

void check_image(const os::Path& qcow2, const base::Cancellation& cancellation) {
    constexpr int kCorrupt = 2;
    constexpr int kLeaksOnly = 3;  // wasted space, no wrong data
    const auto spec = qemu_img({"check", "-q", "-f", "qcow2", qemu_path(qcow2)});
    const auto completed = os::run(spec, cancellation);
    if (completed.status.success() || completed.status.code == kLeaksOnly) {
        return;
    }
    if (completed.status.code == kCorrupt) {
        throw Error(ErrorKind::Corrupt,
                    "DiskCorrupt",
                    fmt::format("the disk image {} is damaged: {}", qcow2.string(), completed.err),
                    qcow2.string());
    }
    throw os::ChildFailed(spec, completed);
}

void require_self_contained(const ImageFile& image) {
    switch (image.format) {
        case ImageFormat::Raw:
            return;
        case ImageFormat::Qcow2:
            return require_self_contained_qcow2(image);
        case ImageFormat::Vhd:
            return require_self_contained_vhd(image);
    }
}

}  // namespace ingot::disk
