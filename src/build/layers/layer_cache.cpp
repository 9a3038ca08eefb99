// SPDX-License-Identifier: Apache-2.0
#include "build/layers/layer_cache.h"

#include "base/error.h"
#include "base/json.h"
#include "base/uuid.h"
#include "disk/file_checks.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::build {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFacts = "layer.json";
constexpr const char* kLock = "lock";
constexpr std::string_view kDraft = ".draft-";
constexpr std::string_view kRemoved = ".removed-";
constexpr std::string_view kClaim = ".making";

os::Path checks_of(const os::Path& file) {
    return file.string() + ".checks";
}

boost::json::value to_json(const LayerFacts& facts) {
    boost::json::array inputs;
    for (const auto& input : facts.inputs) {
        inputs.push_back(boost::json::object{{"name", input.name}, {"value", input.value}});
    }
    return boost::json::object{{"key", facts.key.hex()},
                               {"parent", facts.parent.hex()},
                               {"base", facts.base.hex()},
                               {"title", facts.title},
                               {"inputs", inputs},
                               {"born", base::to_rfc3339(facts.born)},
                               {"sealed", base::to_rfc3339(facts.sealed)},
                               {"machine", facts.machine},
                               {"overlays", facts.overlays}};
}

LayerFacts facts_from(const boost::json::value& json) {
    const auto text = [&](const char* name) { return std::string(json.at(name).as_string()); };
    const auto digest = [&](const char* name) {
        return base::Sha256Digest::from_hex(text(name)).value();
    };
    LayerFacts facts{.key = digest("key"),
                     .parent = digest("parent"),
                     .base = digest("base"),
                     .title = text("title"),
                     .born = base::from_rfc3339(text("born")).value(),
                     .sealed = base::from_rfc3339(text("sealed")).value(),
                     .machine = text("machine"),
                     .overlays = json.at("overlays").to_number<std::size_t>()};
    for (const auto& input : json.at("inputs").as_array()) {
        facts.inputs.push_back({std::string(input.at("name").as_string()),
                                std::string(input.at("value").as_string())});
    }
    return facts;
}

// Nothing for a layer that cannot be understood: it is as good as none.
std::optional<LayerFacts> read_facts(const os::Path& folder) {
    try {
        const auto file = folder / kFacts;
        return facts_from(base::parse_own_json(os::read_file(file), file.string()));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void link_or_copy(const os::Path& from,
                  const os::Path& to,
                  const base::Cancellation& cancellation) {
    if (::link(from.c_str(), to.c_str()) != 0) {
        os::copy_sparse(from, to, cancellation);
    }
}

// Half of the checksums, as a full disk leaves them, must not be taken for all of them later.
void write_checks_once(const os::Path& file, const base::Cancellation& cancellation) {
    if (!fs::exists(checks_of(file))) {
        const auto fd = os::open_file(file, O_RDONLY);
        const auto text = disk::to_text(disk::checks_of(fd.get(), cancellation));
        const auto draft = checks_of(file).string() + ".draft";
        os::write_all(os::open_file(draft, O_WRONLY | O_CREAT | O_TRUNC).get(), text);
        fs::rename(draft, checks_of(file));
    }
}

bool is_gone(const os::Fd& fd) {
    struct stat status {};

    return ::fstat(fd.get(), &status) != 0 || status.st_nlink == 0;
}

bool is_in_use(const os::Path& folder) {
    const os::Fd lock(::open((folder / kLock).c_str(), O_RDONLY | O_CLOEXEC));
    return lock && !os::try_lock_exclusive(lock, folder);
}

// Bytes on disk of the regular files in a tree, each inode once over all calls.
class Occupied {
  public:
    base::ByteCount add(const os::Path& tree) {
        std::uint64_t bytes = 0;
        std::error_code ignored;
        for (fs::recursive_directory_iterator at(tree, ignored), end; at != end;
             at.increment(ignored)) {
            struct stat status {};

            if (::lstat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                seen_.insert(status.st_ino).second) {
                bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
            }
        }
        return base::ByteCount(bytes);
    }

  private:
    std::set<ino_t> seen_;
};

base::Timestamp last_used(const os::Path& folder) {
    struct stat status {};

    if (::stat((folder / kFacts).c_str(), &status) != 0) {
        return {};
    }
    return base::Timestamp(std::chrono::milliseconds(status.st_mtim.tv_sec * 1000 +
                                                     status.st_mtim.tv_nsec / 1'000'000));
}

std::vector<os::Path> folders_in(const os::Path& folder) {
    std::vector<os::Path> folders;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.is_directory(ignored)) {
            folders.push_back(entry.path());
        }
    }
    return folders;
}

}  // namespace

