// SPDX-License-Identifier: Apache-2.0
#include "build/recovery.h"

#include "build/layers/layer_cache.h"
#include "os/file_lock.h"
#include "os/files.h"

#include <filesystem>
#include <optional>
#include <set>

namespace ingot::build {
namespace {

void record_death(RunRepository& runs, Run run) {
    run.state = RunState::Failed;
    run.sub_state = RunSubState::None;
    run.ended = base::now();
    run.failure = {FailureCause::WorkerDied,
                   "WorkerDied",
                   "the worker of this run was killed or crashed before the run ended; nothing of "
                   "it was published that is not listed among its outputs",
                   ""};
    runs.update(run);
}

// The ids for which something lies in runs/: a folder, a lock, or both.
std::set<std::string> ids_in(const std::filesystem::path& runs) {
    std::set<std::string> ids;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(runs, ignored)) {
        const auto name = entry.path().filename();
        if (name.string().starts_with(".")) {
            continue;  // a lock that is being made (execution/local_executor.cpp)
        }
        ids.insert(name.extension() == ".lock" ? name.stem().string() : name.string());
    }
    return ids;
}

// Staging folders are named <run id> or <run id>-<what>.
std::string run_of_staging(const std::string& name) {
    constexpr std::size_t kUuidLength = 36;
    return name.substr(0, kUuidLength);
}

void remove_unlisted_vhds(const RecoveryServices& services) {
    std::set<std::string> listed;
    for (const auto& vhd : services.images.vhds()) {
        listed.insert(vhd.name);
    }
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(services.folder.vhds(), ignored)) {
        const bool being_published = std::filesystem::hard_link_count(entry.path(), ignored) > 1;
        if (!being_published && !listed.contains(entry.path().filename().string())) {
            os::remove_tree(entry.path());
        }
    }
}

// Disks that a run stored and never published, and those whose image went while a run held them.
void remove_unused_disks(const RecoveryServices& services) {
    for (const auto& disk : services.storage.list()) {
        services.storage.erase_unused(disk, [&] { return services.images.uses(disk); });
    }
    for (const auto& raw : services.storage.raw_files()) {
        if (!services.storage.has(raw.disk)) {
            static_cast<void>(services.storage.erase_raw_file(raw.disk));
        }
    }
    services.storage.collect_if_needed();
}

}  // namespace

bool is_waiting(const Run& run, const StateFolder& folder) {
    return !run.template_key.empty() && run.sub_state == RunSubState::Queued &&
           !is_final(run.state) && !std::filesystem::exists(folder.worker_lock(run.id));
}

bool has_live_worker(const std::string& run_id, const StateFolder& folder) {
    const auto lock = folder.worker_lock(run_id);
    return std::filesystem::exists(lock) && !os::FileLock::try_acquire(lock);
}

std::vector<std::string> recover(const RecoveryServices& services) {
    os::make_folders(services.folder.runs());
    std::vector<std::string> dead;
    for (const auto& run : services.runs.unfinished()) {
        if (!is_waiting(run, services.folder) && !has_live_worker(run.id, services.folder)) {
            record_death(services.runs, run);
            dead.push_back(run.id);
        }
    }
    for (const auto& id : ids_in(services.folder.runs())) {
        if (!has_live_worker(id, services.folder)) {
            os::remove_tree(services.folder.run(id));
            os::remove_tree(services.folder.worker_lock(id));
        }
    }
    services.storage.sweep_staging([&](const std::string& name) {
        return !has_live_worker(run_of_staging(name), services.folder);
    });
    LayerCache(services.folder.layers()).sweep([&](const std::string& run_id) {
        return !has_live_worker(run_id, services.folder);
    });
    remove_unlisted_vhds(services);
    remove_unused_disks(services);
    return dead;
}

}  // namespace ingot::build
