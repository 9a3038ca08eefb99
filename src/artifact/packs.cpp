// SPDX-License-Identifier: Apache-2.0
#include "artifact/packs.h"

#include "base/error.h"
#include "base/uuid.h"
#include "disk/chunks.h"
#include "os/fd.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

constexpr std::string_view kUnfinished = ".making";

void write_exactly(int fd, std::span<const std::byte> bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const auto done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (done < 0 && errno != EINTR) {
            throw base::SystemError(errno, "writing a pack");
        }
        const auto written = static_cast<std::size_t>(std::max<ssize_t>(done, 0));
        bytes = bytes.subspan(written);
        at += written;
    }
}

}  // namespace

os::Path Packs::data_file(const std::string& name) const {
    return folder_ / fmt::format("{}.pack", name);
}

os::Path Packs::index_file(const std::string& name) const {
    return folder_ / fmt::format("{}.index", name);
}

std::vector<std::string> Packs::names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        const auto& path = entry.path();
        if (path.extension() == ".index" && is_pack_name(path.stem().string())) {
            names.push_back(path.stem().string());
        }
    }
    return names;
}

PackIndex Packs::load(const std::string& name) const {
    std::string file;
    try {
        file = os::read_file(index_file(name), base::ByteCount::gib(4));
    } catch (const base::SystemError& error) {
        if (error.error_number() != ENOENT) {
            throw;
        }
        // An empty file is damaged as well, and says so in the same words.
    }
    return PackIndex::parse(file, name);
}

PackIndex Packs::load_whole(const std::string& name) const {
    const auto length = os::file_length(data_file(name)).bytes();
    auto index = load(name);
    auto entries = index.entries();
    const auto lost = std::erase_if(
        entries, [&](const auto& entry) { return entry.offset + entry.length > length; });
    return lost == 0 ? index : PackIndex(name, std::move(entries));
}

void Packs::save(const PackIndex& index) const {
    os::replace_file(index_file(index.name()), index.write(), 0444);
}

PackCatalog PackCatalog::load(const Packs& packs) {
    PackCatalog catalog;
    for (const auto& name : packs.names()) {
        try {
            catalog.packs_.push_back(packs.load_whole(name));
        } catch (const base::Error&) {
            continue;  // `verify` names it
        }
    }
    std::sort(catalog.packs_.begin(), catalog.packs_.end(), [](const auto& a, const auto& b) {
        return a.entries().size() > b.entries().size();
    });
    return catalog;
}

std::optional<PackedChunk> PackCatalog::find(const base::Sha256Digest& digest,
                                             std::size_t likely) const {
    if (likely < packs_.size()) {
        if (const auto* entry = packs_[likely].find(digest)) {
            return PackedChunk{likely, *entry};
        }
    }
    for (std::size_t i = 0; i < packs_.size(); ++i) {
        if (const auto* entry = packs_[i].find(digest)) {
            return PackedChunk{i, *entry};
        }
    }
    return std::nullopt;
}

PackWriter::PackWriter(const Packs& packs)
    : packs_(packs),
      name_(base::new_uuid()),
      making_(packs.folder() / fmt::format("{}{}", name_, kUnfinished)) {}

PackWriter::~PackWriter() {
    if (fd_) {
        ::unlink(making_.c_str());
    }
}

// Each chunk begins at a multiple of the chunk size, so that it can be given back by a hole.
void PackWriter::add(const base::Sha256Digest& digest, std::span<const std::byte> chunk) {
    std::uint64_t offset = 0;
    {
        const std::lock_guard lock(mutex_);
        if (entries_.contains(digest)) {
            return;
        }
        if (!fd_) {
            fd_ = os::open_file(making_, O_RDWR | O_CREAT | O_EXCL, 0444);
        }
        offset = entries_.size() * disk::kChunkSize.bytes();
        entries_.emplace(digest,
                         PackEntry{digest, offset, static_cast<std::uint32_t>(chunk.size())});
        bytes_ += chunk.size();
    }
    write_exactly(fd_.get(), chunk, offset);
}

std::optional<PackIndex> PackWriter::finish() {
    if (entries_.empty()) {
        return std::nullopt;
    }
    std::vector<PackEntry> entries;
    for (const auto& [digest, entry] : entries_) {
        entries.push_back(entry);
    }
    PackIndex index(name_, std::move(entries));
    if (::fsync(fd_.get()) != 0) {
        throw base::SystemError(errno, "syncing " + making_.string());
    }
    // A link, not a rename: it never replaces a pack.
    const auto data = packs_.data_file(name_);
    if (::link(making_.c_str(), data.c_str()) != 0) {
        throw base::SystemError(errno, "publishing " + data.string());
    }
    ::unlink(making_.c_str());
    fd_.reset();
    packs_.save(index);  // syncs the folder, and with it the data file's name
    return index;
}

bool is_unfinished(std::string_view file_name) {
    return file_name.ends_with(kUnfinished) || file_name.find(".new-") != std::string_view::npos;
}

}  // namespace ingot::artifact
