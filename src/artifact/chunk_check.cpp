// SPDX-License-Identifier: Apache-2.0
#include "artifact/chunk_check.h"

#include "base/error.h"
#include "disk/in_parallel.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using base::Sha256Digest;

using Bytes = std::vector<std::byte>;

// Where disks have a chunk: what a copy of one of them has at that place.
struct Use {
    Sha256Digest disk;
    std::uint64_t index = 0;
};

struct Need {
    std::uint64_t length = 0;
    std::vector<Use> uses{};
};

// The bytes, if they are all there and hash to the digest.
std::optional<Bytes> read_chunk(int fd,
                                std::uint64_t offset,
                                std::uint64_t length,
                                const Sha256Digest& digest) {
    Bytes bytes(length);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got = ::pread(
            fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return std::nullopt;  // an unreadable sector is damage like any other
        }
        done += static_cast<std::size_t>(got);
    }
    return disk::digest_of_chunk(bytes) == digest ? std::optional(std::move(bytes)) : std::nullopt;
}

std::optional<Bytes> read_chunk(const os::Path& file,
                                std::uint64_t offset,
                                std::uint64_t length,
                                const Sha256Digest& digest) {
    const os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    return fd ? read_chunk(fd.get(), offset, length, digest) : std::nullopt;
}

class Check {
  public:
    Check(const ChunkStore& store,
          const std::vector<DiskCopy>& copies,
          const base::Cancellation& cancellation)
        : store_(store), packs_(store.packs()), copies_(copies), cancellation_(cancellation) {}

    CheckResult run() {
        read_manifests();
        restore_indexes();
        catalog_ = PackCatalog::load(packs_);
        for (std::size_t i = 0; i < catalog_.packs().size(); ++i) {
            read_pack(catalog_.packs()[i]);
        }
        for (const auto& [name, entries] : bad_) {
            repair_pack(name, entries);
        }
        repair_missing();
        return std::move(result_);
    }

  private:
    void read_manifests() {
        for (const auto& disk : store_.disks()) {
            const auto manifest = manifest_or_copy(disk);
            if (!manifest) {
                continue;
            }
            for (const auto& chunk : manifest->list.chunks) {
                auto& need = needs_[chunk.digest];
                need.length = disk::length_of_chunk(chunk.index, manifest->list.virtual_size);
                need.uses.push_back({disk, chunk.index});
            }
        }
    }

    // A list that cannot be read is made anew from a copy of the disk.
    std::optional<DiskManifest> manifest_or_copy(const Sha256Digest& disk) {
        try {
            return store_.manifest(disk);
        } catch (const base::Error& error) {
            result_.problems.push_back(error.message());
        }
        for (const auto& copy : copies_) {
            if (copy.disk == disk && put_again(copy)) {
                ++result_.repaired;
                return store_.manifest(disk);
            }
        }
        return std::nullopt;
    }

    // The disk that comes out is another one if the copy is damaged or has a footer; then it is
    // nobody's, and the next collection takes it.
    [[nodiscard]] bool put_again(const DiskCopy& copy) const {
        try {
            const auto list = disk::list_chunks(disk::DiskView::of_raw(copy.path), cancellation_);
            return disk::digest_of(list) == copy.disk &&
                   store_.put(disk::DiskView::of_raw(copy.path), {}, cancellation_).facts.digest ==
                       copy.disk;
        } catch (const base::Error&) {
            return false;  // the copy is no better
        }
    }

    // Chunks lie at multiples of their size and are known by their digest, so what an index said
    // can be found out from the data.
    void restore_indexes() {
        for (const auto& entry : std::filesystem::directory_iterator(packs_.folder())) {
            const auto name = entry.path().stem().string();
            if (entry.path().extension() != ".pack" || !is_pack_name(name)) {
                continue;
            }
            try {
                static_cast<void>(packs_.load(name));
            } catch (const base::Error& error) {
                restore_index(name, error.message());
            }
        }
    }

