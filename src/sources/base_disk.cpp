// SPDX-License-Identifier: Apache-2.0
#include "sources/base_disk.h"

#include "artifact/decompress.h"
#include "artifact/disk_manifest.h"
#include "artifact/download_cache.h"
#include "base/error.h"
#include "base/json.h"
#include "disk/qemu_img.h"
#include "gallery/lookup.h"
#include "os/file_lock.h"
#include "sources/download_locator.h"
#include "sources/host_apt.h"

#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::sources {
namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* kFactsFile = "facts.json";
constexpr const char* kChunksFile = "chunks";
// The largest disk a downloaded image may unpack to; Azure's own limit for an OS disk is 4 TiB.
constexpr auto kUnpackedLimit = base::ByteCount::gib(256);

std::string write_facts(const disk::DiskFacts& facts) {
    return base::pretty_json(boost::json::object{{"digest", facts.digest.hex()},
                                                 {"virtualSize", facts.virtual_size.bytes()},
                                                 {"dataSize", facts.data_size.bytes()}});
}

disk::DiskFacts read_facts(const os::Path& file) {
    const auto json = base::parse_own_json(os::read_file(file), file.string());
    const auto size = [&](const char* key) {
        return base::ByteCount(json.at(key).to_number<std::uint64_t>());
    };
    disk::DiskFacts facts;
    facts.digest =
        base::Sha256Digest::from_hex(std::string_view(json.at("digest").as_string())).value();
    facts.virtual_size = size("virtualSize");
    facts.data_size = size("dataSize");
    return facts;
}

// Made on first need for a disk of an older Ingot.
std::shared_ptr<const disk::ChunkList> chunks_of(const os::Path& folder,
                                                 const base::Cancellation& cancellation) {
    const auto file = folder / kChunksFile;
    if (!std::filesystem::exists(file)) {
        const auto list =
            disk::list_chunks(disk::DiskView::of_raw(folder / "disk.raw"), cancellation);
        os::replace_file(file, artifact::write_chunk_list(list));
    }
    return std::make_shared<const disk::ChunkList>(
        artifact::parse_chunk_list(os::read_file(file), file.string()));
}

disk::ImageFormat format_named(const std::string& name) {
    if (name == "qcow2") {
        return disk::ImageFormat::Qcow2;
    }
    return name == "vhd" ? disk::ImageFormat::Vhd : disk::ImageFormat::Raw;
}

artifact::Compression compression_named(const std::string& name) {
    return artifact::compression_of("." + name);
}

void make_from_download(const Download& download,
                        const os::Path& downloads,
                        const os::Path& folder,
                        const Say& say,
                        const base::Cancellation& cancellation) {
    const auto located = locate_download(download, folder, cancellation);
    say(fmt::format("downloading {}", located.url));
    const artifact::DownloadCache cache(downloads);
    auto file = cache.get({.url = located.url, .expected = located.checksum}, cancellation);
    const auto compression = compression_named(download.compression);
    if (compression != artifact::Compression::None) {
        say("unpacking");
        const auto unpacked = folder / "unpacked";
        artifact::decompress(file, compression, unpacked, kUnpackedLimit, cancellation);
        file = unpacked;
    }
    const disk::ImageFile image{file, format_named(download.format)};
    disk::require_self_contained(image);
    say("converting");
    disk::convert(image, {folder / "disk.raw", disk::ImageFormat::Raw}, cancellation);
}

gallery::PublishedImage find_published(gallery::ImageRepository& images, const std::string& id) {
    try {
        return gallery::find_image({images.managed_images(), images.versions(), {}}, id);
    } catch (const Error& error) {
        throw Error(
            ErrorKind::NotFound,
            "SourceImageNotFound",
            fmt::format("the source image {} is not in this store: {}", id, error.message()),
            id);
    }
}

}  // namespace

BaseDisks::BaseDisks(const Catalog& catalog,
                     gallery::ImageRepository& images,
                     const artifact::ArtifactStorage& storage,
                     os::Path cache)
    : catalog_(catalog), images_(images), storage_(storage), cache_(std::move(cache)) {}

BaseDisk BaseDisks::resolve(const templates::Source& source,
                            const Say& say,
                            const base::Cancellation& cancellation) {
    if (const auto* platform = std::get_if<templates::PlatformImageSource>(&source)) {
        const auto& image =
            catalog_.find({platform->publisher, platform->offer, platform->sku, platform->version});
        return resolve(image, say, cancellation);
    }
    if (const auto* managed = std::get_if<templates::ManagedImageSource>(&source)) {
        const auto image = find_published(images_, managed->image_id);
        if (const auto* found = std::get_if<gallery::ManagedImage>(&image)) {
            return published(found->content, found->id, cancellation);
        }
        throw Error(ErrorKind::InvalidArgument,
                    "SourceImageNotFound",
                    fmt::format("{} is no managed image", managed->image_id),
                    managed->image_id);
    }
    const auto& id = std::get<templates::SharedImageVersionSource>(source).image_version_id;
    const auto image = find_published(images_, id);
    if (const auto* found = std::get_if<gallery::ImageVersion>(&image)) {
        return published(found->content, found->id(), cancellation);
    }
    throw Error(ErrorKind::InvalidArgument,
                "SourceImageNotFound",
                fmt::format("{} is no gallery image version", id),
                id);
}

BaseDisk BaseDisks::published(const gallery::DiskContent& content,
                              std::string exact_source,
                              const base::Cancellation& cancellation) const {
    const auto stored = storage_.hold(content.digest);
    const auto raw =
        std::make_shared<const artifact::HeldFile>(storage_.raw_file(stored, cancellation));
    BaseDisk base{.disk = raw->path(),
                  .held = raw,
                  .chunks = stored.chunks(),
                  .facts = {content.digest, content.virtual_size, content.data_size},
                  .generation = content.generation,
                  .os_type = content.os_type,
                  .exact_source = std::move(exact_source)};
    add_boot_facts(base, cancellation);
    return base;
}