std::vector<os::Path> Layer::overlays() const {
    std::vector<os::Path> overlays;
    for (std::size_t i = 0;; ++i) {
        auto file = folder_ / fmt::format("disk-{}.qcow2", i);
        if (!fs::exists(file)) {
            break;
        }
        overlays.push_back(std::move(file));
    }
    std::ranges::reverse(overlays);
    return overlays;
}

LayerCache::LayerCache(os::Path folder) : folder_(std::move(folder)) {
    os::make_folders(folder_);
}

os::Path LayerCache::folder_of(const base::Sha256Digest& key) const {
    return folder_ / key.hex();
}

std::optional<Layer> LayerCache::find(const base::Sha256Digest& key,
                                      std::chrono::seconds max_age) const {
    const auto folder = folder_of(key);
    os::Fd lock(::open((folder / kLock).c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock) {
        return std::nullopt;
    }
    os::lock_shared(lock, folder);
    auto facts = is_gone(lock) ? std::nullopt : read_facts(folder);
    if (!facts || facts->key != key || base::now() - facts->born > max_age) {
        return std::nullopt;
    }
    [[maybe_unused]] const int ignored =
        ::utimensat(AT_FDCWD, (folder / kFacts).c_str(), nullptr, 0);
    return Layer(folder, std::move(lock), std::move(*facts));
}

void LayerCache::verify_overlays(const Layer& layer, const base::Cancellation& cancellation) {
    const auto overlays = layer.overlays();
    if (overlays.empty() || overlays.size() != layer.facts().overlays) {
        throw base::Error(
            base::ErrorKind::Corrupt,
            "FileDamaged",
            fmt::format("the layer {} does not have all of its disk", layer.folder().string()),
            layer.folder().string());
    }
    for (const auto& overlay : overlays) {
        try {
            const auto checks = disk::file_checks_from(os::read_file(checks_of(overlay)));
            disk::verify(os::open_file(overlay, O_RDONLY).get(), checks, cancellation);
        } catch (const base::Error& error) {
            throw base::Error(base::ErrorKind::Corrupt,
                              "FileDamaged",
                              fmt::format("{}: {}", overlay.string(), error.message()),
                              overlay.string());
        }
    }
}

os::ScratchFolder LayerCache::draft(const std::string& run_id) const {
    os::ScratchFolder scratch(
        folder_ / fmt::format("{}{}-{}", kDraft, run_id, base::new_uuid().substr(0, 8)));
    os::make_folders(scratch.path() / "memory");
    return scratch;
}

void LayerCache::keep(os::ScratchFolder draft,
                      const LayerFacts& facts,
                      const std::vector<os::Path>& overlays,
                      const base::Cancellation& cancellation) const {
    for (std::size_t i = 0; i < overlays.size(); ++i) {
        const auto& overlay = overlays[overlays.size() - 1 - i];
        write_checks_once(overlay, cancellation);
        const auto link = draft.path() / fmt::format("disk-{}.qcow2", i);
        link_or_copy(overlay, link, cancellation);
        link_or_copy(checks_of(overlay), checks_of(link), cancellation);
    }
    auto all_facts = facts;
    all_facts.overlays = overlays.size();
    os::write_all(os::open_file(draft.path() / kFacts, O_WRONLY | O_CREAT | O_EXCL).get(),
                  base::pretty_json(to_json(all_facts)));
    static_cast<void>(os::open_file(draft.path() / kLock, O_WRONLY | O_CREAT | O_EXCL));
    const auto place = folder_of(facts.key);
    if (fs::exists(place) && !drop(facts.key)) {
        return;
    }
    std::error_code other_was_faster;
    fs::rename(draft.path(), place, other_was_faster);
    if (!other_was_faster) {
        draft.keep();
    }
}

void LayerCache::remove(const os::Path& folder) const {
    const auto removed = folder_ / fmt::format("{}{}", kRemoved, base::new_uuid());
    std::error_code gone_already;
    fs::rename(folder, removed, gone_already);
    os::remove_tree(removed);
}

bool LayerCache::drop(const base::Sha256Digest& key) const {
    const auto folder = folder_of(key);
    const os::Fd lock(::open((folder / kLock).c_str(), O_RDONLY | O_CLOEXEC));
    if (lock && !os::try_lock_exclusive(lock, folder)) {
        return false;
    }
    remove(folder);
    return true;
}

std::vector<os::Path> LayerCache::drop_unreadable() const {
    std::vector<os::Path> dropped;
    for (const auto& folder : folders_in(folder_)) {
        if (folder.filename().string().starts_with(".")) {
            continue;  // a draft, or on its way out
        }
        const auto facts = read_facts(folder);
        const bool is_readable =
            facts && folder.filename() == facts->key.hex() && fs::exists(folder / kLock);
        if (!is_readable && fs::exists(folder) && !is_in_use(folder)) {
            remove(folder);
            dropped.push_back(folder);
        }
    }
    return dropped;
}

os::Path LayerCache::claim_file(const base::Sha256Digest& key) const {
    return folder_ / fmt::format("{}{}", key.hex(), kClaim);
}

std::optional<os::FileLock> LayerCache::try_claim(const base::Sha256Digest& key) const {
    return os::FileLock::try_acquire(claim_file(key));
}

os::FileLock LayerCache::claim(const base::Sha256Digest& key,
                               const base::Cancellation& cancellation) const {
    return os::FileLock::acquire(claim_file(key), cancellation);
}

std::vector<LayerEntry> LayerCache::list() const {
    std::vector<LayerEntry> entries;
    for (const auto& folder : folders_in(folder_)) {
        const auto facts = read_facts(folder);
        if (!facts || folder.filename() != facts->key.hex()) {
            continue;
        }
        Occupied whole;
        const auto memory = whole.add(folder / "memory");
        entries.push_back(
            {*facts, whole.add(folder), memory, last_used(folder), is_in_use(folder)});
    }
    std::ranges::sort(entries, {}, &LayerEntry::last_used);
    return entries;
}

base::ByteCount LayerCache::size() const {
    return Occupied().add(folder_);
}

void LayerCache::sweep(const std::function<bool(const std::string& run_id)>& is_over) const {
    constexpr std::size_t kUuidLength = 36;
    for (const auto& folder : folders_in(folder_)) {
        const auto name = folder.filename().string();
        const bool dead_draft =
            name.starts_with(kDraft) && is_over(name.substr(kDraft.size(), kUuidLength));
        if (dead_draft || name.starts_with(kRemoved)) {
            os::remove_tree(folder);
        }
    }
    sweep_claims();
}

// Who has opened such a file at this very moment then holds one that has no name: two runs may make
// the same layer, and one is kept.
void LayerCache::sweep_claims() const {
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(folder_, unreadable)) {
        if (entry.path().extension() == kClaim && os::FileLock::try_acquire(entry.path())) {
            os::remove_tree(entry.path());
        }
    }
}

}  // namespace ingot::build
