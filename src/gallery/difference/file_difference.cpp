// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/file_difference.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include <fnmatch.h>

namespace ingot::gallery {
namespace {

using disk::FileName;
using disk::FileNode;
using disk::FileType;

FileFacts facts_of(const FileNode& node) {
    return {.type = node.type,
            .mode = node.mode,
            .uid = node.uid,
            .gid = node.gid,
            .size = node.type == FileType::File ? node.size : base::ByteCount(),
            .modified = node.modified,
            .link_target = node.link_target};
}

class TreeComparison {
  public:
    TreeComparison(const TreeOnDisk& before,
                   const TreeOnDisk& after,
                   const CommonChunks& common,
                   const std::vector<std::string>& excluded,
                   const base::Cancellation& cancellation)
        : before_(before),
          after_(after),
          common_(common),
          excluded_(excluded),
          cancellation_(cancellation) {}

    // Both lists of names are in one order, so that one walk through both meets every pair.
    FileDifference compare() {
        const auto& old_names = before_.tree.names;
        const auto& new_names = after_.tree.names;
        auto a = old_names.begin();
        auto b = new_names.begin();
        while (a != old_names.end() || b != new_names.end()) {
            if (b == new_names.end() ||
                (a != old_names.end() && disk::is_before(a->path, b->path))) {
                note(before_.tree, *a++, gone_, difference_.removed);
            } else if (a == old_names.end() || disk::is_before(b->path, a->path)) {
                note(after_.tree, *b++, come_, difference_.added);
            } else {
                compare_pair(*a++, *b++);
            }
        }
        return std::move(difference_);
    }

  private:
    using Seen = std::unordered_set<std::size_t>;

    void note(const disk::FileTree& tree,
              const FileName& name,
              Seen& seen,
              std::vector<FilePresence>& list) const {
        if (!is_excluded(name.path, excluded_)) {
            list.push_back({.path = name.path,
                            .file = facts_of(tree.nodes[name.node]),
                            .counted = seen.insert(name.node).second});
        }
    }

    void compare_pair(const FileName& a, const FileName& b) {
        const auto& old_file = before_.tree.nodes[a.node];
        const auto& new_file = after_.tree.nodes[b.node];
        auto aspects = aspects_of(a.node, b.node);
        if ((aspects.empty() && old_file.modified == new_file.modified) ||
            is_excluded(a.path, excluded_)) {
            return;
        }
        auto& list = aspects.empty() ? difference_.only_times : difference_.changed;
        list.push_back({.path = a.path,
                        .before = facts_of(old_file),
                        .after = facts_of(new_file),
                        .aspects = std::move(aspects)});
    }

    // Of two files with several names only the first pair of names is looked at.
    std::vector<FileAspect> aspects_of(std::size_t a, std::size_t b) {
        const auto [known, is_new] = pairs_.try_emplace({a, b});
        if (is_new) {
            known->second = find_aspects(before_.tree.nodes[a], after_.tree.nodes[b]);
        }
        return known->second;
    }

    [[nodiscard]] std::vector<FileAspect> find_aspects(const FileNode& a, const FileNode& b) const {
        if (a.type != b.type) {
            return {FileAspect::Type};
        }
        std::vector<FileAspect> aspects;
        const auto add_if = [&](bool differs, FileAspect aspect) {
            if (differs) {
                aspects.push_back(aspect);
            }
        };
        add_if(a.type == FileType::File && !have_same_contents(a, b), FileAspect::Contents);
        add_if(a.link_target != b.link_target, FileAspect::LinkTarget);
        add_if(a.device != b.device, FileAspect::Device);
        add_if(a.mode != b.mode, FileAspect::Mode);
        add_if(a.uid != b.uid || a.gid != b.gid, FileAspect::Owner);
        add_if(a.attributes != b.attributes, FileAspect::Attributes);
        return aspects;
    }

    [[nodiscard]] bool have_same_contents(const FileNode& a, const FileNode& b) const {
        cancellation_.throw_if_cancelled();
        const auto is_common = [&](const disk::FilePiece& piece) {
            return common_.hold(piece.on_disk, piece.length);
        };
        if (a.size == b.size && a.inline_contents == b.inline_contents && a.pieces == b.pieces &&
            std::all_of(a.pieces.begin(), a.pieces.end(), is_common)) {
            return true;
        }
        return disk::same_contents({before_.raw, a}, {after_.raw, b}, cancellation_);
    }

    const TreeOnDisk& before_;
    const TreeOnDisk& after_;
    const CommonChunks& common_;
    const std::vector<std::string>& excluded_;
    const base::Cancellation& cancellation_;
    FileDifference difference_;
    Seen gone_;
    Seen come_;
    std::map<std::pair<std::size_t, std::size_t>, std::vector<FileAspect>> pairs_;
};

}  // namespace

CommonChunks::CommonChunks(const disk::ChunkList& a, const disk::ChunkList& b) {
    const auto size = std::max(a.virtual_size, b.virtual_size).bytes();
    differs_.resize((size + disk::kChunkSize.bytes() - 1) / disk::kChunkSize.bytes());
    std::vector<disk::Chunk> either;
    std::set_symmetric_difference(a.chunks.begin(),
                                  a.chunks.end(),
                                  b.chunks.begin(),
                                  b.chunks.end(),
                                  std::back_inserter(either));
    for (const auto& chunk : either) {
        differs_.at(chunk.index) = true;
    }
}

bool CommonChunks::hold(std::uint64_t start, std::uint64_t length) const {
    if (length == 0) {
        return true;
    }
    const auto first = start / disk::kChunkSize.bytes();
    const auto last = (start + length - 1) / disk::kChunkSize.bytes();
    for (auto chunk = first; chunk <= last; ++chunk) {
        if (chunk >= differs_.size() || differs_[chunk]) {
            return false;
        }
    }
    return true;
}

bool is_excluded(const std::string& path, const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_LEADING_DIR) == 0;
    });
}

FileDifference compare_trees(const TreeOnDisk& before,
                             const TreeOnDisk& after,
                             const CommonChunks& common,
                             const std::vector<std::string>& excluded,
                             const base::Cancellation& cancellation) {
    return TreeComparison(before, after, common, excluded, cancellation).compare();
}

}  // namespace ingot::gallery
