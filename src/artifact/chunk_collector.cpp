// SPDX-License-Identifier: Apache-2.0
#include "artifact/chunk_collector.h"

#include "base/error.h"
#include "os/file_lock.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using Digests = std::set<base::Sha256Digest>;

// What the manifests want: of each pack, and of whichever pack has it because theirs has not.
struct Wanted {
    std::map<std::string, Digests> of_pack;
    Digests of_any;
};

void add_wants(const DiskManifest& manifest, Wanted& wanted) {
    for (std::size_t i = 0; i < manifest.list.chunks.size(); ++i) {
        auto& pack = wanted.of_pack[manifest.packs[manifest.pack_of[i]]];
        pack.insert(pack.end(), manifest.list.chunks[i].digest);
    }
}

base::ByteCount space_of(const os::Path& file) {
    return os::allocated_size(file);
}

// A pack that is somebody's base as well, by another name or in use by a machine, stays as it is.
std::optional<os::Fd> take_for_ourselves(const os::Path& data) {
    auto fd = os::open_file(data, O_RDONLY);

    struct stat status {};

    if (::fstat(fd.get(), &status) != 0) {
        throw base::SystemError(errno, "looking at " + data.string());
    }
    const bool ours = status.st_nlink == 1 && os::try_lock_exclusive(fd, data);
    return ours ? std::optional(std::move(fd)) : std::nullopt;
}

// What the file has outside of its entries.
std::vector<disk::Extent> garbage_of(const PackIndex& index, int fd, base::ByteCount length) {
    std::vector<disk::Extent> needed;
    for (const auto& entry : index.entries()) {
        needed.push_back({entry.offset, entry.offset + entry.length});
    }
    std::sort(needed.begin(), needed.end());
    std::vector<disk::Extent> garbage;
    auto next = needed.begin();
    for (const auto& data : disk::data_extents(fd, length)) {
        auto at = data.start;
        for (; next != needed.end() && next->start < data.end; ++next) {
            if (at < next->start) {
                garbage.push_back({at, next->start});
            }
            at = std::max(at, next->end);
            if (next->end > data.end) {
                break;
            }
        }
        if (at < data.end) {
            garbage.push_back({at, data.end});
        }
    }
    return garbage;
}

// Data files are read-only, so that nobody writes one by mistake.
os::Fd open_for_writing(const os::Path& data, const os::Fd& locked) {
    static_cast<void>(::fchmod(locked.get(), 0644));
    auto fd = os::open_file(data, O_RDWR);
    static_cast<void>(::fchmod(locked.get(), 0444));
    return fd;
}

void punch(const PackIndex& index, const os::Path& data, const os::Fd& locked) {
    const auto garbage = garbage_of(index, locked.get(), os::file_length(data));
    if (garbage.empty()) {
        return;
    }
    const auto fd = open_for_writing(data, locked);
    for (const auto& hole : garbage) {
        if (::fallocate(fd.get(),
                        FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        static_cast<off_t>(hole.start),
                        static_cast<off_t>(hole.end - hole.start)) != 0) {
            if (errno == EOPNOTSUPP) {
                return;  // the space comes back when the whole pack goes
            }
            throw base::SystemError(errno, "giving back space of " + data.string());
        }
    }
}

class Collector {
  public:
    explicit Collector(const ChunkStore& store) : store_(store), packs_(store.packs()) {}

    Collected run() {
        if (!read_manifests()) {
            return std::move(result_);
        }
        const auto names = packs_.names();
        for (const auto& name : names) {
            load(name);
        }
        for (const auto& [name, digests] : wanted_.of_pack) {
            want_elsewhere(name, digests);
        }
        for (const auto& name : names) {
            clean(name);
        }
        remove_unfinished();
        store_.note_settled();
        result_.done = true;
        return std::move(result_);
    }

  private:
    // False if it is not known what is needed.
    bool read_manifests() {
        for (const auto& disk : store_.disks()) {
            try {
                add_wants(store_.manifest(disk), wanted_);
            } catch (const base::Error& error) {
                result_.problems.push_back(error.message());
            }
        }
        return result_.problems.empty();
    }

    void load(const std::string& name) {
        try {
            indexes_.emplace(name, packs_.load_whole(name));
        } catch (const base::Error& error) {
            result_.problems.push_back(error.message());
        }
    }

    void want_elsewhere(const std::string& name, const Digests& digests) {
        const auto index = indexes_.find(name);
        for (const auto& digest : digests) {
            if (index == indexes_.end() || index->second.find(digest) == nullptr) {
                wanted_.of_any.insert(digest);
            }
        }
    }

    void clean(const std::string& name) {
        const auto index = indexes_.find(name);
        if (index == indexes_.end()) {
            // Damaged; if a disk needs it, `verify` may still save what is in it.
            if (!wanted_.of_pack.contains(name)) {
                remove_pack(name);
            }
            return;
        }
        auto needed = needed_entries(index->second);
        if (needed.empty()) {
            remove_pack(name);
        } else {
            shrink(index->second, std::move(needed));
        }
    }

    [[nodiscard]] std::vector<PackEntry> needed_entries(const PackIndex& index) const {
        const auto of_this = wanted_.of_pack.find(index.name());
        std::vector<PackEntry> needed;
        for (const auto& entry : index.entries()) {
            const bool is_needed =
                (of_this != wanted_.of_pack.end() && of_this->second.contains(entry.digest)) ||
                wanted_.of_any.contains(entry.digest);
            if (is_needed) {
                needed.push_back(entry);
            }
        }
        return needed;
    }

    // The index goes first: data without an index is nothing, an index without data is damage.
    void remove_pack(const std::string& name) {
        const auto data = packs_.data_file(name);
        remove_file(packs_.index_file(name));
        os::sync_folder(packs_.folder());
        if (std::filesystem::exists(data)) {
            result_.freed = result_.freed + space_of(data);
        }
        remove_file(data);
    }

    // As above: first nobody finds the chunks any more, then they go.
    void shrink(const PackIndex& index, std::vector<PackEntry> needed) {
        const auto data = packs_.data_file(index.name());
        const auto ours = take_for_ourselves(data);
        if (!ours) {
            return;
        }
        const auto before = space_of(data);
        const PackIndex smaller(index.name(), std::move(needed));
        if (smaller.entries().size() < index.entries().size()) {
            packs_.save(smaller);
        }
        punch(smaller, data, *ours);
        const auto after = space_of(data);
        result_.freed = base::ByteCount(result_.freed.bytes() + before.bytes() -
                                        std::min(before, after).bytes());
    }

    // Nobody is storing anything, so whatever is half-made was left by a killed process.
    void remove_unfinished() const {
        for (const auto* folder : {"packs", "disks"}) {
            for (const auto& entry :
                 std::filesystem::directory_iterator(store_.folder() / folder)) {
                const auto& path = entry.path();
                const bool no_index =
                    path.extension() == ".pack" &&
                    !std::filesystem::exists(packs_.index_file(path.stem().string()));
                if (is_unfinished(path.filename().string()) ||
                    (no_index && !wanted_.of_pack.contains(path.stem().string()))) {
                    remove_file(path);
                }
            }
        }
    }

    const ChunkStore& store_;
    const Packs& packs_;
    Wanted wanted_;
    std::map<std::string, PackIndex> indexes_;
    Collected result_;
};

}  // namespace

Collected collect_chunks(const ChunkStore& store) {
    const auto lock = store.try_lock_exclusive();
    return lock ? Collector(store).run() : Collected{};
}

}  // namespace ingot::artifact
