// SPDX-License-Identifier: Apache-2.0
// Carries runs out on this host: each by a worker process of its own (`ingot worker RUN-ID`), in
// its own process group, which proves that it lives by a lock that it inherits. Worker and client
// speak only through the store; a doorbell says when there is something new to read.
#pragma once

#include "base/cancellation.h"
#include "build/run.h"
#include "build/run_repository.h"
#include "build/state_folder.h"
#include "os/child_process.h"
#include "os/fd.h"
#include "os/file_lock.h"
#include "os/files.h"

#include <csignal>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ingot::execution {

// The numbers of the descriptors that a worker inherits.
inline constexpr int kLockFd = 3;
inline constexpr int kDoorbellFd = 4;  // the worker writes a byte after each commit
inline constexpr int kLifelineFd = 5;  // hangs up when the process that wants the result is gone

class LocalWorker {
  public:
    LocalWorker(os::Child process, os::Path lock, os::Fd doorbell, os::Fd lifeline);

    // Calls `look` whenever the worker has committed something, and once more after it has ended;
    // returns its exit status when nothing holds its lock any more, so that recovery sees it dead.
    // Throws Cancelled and leaves the worker running.
    // Also calls `look` when nothing happened for a moment, for clocks on a screen.
    os::ExitStatus follow(const std::function<void()>& look,
                          const base::Cancellation& cancellation);

    // The worker ends its run as Canceled and exits by itself.
    void ask_to_cancel() const { process_.send_signal(SIGTERM); }

    // It goes on without this process.
    void leave_running() { process_.leave_running(); }

    // The kernel ends everything it started with it.
    void kill() const { process_.send_signal(SIGKILL); }

    [[nodiscard]] pid_t pid() const { return process_.pid(); }

    // For who waits for several workers at once: readable when it has ended, and when it has
    // committed something.
    [[nodiscard]] int pidfd() const { return process_.pidfd(); }

    [[nodiscard]] int doorbell() const { return doorbell_.get(); }

    [[nodiscard]] bool has_ended() { return process_.poll().has_value(); }

  private:
    os::Child process_;
    os::Path lock_;
    os::Fd doorbell_;
    os::Fd lifeline_;
};

class LocalExecutor {
  public:
    // `program` is the ingot binary; `arguments` go between "worker" and the run's id;
    // `environment` is added to that of this process.
    LocalExecutor(const build::StateFolder& folder,
                  os::Path program,
                  std::vector<std::string> arguments,
                  std::map<std::string, std::string> environment = {});

    // Records the run and starts its worker. From then on the run ends by itself, whatever happens
    // to the worker: see build/recovery.h.
    [[nodiscard]] LocalWorker start(const build::Run& run, build::RunRepository& runs) const;

    // Starts the worker of a run that is on record. It outlives this process and goes on without
    // it.
    [[nodiscard]] LocalWorker start_recorded(const std::string& run_id) const;

  private:
    [[nodiscard]] os::FileLock lock_for(const std::string& run_id) const;
    [[nodiscard]] LocalWorker spawn(const std::string& run_id,
                                    const os::FileLock& lock,
                                    os::Pipe lifeline) const;

    const build::StateFolder& folder_;
    os::Path program_;
    std::vector<std::string> arguments_;
    std::map<std::string, std::string> environment_;
};

// What a worker does first: keeps what it inherited from its own children (a QEMU that held the
// lock would make a dead worker look alive) and writes into its lock who holds it.
void become_worker();

// For another process: the SIGTERM that makes the worker of this run cancel it. Throws
// Error{NotFound, "WorkerNotFound"} if no live worker holds the lock.
void ask_worker_to_cancel(const build::StateFolder& folder, const std::string& run_id);

}  // namespace ingot::execution
