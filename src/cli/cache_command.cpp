// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "build/layers/layer_cache.h"
#include "build/layers/layer_plan.h"
#include "build/layers/layered_vm.h"
#include "build/layers/run_trace.h"
#include "cli/commands.h"
#include "cli/local_store.h"
#include "cli/progress/elapsed.h"
#include "vm/memory_state.h"

#include <charconv>
#include <filesystem>
#include <set>
#include <variant>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

struct OtherPart {
    const char* name;
    os::Path folder;
    const char* about;
};

std::vector<OtherPart> other_parts(const Settings& settings) {
    const auto cache = settings.state.cache();
    return {{"bases", cache / "bases", "base disks of platform images"},
            {"downloads", cache / "downloads", "images as they were downloaded"},
            {"boot", cache / "boot", "kernels found in base disks"}};
}

base::ByteCount size_of(const os::Path& folder) {
    std::uint64_t bytes = 0;
    std::error_code ignored;
    for (std::filesystem::recursive_directory_iterator at(folder, ignored), end; at != end;
         at.increment(ignored)) {
        if (at->is_regular_file(ignored) && !at->is_symlink(ignored)) {
            bytes += os::allocated_size(at->path()).bytes();
        }
    }
    return base::ByteCount(bytes);
}

std::string age_of(base::Timestamp time) {
    return for_people(base::now() - time);
}

boost::json::object to_json(const build::LayerEntry& entry) {
    return {{"key", entry.facts.key.hex()},
            {"parent", entry.facts.parent.hex()},
            {"base", entry.facts.base.hex()},
            {"title", entry.facts.title},
            {"born", base::to_rfc3339(entry.facts.born)},
            {"lastUsed", base::to_rfc3339(entry.last_used)},
            {"diskBytes", entry.disk_size.bytes()},
            {"memoryBytes", entry.memory_size.bytes()},
            {"inUse", entry.in_use}};
}

void print(const build::LayerEntry& entry) {
    fmt::print("{}  {:>10} disk {:>10} memory  {:>8} old  {}{}\n",
               entry.facts.key.hex().substr(0, 12),
               base::to_string(entry.disk_size),
               base::to_string(entry.memory_size),
               age_of(entry.facts.born),
               entry.facts.title,
               entry.in_use ? "  (in use)" : "");
}

[[noreturn]] void refuse_keep(const std::string& keep) {
    throw Error(ErrorKind::InvalidArgument,
                "InvalidKeep",
                fmt::format("--keep {}: a size (500M, 10G) or an age (90m, 12h, 2d) is expected; 0 "
                            "keeps nothing",
                            keep));
}

using Keep = std::variant<base::ByteCount, std::chrono::seconds>;

Keep keep_from(const std::string& text) {
    std::uint64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    if (error != std::errc() || (unit.empty() && number != 0)) {
        refuse_keep(text);
    }
    if (unit == "M" || unit == "G" || unit.empty()) {
        return unit == "M" ? base::ByteCount::mib(number) : base::ByteCount::gib(number);
    }
    if (unit != "m" && unit != "h" && unit != "d") {
        refuse_keep(text);
    }
    const auto seconds = unit == "m" ? 60 : unit == "h" ? 3600 : 86400;
    return std::chrono::seconds(static_cast<std::int64_t>(number) * seconds);
}

void forget_older_than(const Settings& settings,
                       const build::LayerCache& cache,
                       std::chrono::seconds age) {
    const auto limit = base::now() - age;
    for (const auto& entry : cache.list()) {
        const bool is_first_state = entry.facts.inputs.empty();
        if ((is_first_state ? entry.last_used : entry.facts.born) < limit) {
            static_cast<void>(cache.drop(entry.facts.key));
        }
    }
    build::ImageRecords(settings.state.image_records()).forget(limit);
    build::forget_traces(settings.state, limit);
}

void verify_layer(const build::LayerCache& cache,
                  const base::Sha256Digest& key,
                  const base::Cancellation& cancellation) {
    const auto layer = cache.find(key, std::chrono::hours(24 * 36500));
    if (!layer) {
        return;
    }
    build::LayerCache::verify_overlays(*layer, cancellation);
    vm::verify_memory_state(layer->memory_folder(), cancellation);
}

// Published VHDs and base disks are copies that a damaged chunk may be mended from.
std::vector<artifact::DiskCopy> copies_of_disks(LocalStore& store) {
    std::vector<artifact::DiskCopy> copies;
    constexpr std::string_view kFile = "file://";
    for (const auto& vhd : store.images().vhds()) {
        if (vhd.uri.starts_with(kFile)) {
            copies.push_back({vhd.content.digest, vhd.uri.substr(kFile.size())});
        }
    }
    return copies;
}

