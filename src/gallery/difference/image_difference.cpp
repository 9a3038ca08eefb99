// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/image_difference.h"

#include "base/error.h"
#include "disk/chunks.h"
#include "disk/disk_view.h"
#include "disk/ext_tree.h"
#include "disk/file_system_kind.h"
#include "disk/partition_table.h"
#include "gallery/difference/installed_packages.h"
#include "os/fd.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

namespace ingot::gallery {
namespace {

using disk::Extent;
using disk::FileTree;

// One place on a disk that may hold a file system.
struct Place {
    unsigned partition = 0;  // 0: the whole disk
    Extent extent{};
    std::optional<FileTree> tree{};
    std::string unread{};  // why there is no tree
};

bool is_root(const Place& place) {
    return place.tree && place.tree->find("/etc") != nullptr && place.tree->find("/usr") != nullptr;
}

std::vector<Place> places_of(const os::Path& raw) {
    std::vector<Place> places;
    const auto table = disk::read_partition_table(raw);
    if (!table || table->partitions.empty()) {
        places.push_back({0, {0, os::file_length(raw).bytes()}});
        return places;
    }
    for (const auto& partition : table->partitions) {
        const auto start = partition.start.bytes();
        places.push_back({partition.number, {start, start + partition.size.bytes()}});
    }
    return places;
}

void read_tree(const os::Path& raw, Place& place, const base::Cancellation& cancellation) {
    try {
        place.tree = disk::read_ext_tree(raw, place.extent, cancellation);
        if (!place.tree) {
            place.unread = fmt::format("{}, and only ext2, ext3 and ext4 are read",
                                       disk::file_system_kind(raw, place.extent));
        }
    } catch (const base::SystemError&) {
        throw;                            // the host's, not the image's
    } catch (const base::Error& error) {  // the boundary to what the image holds
        place.unread = error.message();
    }
}

// One disk, read.
struct Side {
    Side(const ComparedDisk& disk, const base::Cancellation& cancellation)
        : raw(os::open_file(disk.raw, O_RDONLY)),
          chunks(disk.chunks ? *disk.chunks
                             : disk::list_chunks(disk::DiskView::of_raw(disk.raw), cancellation)),
          places(places_of(disk.raw)) {
        for (auto& place : places) {
            read_tree(disk.raw, place, cancellation);
        }
    }

    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side() = default;

    // Null if it has none that can be read.
    [[nodiscard]] const Place* root() const {
        const auto found = std::find_if(places.begin(), places.end(), is_root);
        return found == places.end() ? nullptr : &*found;
    }

    os::Fd raw;
    disk::ChunkList chunks;
    std::vector<Place> places;
};

base::ByteCount bytes_of(const disk::ChunkList& list, const disk::Chunk& chunk) {
    const auto start = chunk.index * disk::kChunkSize.bytes();
    return base::ByteCount(std::min(disk::kChunkSize.bytes(), list.virtual_size.bytes() - start));
}

ByteDifference compare_bytes(const disk::ChunkList& before, const disk::ChunkList& after) {
    ByteDifference bytes;
    std::set<base::Sha256Digest> known;
    for (const auto& chunk : before.chunks) {
        bytes.before = bytes.before + bytes_of(before, chunk);
        known.insert(chunk.digest);
    }
    for (const auto& chunk : after.chunks) {
        const auto size = bytes_of(after, chunk);
        const bool is_new = known.insert(chunk.digest).second;
        bytes.after = bytes.after + size;
        (is_new ? bytes.added : bytes.shared) = (is_new ? bytes.added : bytes.shared) + size;
    }
    return bytes;
}

template <typename Finding>
void append(std::vector<Finding>& to, std::vector<Finding>& from, unsigned partition) {
    for (auto& finding : from) {
        finding.partition = partition;
        to.push_back(std::move(finding));
    }
}

class DiskComparison {
  public:
    DiskComparison(const Side& before,
                   const Side& after,
                   const std::vector<std::string>& excluded,
                   const base::Cancellation& cancellation)
        : before_(before),
          after_(after),
          excluded_(excluded),
          cancellation_(cancellation),
          common_(before.chunks, after.chunks) {}

