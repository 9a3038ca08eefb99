// SPDX-License-Identifier: Apache-2.0
#include "artifact/chunk_store.h"

#include "base/error.h"
#include "base/uuid.h"
#include "disk/disk_copy.h"
#include "os/file_lock.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kLock = "lock";

bool has_all(const PackCatalog& catalog, const disk::ChunkList& list) {
    std::size_t likely = 0;
    return std::all_of(list.chunks.begin(), list.chunks.end(), [&](const auto& chunk) {
        const auto found = catalog.find(chunk.digest, likely);
        likely = found ? found->pack : likely;
        return found.has_value();
    });
}

// The chunks of a raw file at their own places, without those that other packs have.
std::vector<PackEntry> missing_entries(const PackCatalog& catalog, const disk::ChunkList& list) {
    std::map<base::Sha256Digest, PackEntry> missing;
    for (const auto& chunk : list.chunks) {
        if (!catalog.find(chunk.digest)) {
            const auto length = disk::length_of_chunk(chunk.index, list.virtual_size);
            missing.emplace(chunk.digest,
                            PackEntry{chunk.digest,
                                      chunk.index * disk::kChunkSize.bytes(),
                                      static_cast<std::uint32_t>(length)});
        }
    }
    std::vector<PackEntry> entries;
    entries.reserve(missing.size());
    for (const auto& [digest, entry] : missing) {
        entries.push_back(entry);
    }
    return entries;
}

DiskManifest manifest_of(disk::ChunkList list, const PackCatalog& catalog) {
    DiskManifest manifest{.list = std::move(list)};
    std::map<std::size_t, std::uint32_t> numbers;
    std::size_t likely = 0;
    for (const auto& chunk : manifest.list.chunks) {
        likely = catalog.find(chunk.digest, likely).value().pack;
        const auto [number, is_new] =
            numbers.emplace(likely, static_cast<std::uint32_t>(numbers.size()));
        if (is_new) {
            manifest.packs.push_back(catalog.packs()[likely].name());
        }
        manifest.pack_of.push_back(number->second);
    }
    return manifest;
}

// The data files of a view, each opened once, with what their indexes say.
class ViewBuilder {
  public:
    ViewBuilder(const Packs& packs, const DiskManifest& manifest)
        : packs_(packs), manifest_(manifest), opened_(manifest.packs.size()) {}

    disk::DiskView build() {
        for (std::size_t i = 0; i < manifest_.list.chunks.size(); ++i) {
            add(manifest_.list.chunks[i], manifest_.pack_of[i]);
        }
        return {manifest_.list.virtual_size, std::move(files_), std::move(segments_)};
    }

  private:
    struct Opened {
        PackIndex index;
        std::size_t file = 0;
        std::uint64_t length = 0;
    };

    // Null if the pack, or its index, is not what it should be: then others are asked.
    const Opened* open(std::size_t number) {
        auto& opened = opened_[number];
        if (!opened) {
            opened.emplace();
            open_pack(manifest_.packs[number], *opened);
        }
        return &*opened;
    }

    void open_pack(const std::string& name, Opened& opened) {
        try {
            const auto path = packs_.data_file(name);
            files_.push_back(disk::open_viewed(path));
            opened.file = files_.size() - 1;
            opened.length = os::file_length(path).bytes();
            opened.index = packs_.load(name);
        } catch (const Error&) {
            opened.length = 0;  // each chunk says that it is missing
        }
    }

    void add(const disk::Chunk& chunk, std::size_t number) {
        const auto length = disk::length_of_chunk(chunk.index, manifest_.list.virtual_size);
        const auto start = chunk.index * disk::kChunkSize.bytes();
        if (const auto place = place_in(*open(number), chunk, length)) {
            return add({start, length, open(number)->file, *place});
        }
        if (!others_) {
            open_others();
        }
        for (const auto& other : *others_) {
            if (const auto place = place_in(other, chunk, length)) {
                return add({start, length, other.file, *place});
            }
        }
        throw disk::corrupt_chunk(
            chunk,
            fmt::format("is missing: the pack {} is damaged or gone", manifest_.packs[number]));
    }

    static std::optional<std::uint64_t> place_in(const Opened& opened,
                                                 const disk::Chunk& chunk,
                                                 std::uint64_t length) {
        const auto* entry = opened.index.find(chunk.digest);
        const bool is_there = entry != nullptr && entry->length == length &&
                              entry->offset + entry->length <= opened.length;
        return is_there ? std::optional(entry->offset) : std::nullopt;
    }

    void open_others() {
        others_.emplace();
        for (const auto& name : packs_.names()) {
            open_pack(name, others_->emplace_back());
        }
    }

    void add(const disk::Segment& next) {
        if (!segments_.empty() && segments_.back().end() == next.start &&
            segments_.back().file == next.file &&
            segments_.back().offset + segments_.back().length == next.offset) {
            segments_.back().length += next.length;
        } else {
            segments_.push_back(next);
        }
    }

    const Packs& packs_;
    const DiskManifest& manifest_;
    std::vector<std::optional<Opened>> opened_;
    std::optional<std::vector<Opened>> others_;
    std::vector<disk::ViewedFile> files_;
    std::vector<disk::Segment> segments_;
};

}  // namespace