// Everything that decides what the disk will hold, apart from the day on which it is made. The two
// generations of one recipe are one disk.
std::string BaseDisks::cache_key(const PlatformImage& image,
                                 const base::Cancellation& cancellation) const {
    if (const auto* recipe = std::get_if<Recipe>(&image.origin)) {
        const auto apt = host_apt("bookworm", cancellation);
        return base::sha256(fmt::format("recipe\n{}\n{}\n{}\n{}",
                                        os::read_file(recipe->script),
                                        recipe->size.bytes(),
                                        apt.sources,
                                        apt.options))
            .hex()
            .substr(0, 32);
    }
    return base::sha256("download\n" + image.urn()).hex().substr(0, 32);
}

void BaseDisks::make(const PlatformImage& image,
                     const os::Path& folder,
                     const Say& say,
                     const base::Cancellation& cancellation) const {
    const auto making = folder.string() + ".making";
    remove_recipe_folder(making);  // what a killed process left
    os::make_folders(making);
    try {
        if (const auto* recipe = std::get_if<Recipe>(&image.origin)) {
            run_recipe(*recipe, host_apt("bookworm", cancellation), making, say, cancellation);
        } else {
            make_from_download(
                std::get<Download>(image.origin), cache_ / "downloads", making, say, cancellation);
        }
        say("reading the disk");
        const auto chunks =
            disk::list_chunks(disk::DiskView::of_raw(making + "/disk.raw"), cancellation);
        os::replace_file(making + "/" + kChunksFile, artifact::write_chunk_list(chunks));
        os::replace_file(making + "/" + kFactsFile, write_facts(disk::facts_of(chunks)));
        std::filesystem::permissions(making + "/disk.raw", std::filesystem::perms(0444));
        std::filesystem::rename(making, folder);
    } catch (...) {
        remove_recipe_folder(making);
        throw;
    }
}

BaseDisk BaseDisks::resolve(const PlatformImage& image,
                            const Say& say,
                            const base::Cancellation& cancellation) {
    const auto folder = cache_ / "bases" / cache_key(image, cancellation);
    os::make_folders(folder.parent_path());
    if (!std::filesystem::exists(folder / kFactsFile)) {
        const auto lock = os::FileLock::acquire(folder.string() + ".lock", cancellation);
        if (!std::filesystem::exists(folder / kFactsFile)) {
            say(fmt::format("making the base image {} (once on this host)", image.urn()));
            make(image, folder, say, cancellation);
        }
    }
    return made(image, folder, cancellation);
}

BaseDisk BaseDisks::made(const PlatformImage& image,
                         const os::Path& folder,
                         const base::Cancellation& cancellation) const {
    const auto raw = folder / "disk.raw";
    auto held = artifact::HeldFile::try_hold(raw);
    if (!held) {
        throw Error(ErrorKind::Conflict,
                    "BaseDiskGone",
                    fmt::format("the base disk {} was deleted just now; try again", raw.string()),
                    raw.string());
    }
    BaseDisk base{.disk = raw,
                  .held = std::make_shared<const artifact::HeldFile>(std::move(*held)),
                  .chunks = chunks_of(folder, cancellation),
                  .facts = read_facts(folder / kFactsFile),
                  .generation = image.generation,
                  .os_type = image.os_type,
                  .exact_source = image.urn()};
    add_boot_facts(base, cancellation);
    return base;
}

bool BaseDisks::is_present(const PlatformImage& image,
                           const base::Cancellation& cancellation) const {
    return std::filesystem::exists(cache_ / "bases" / cache_key(image, cancellation) / kFactsFile);
}

void BaseDisks::forget(const PlatformImage& image, const base::Cancellation& cancellation) const {
    const auto folder = cache_ / "bases" / cache_key(image, cancellation);
    os::make_folders(folder.parent_path());
    const auto lock = os::FileLock::acquire(folder.string() + ".lock", cancellation);
    os::remove_tree(folder);
}

void BaseDisks::add_boot_facts(BaseDisk& disk, const base::Cancellation& cancellation) const {
    const auto folder = cache_ / "boot" / disk.facts.digest.hex();
    os::make_folders(folder.parent_path());
    const auto lock = os::FileLock::acquire(folder.string() + ".lock", cancellation);
    const auto file = folder / "boot.json";
    if (!std::filesystem::exists(file)) {
        os::remove_tree(folder);
        os::make_folders(folder);
        const auto found = disk::find_boot_files(disk.disk, folder, cancellation);
        boost::json::object json{
            {"readsCredentials", disk::guest_reads_credentials(disk.disk, cancellation)}};
        if (found) {
            json["kernel"] = found->kernel.filename().string();
            json["initrd"] = found->initrd.filename().string();
            json["root"] = found->root_argument;
            json["release"] = found->kernel_release;
        }
        os::replace_file(file, base::pretty_json(json));
    }
    const auto json = base::parse_own_json(os::read_file(file), file.string());
    const auto text = [&](const char* key) { return std::string(json.at(key).as_string()); };
    disk.reads_credentials = json.at("readsCredentials").as_bool();
    if (json.as_object().contains("kernel")) {
        disk.boot = disk::BootFiles{.kernel = folder / text("kernel"),
                                    .initrd = folder / text("initrd"),
                                    .root_argument = text("root"),
                                    .kernel_release = text("release")};
    }
}

}  // namespace ingot::sources