    ImageDifference compare() {
        difference_.bytes = compare_bytes(before_.chunks, after_.chunks);
        const auto* old_root = before_.root();
        const auto* new_root = after_.root();
        compare_packages_of(old_root, new_root);
        if (old_root != nullptr && new_root != nullptr) {
            compare_place(old_root, new_root, 0);
        } else {
            old_root = new_root = nullptr;  // not a pair: each goes by its number
        }
        std::map<unsigned, std::pair<const Place*, const Place*>> others;
        for (const auto& place : before_.places) {
            others[place.partition].first = &place == old_root ? nullptr : &place;
        }
        for (const auto& place : after_.places) {
            others[place.partition].second = &place == new_root ? nullptr : &place;
        }
        for (const auto& [number, pair] : others) {
            if (pair.first != nullptr || pair.second != nullptr) {
                compare_place(pair.first, pair.second, number);
            }
        }
        return std::move(difference_);
    }

  private:
    void compare_packages_of(const Place* old_root, const Place* new_root) {
        if (old_root == nullptr || new_root == nullptr) {
            difference_.packages_unread.push_back(
                fmt::format("no root file system could be read in {}",
                            old_root != nullptr   ? "the second image"
                            : new_root != nullptr ? "the first image"
                                                  : "either image"));
            return;
        }
        auto old_list = read_installed_packages(before_.raw.get(), *old_root->tree, cancellation_);
        auto new_list = read_installed_packages(after_.raw.get(), *new_root->tree, cancellation_);
        for (const auto& reason : old_list.unread) {
            difference_.packages_unread.push_back(fmt::format("first image: {}", reason));
        }
        for (const auto& reason : new_list.unread) {
            difference_.packages_unread.push_back(fmt::format("second image: {}", reason));
        }
        // Half of a pair would read as if everything had come or gone.
        if (difference_.packages_unread.empty()) {
            difference_.packages =
                compare_packages(std::move(old_list.packages), std::move(new_list.packages));
        }
    }

    void compare_place(const Place* a, const Place* b, unsigned partition) {
        if (const auto reason = reason_not_to_read(a, b)) {
            add_unread(partition, *reason, a, b);
            return;
        }
        const FileTree none;
        const TreeOnDisk before{a != nullptr ? *a->tree : none, before_.raw.get()};
        const TreeOnDisk after{b != nullptr ? *b->tree : none, after_.raw.get()};
        auto files = compare_trees(before, after, common_, excluded_, cancellation_);
        append(difference_.files.added, files.added, partition);
        append(difference_.files.removed, files.removed, partition);
        append(difference_.files.changed, files.changed, partition);
        append(difference_.files.only_times, files.only_times, partition);
    }

    static std::optional<std::string> reason_not_to_read(const Place* a, const Place* b) {
        const bool a_unread = a != nullptr && !a->tree;
        const bool b_unread = b != nullptr && !b->tree;
        if (!a_unread && !b_unread) {
            return std::nullopt;
        }
        if (a_unread && b_unread) {
            return a->unread == b->unread
                       ? a->unread
                       : fmt::format("first image: {}; second image: {}", a->unread, b->unread);
        }
        const auto& reason = a_unread ? a->unread : b->unread;
        const bool is_paired = a != nullptr && b != nullptr;
        return fmt::format(
            "{} image{}: {}", a_unread ? "first" : "second", is_paired ? "" : " only", reason);
    }

    void add_unread(unsigned number, std::string reason, const Place* a, const Place* b) {
        const auto& extent = (b != nullptr ? b : a)->extent;
        const auto length = extent.end - extent.start;
        UnreadPartition partition;
        partition.number = number;
        partition.reason = std::move(reason);
        partition.size = base::ByteCount(length);
        partition.same_bytes = a != nullptr && b != nullptr && a->extent == b->extent &&
                               common_.hold(extent.start, length);
        difference_.unread.push_back(std::move(partition));
    }

    const Side& before_;
    const Side& after_;
    const std::vector<std::string>& excluded_;
    const base::Cancellation& cancellation_;
    CommonChunks common_;
    ImageDifference difference_;
};

}  // namespace

bool ImageDifference::empty() const {
    return packages.empty() && files.empty() &&
           std::all_of(unread.begin(), unread.end(), [](const UnreadPartition& partition) {
               return partition.same_bytes;
           });
}

ImageDifference compare_disks(const ComparedDisk& before,
                              const ComparedDisk& after,
                              const std::vector<std::string>& excluded,
                              const base::Cancellation& cancellation) {
    const Side old_side(before, cancellation);
    const Side new_side(after, cancellation);
    return DiskComparison(old_side, new_side, excluded, cancellation).compare();
}

}  // namespace ingot::gallery