ChunkStore::ChunkStore(os::Path folder) : folder_(std::move(folder)), packs_(folder_ / "packs") {
    for (const auto* name : {"packs", "disks", "unsettled"}) {
        if (!std::filesystem::exists(folder_ / name)) {
            os::make_folders(folder_ / name);
            os::sync_folder(folder_);
        }
    }
}

os::Path ChunkStore::manifest_file(const base::Sha256Digest& disk) const {
    return folder_ / "disks" / disk.hex();
}

std::vector<base::Sha256Digest> ChunkStore::disks() const {
    std::vector<base::Sha256Digest> disks;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "disks")) {
        if (const auto digest = base::Sha256Digest::from_hex(entry.path().filename().string())) {
            disks.push_back(*digest);
        }
    }
    return disks;
}

DiskManifest ChunkStore::manifest(const base::Sha256Digest& disk) const {
    const auto path = manifest_file(disk);
    auto manifest =
        parse_manifest(os::read_file(path, base::ByteCount::gib(4)), "disks/" + disk.hex());
    if (disk::digest_of(manifest.list) != disk) {
        throw Error(ErrorKind::Corrupt,
                    "StoreCorrupt",
                    fmt::format("{} lists the chunks of another disk", path.string()),
                    disk.hex());
    }
    return manifest;
}

disk::DiskView ChunkStore::view(const base::Sha256Digest& disk,
                                const DiskManifest& manifest) const {
    return base::with_context(fmt::format("reading the disk {}", disk.hex()),
                              [&] { return ViewBuilder(packs_, manifest).build(); });
}

ChunkStore::Stored ChunkStore::put(const disk::DiskView& disk,
                                   const std::optional<KnownBase>& base,
                                   const base::Cancellation& cancellation) const {
    const auto lock = lock_shared();
    const auto unsettled = note_unsettled();
    auto catalog = PackCatalog::load(packs_);
    if (base) {
        link_base(*base, catalog, cancellation);
    }
    PackWriter writer(packs_);
    const auto is_stored = [&](const disk::Chunk& chunk) {
        return catalog.find(chunk.digest).has_value();
    };
    auto list = disk::list_chunks(
        disk,
        disk::plan_reading(disk, base ? base->chunks.get() : nullptr, is_stored),
        [&](const disk::Chunk& chunk, std::span<const std::byte> bytes) {
            if (!is_stored(chunk)) {
                writer.add(chunk.digest, bytes);
            }
        },
        cancellation);
    const base::ByteCount new_bytes(writer.bytes());
    if (auto pack = writer.finish()) {
        catalog.add(std::move(*pack));
    }
    const auto facts = disk::facts_of(list);
    auto manifest = publish(facts.digest, manifest_of(std::move(list), catalog));
    remove_file(unsettled);
    return {facts, new_bytes, std::move(manifest)};
}

// The base becomes a pack as it stands. Where it cannot be linked (another file system), its chunks
// are read and packed like any others.
void ChunkStore::link_base(const KnownBase& base,
                           PackCatalog& catalog,
                           const base::Cancellation& cancellation) const {
    if (has_all(catalog, *base.chunks)) {
        return;
    }
    const auto lock = os::FileLock::acquire(folder_ / "linking.lock", cancellation);
    catalog = PackCatalog::load(packs_);  // somebody may have linked it meanwhile
    const auto missing = missing_entries(catalog, *base.chunks);
    if (missing.empty()) {
        return;
    }
    const PackIndex index(base::new_uuid(), missing);
    const auto data = packs_.data_file(index.name());
    if (::link(base.raw.c_str(), data.c_str()) != 0) {
        return;
    }
    os::sync_file(data);
    packs_.save(index);
    catalog.add(index);
}

HeldFile ChunkStore::publish(const base::Sha256Digest& disk, const DiskManifest& manifest) const {
    const auto path = manifest_file(disk);
    const auto making = folder_ / "disks" / fmt::format(".new-{}", base::new_uuid());
    os::replace_file(making, write_manifest(manifest), 0444);
    while (true) {
        if (auto held = HeldFile::publish(making, path)) {
            return std::move(*held);
        }
        auto known = HeldFile::try_hold(path);
        if (!known) {
            continue;  // erased between the two
        }
        try {
            static_cast<void>(this->manifest(disk));
            remove_file(making);
            return std::move(*known);
        } catch (const Error&) {
            remove_file(path);  // nobody can read it, so nobody misses it
        }
    }
}

os::Fd ChunkStore::lock_shared() const {
    const auto path = folder_ / kLock;
    auto fd = os::open_file(path, O_RDWR | O_CREAT, 0600);
    os::lock_shared(fd, path);
    return fd;
}

std::optional<os::Fd> ChunkStore::try_lock_exclusive() const {
    const auto path = folder_ / kLock;
    auto fd = os::open_file(path, O_RDWR | O_CREAT, 0600);
    return os::try_lock_exclusive(fd, path) ? std::optional(std::move(fd)) : std::nullopt;
}

os::Path ChunkStore::note_unsettled() const {
    auto note = folder_ / "unsettled" / base::new_uuid();
    static_cast<void>(os::open_file(note, O_WRONLY | O_CREAT | O_EXCL, 0600));
    return note;
}

bool ChunkStore::is_unsettled() const {
    return !std::filesystem::is_empty(folder_ / "unsettled");
}

void ChunkStore::note_settled() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "unsettled")) {
        remove_file(entry.path());
    }
}

}  // namespace ingot::artifact