// False if an image is damaged beyond repair.
bool verify_images(const Settings& settings, const base::Cancellation& cancellation) {
    LocalStore store(settings);
    const auto result = store.storage().verify(copies_of_disks(store), cancellation);
    for (const auto& problem : result.problems) {
        fmt::print("{}\n", problem);
    }
    std::set<base::Sha256Digest> lost;
    for (const auto& chunk : result.damaged) {
        lost.insert(chunk.disk);
    }
    for (const auto& disk : lost) {
        fmt::print(
            "disk {} is damaged and no copy of the damaged part was found: delete the images "
            "that use it and build them again\n",
            disk.hex());
    }
    fmt::print("{} chunks of images were read, {} repaired, {} lost\n",
               result.chunks,
               result.repaired,
               result.damaged.size());
    return lost.empty();
}

// Copies of stored disks as files, made when somebody built on them or booted them.
base::ByteCount raw_file_size(LocalStore& store) {
    base::ByteCount size;
    for (const auto& file : store.storage().raw_files()) {
        size = size + file.size;
    }
    return size;
}

void erase_raw_files(LocalStore& store) {
    for (const auto& file : store.storage().raw_files()) {
        static_cast<void>(store.storage().erase_raw_file(file.disk));
    }
    static_cast<void>(store.storage().collect());
}

}  // namespace

ExitCode cache_show_command(const Settings& settings, OutputForm output) {
    const build::LayerCache cache(settings.state.layers());
    const auto policy = build::cache_policy_from_environment();
    boost::json::array layers;
    for (const auto& entry : cache.list()) {
        output == OutputForm::Json ? layers.push_back(to_json(entry)) : print(entry);
    }
    if (output != OutputForm::Json) {
        fmt::print("layers     {:>10} of {}, used until {} h old\n",
                   base::to_string(cache.size()),
                   base::to_string(policy.size),
                   std::chrono::duration_cast<std::chrono::hours>(policy.max_age).count());
    }
    LocalStore store(settings);
    boost::json::object others{{"disks", raw_file_size(store).bytes()}};
    if (output != OutputForm::Json) {
        fmt::print("{:10} {:>10} published disks as files, for builds on them\n",
                   "disks",
                   base::to_string(raw_file_size(store)));
    }
    for (const auto& part : other_parts(settings)) {
        const auto size = size_of(part.folder);
        others[part.name] = size.bytes();
        if (output != OutputForm::Json) {
            fmt::print("{:10} {:>10} {}\n", part.name, base::to_string(size), part.about);
        }
    }
    if (output == OutputForm::Json) {
        fmt::print("{}",
                   base::pretty_json(boost::json::object{{"layers", layers},
                                                         {"layerBytes", cache.size().bytes()},
                                                         {"layerLimit", policy.size.bytes()},
                                                         {"other", others}}));
    }
    return ExitCode::Success;
}

ExitCode cache_prune_command(const Settings& settings, const std::string& keep) {
    const build::LayerCache cache(settings.state.layers());
    const auto policy = build::cache_policy_from_environment();
    const auto before = cache.size();
    static_cast<void>(cache.drop_unreadable());
    if (keep.empty()) {
        forget_older_than(settings, cache, policy.max_age);
        build::prune_layers(cache, policy.size);
    } else if (const auto wanted = keep_from(keep);
               const auto* age = std::get_if<std::chrono::seconds>(&wanted)) {
        forget_older_than(settings, cache, *age);
    } else {
        const auto size = std::get<base::ByteCount>(wanted);
        build::prune_layers(cache, size);
        if (size == base::ByteCount()) {
            forget_older_than(settings, cache, std::chrono::seconds(0));
        }
    }
    LocalStore store(settings);
    erase_raw_files(store);
    const auto after = cache.size();
    fmt::print("freed {}, {} of layers are kept\n",
               base::to_string(base::ByteCount(before.bytes() - std::min(before, after).bytes())),
               base::to_string(after));
    return ExitCode::Success;
}

ExitCode cache_verify_command(const Settings& settings, const base::Cancellation& cancellation) {
    const build::LayerCache cache(settings.state.layers());
    std::size_t whole = 0;
    std::size_t damaged = 0;
    for (const auto& folder : cache.drop_unreadable()) {
        ++damaged;
        fmt::print("layer {} is damaged and was dropped: it cannot be read\n",
                   folder.filename().string().substr(0, 12));
    }
    for (const auto& entry : cache.list()) {
        try {
            verify_layer(cache, entry.facts.key, cancellation);
            ++whole;
        } catch (const Error& error) {
            ++damaged;
            const bool dropped = cache.drop(entry.facts.key);
            fmt::print("layer {} is damaged and {}: {}\n",
                       entry.facts.key.hex().substr(0, 12),
                       dropped ? "was dropped" : "is in use, so it stays",
                       error.message());
        }
    }
    fmt::print("{} layers are whole, {} were damaged\n", whole, damaged);
    return verify_images(settings, cancellation) ? ExitCode::Success : ExitCode::Internal;
}

}  // namespace ingot::cli
