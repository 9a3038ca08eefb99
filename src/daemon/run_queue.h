// SPDX-License-Identifier: Apache-2.0
// Gives waiting runs their workers, never more at once than the host is to carry, and one
// subscription its turn after the other. Workers outlive the service: what an earlier service
// started is found by its lock and counted. What a run does is the worker's business.
#pragma once

#include "artifact/artifact_storage.h"
#include "base/cancellation.h"
#include "build/run_repository.h"
#include "build/state_folder.h"
#include "execution/local_executor.h"
#include "gallery/image_repository.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ingot::daemon {

class RunQueue {
  public:
    struct Services {
        build::RunRepository& runs;
        gallery::ImageRepository& images;
        const artifact::ArtifactStorage& storage;
        const build::StateFolder& folder;
        const execution::LocalExecutor& executor;
        // Called when a worker has committed something to its journal.
        std::function<void()> on_progress;
    };

    struct Counts {
        std::size_t running = 0;
        std::size_t waiting = 0;
    };

    // Begins at once, with what an earlier service left.
    RunQueue(Services services, std::size_t limit);
    // Workers go on.
    ~RunQueue();
    RunQueue(const RunQueue&) = delete;
    RunQueue& operator=(const RunQueue&) = delete;

    // A run was recorded. Returns at once.
    void wake();

    // Ends a waiting run here and now, and asks the worker of a running one to. A run that is over
    // stays as it is.
    void cancel(const std::string& run_id);

    [[nodiscard]] Counts counts() const;

  private:
    void serve();
    void look();
    void reap();
    void start_waiting(const std::vector<build::Run>& unfinished);
    void start(const build::Run& run);
    void wait_for_news();

    Services services_;
    std::size_t limit_;
    base::Cancellation stop_;
    os::Pipe bell_;
    mutable std::mutex mutex_;  // guards what follows, and each run's step from waiting to started
    std::map<std::string, execution::LocalWorker> workers_;
    Counts counts_;
    std::chrono::steady_clock::time_point swept_{};
    std::jthread thread_;
};

}  // namespace ingot::daemon