    void restore_index(const std::string& name, const std::string& problem) {
        std::map<Sha256Digest, PackEntry> found;
        std::mutex mutex;
        const auto remember = [&](const disk::Chunk& chunk, std::span<const std::byte> bytes) {
            const auto need = needs_.find(chunk.digest);
            if (need != needs_.end() && need->second.length == bytes.size()) {
                const std::lock_guard lock(mutex);
                found.emplace(chunk.digest,
                              PackEntry{chunk.digest,
                                        chunk.index * disk::kChunkSize.bytes(),
                                        static_cast<std::uint32_t>(bytes.size())});
            }
        };
        const auto data = disk::DiskView::of_raw(packs_.data_file(name));
        static_cast<void>(disk::list_chunks(
            data, disk::plan_reading(data, nullptr, {}), remember, cancellation_));
        if (found.empty()) {
            return;  // a pack that a kill left half-made: nobody needs anything of it
        }
        result_.problems.push_back(problem);
        std::vector<PackEntry> entries;
        entries.reserve(found.size());
        for (const auto& [digest, entry] : found) {
            entries.push_back(entry);
        }
        result_.repaired += entries.size();
        packs_.save(PackIndex(name, std::move(entries)));
    }

    void read_pack(const PackIndex& pack) {
        const auto file = os::open_file(packs_.data_file(pack.name()), O_RDONLY);
        auto entries = pack.entries();
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
            return a.offset < b.offset;
        });
        std::mutex mutex;
        disk::in_parallel(
            entries.size(),
            [&](std::size_t number) {
                const auto& entry = entries[number];
                if (!read_chunk(file.get(), entry.offset, entry.length, entry.digest)) {
                    const std::lock_guard lock(mutex);
                    bad_[pack.name()].push_back(entry);
                }
            },
            cancellation_);
        result_.chunks += entries.size();
    }

    void repair_pack(const std::string& name, const std::vector<PackEntry>& entries) {
        const auto data = packs_.data_file(name);
        const auto locked = os::open_file(data, O_RDONLY);
        static_cast<void>(::fchmod(locked.get(), 0644));
        const auto fd = os::open_file(data, O_RDWR);
        static_cast<void>(::fchmod(locked.get(), 0444));
        for (const auto& entry : entries) {
            const auto bytes = copy_of(entry.digest, entry.length);
            const bool written =
                bytes &&
                ::pwrite(
                    fd.get(), bytes->data(), bytes->size(), static_cast<off_t>(entry.offset)) ==
                    static_cast<ssize_t>(bytes->size());
            written ? static_cast<void>(++result_.repaired) : report(entry.digest);
        }
        if (::fsync(fd.get()) != 0) {
            throw base::SystemError(errno, "syncing " + data.string());
        }
    }

    // What no pack has: into a new one, where those who look for it will find it.
    void repair_missing() {
        PackWriter writer(packs_);
        for (const auto& [digest, need] : needs_) {
            if (catalog_.find(digest)) {
                continue;
            }
            if (const auto bytes = copy_of(digest, need.length)) {
                writer.add(digest, *bytes);
                ++result_.repaired;
            } else {
                report(digest);
            }
        }
        static_cast<void>(writer.finish());
    }

    [[nodiscard]] std::optional<Bytes> copy_of(const Sha256Digest& digest,
                                               std::uint64_t length) const {
        for (const auto& pack : catalog_.packs()) {
            const auto* entry = pack.find(digest);
            if (entry == nullptr) {
                continue;
            }
            if (auto bytes =
                    read_chunk(packs_.data_file(pack.name()), entry->offset, length, digest)) {
                return bytes;
            }
        }
        const auto need = needs_.find(digest);
        return need == needs_.end() ? std::nullopt : copy_of(digest, need->second);
    }

    [[nodiscard]] std::optional<Bytes> copy_of(const Sha256Digest& digest, const Need& need) const {
        for (const auto& use : need.uses) {
            for (const auto& copy : copies_) {
                if (copy.disk != use.disk) {
                    continue;
                }
                const auto at = use.index * disk::kChunkSize.bytes();
                if (auto bytes = read_chunk(copy.path, at, need.length, digest)) {
                    return bytes;
                }
            }
        }
        return std::nullopt;
    }

    void report(const Sha256Digest& digest) {
        const auto need = needs_.find(digest);
        if (need == needs_.end()) {
            return;  // nobody lists it
        }
        for (const auto& use : need->second.uses) {
            result_.damaged.push_back({use.disk, {use.index, digest}});
        }
    }

    const ChunkStore& store_;
    const Packs& packs_;
    const std::vector<DiskCopy>& copies_;
    const base::Cancellation& cancellation_;
    std::map<Sha256Digest, Need> needs_;
    PackCatalog catalog_;
    std::map<std::string, std::vector<PackEntry>> bad_;
    CheckResult result_;
};

}  // namespace

CheckResult check_chunks(const ChunkStore& store,
                         const std::vector<DiskCopy>& copies,
                         const base::Cancellation& cancellation) {
    const auto lock = store.lock_shared();
    return Check(store, copies, cancellation).run();
}

}  // namespace ingot::artifact
