// SPDX-License-Identifier: Apache-2.0
#include "execution/local_executor.h"

#include "base/error.h"
#include "os/files.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ingot::execution {
namespace {

constexpr auto kGlance = std::chrono::milliseconds(250);

// Field 22 of /proc/<pid>/stat, proc(5): in clock ticks since boot. Tells a process from a later
// one with the same number.
std::string start_time_of(pid_t pid) {
    const auto stat = os::read_file("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string field;
    for (int i = 3; i <= 22; ++i) {
        fields >> field;
    }
    return field;
}

// A process that the worker forked and that had not come to its exec when the worker was killed has
// the worker's descriptors still, the lock's too. The kernel is about to end it.
void wait_until_free(const os::Path& lock, const base::Cancellation& cancellation) {
    if (std::filesystem::exists(lock)) {
        [[maybe_unused]] const auto held = os::FileLock::acquire(lock, cancellation);
    }
}

}  // namespace

LocalWorker::LocalWorker(os::Child process, os::Path lock, os::Fd doorbell, os::Fd lifeline)
    : process_(std::move(process)),
      lock_(std::move(lock)),
      doorbell_(std::move(doorbell)),
      lifeline_(std::move(lifeline)) {}

os::ExitStatus LocalWorker::follow(const std::function<void()>& look,
                                   const base::Cancellation& cancellation) {
    while (true) {
        std::array<pollfd, 2> fds = {pollfd{process_.pidfd(), POLLIN, 0},
                                     pollfd{doorbell_.get(), POLLIN, 0}};
        [[maybe_unused]] const bool event = os::wait_for_any(fds, cancellation, kGlance);
        if (fds[1].revents != 0) {
            std::array<char, 4096> rings{};
            [[maybe_unused]] const auto count = ::read(doorbell_.get(), rings.data(), rings.size());
        }
        look();
        const bool hung_up = (fds[1].revents & (POLLHUP | POLLIN)) == POLLHUP;
        if (fds[0].revents != 0 || hung_up) {
            const auto status = process_.wait(cancellation);
            wait_until_free(lock_, cancellation);
            look();
            return status;
        }
    }
}

LocalExecutor::LocalExecutor(const build::StateFolder& folder,
                             os::Path program,
                             std::vector<std::string> arguments,
                             std::map<std::string, std::string> environment)
    : folder_(folder),
      program_(std::move(program)),
      arguments_(std::move(arguments)),
      environment_(std::move(environment)) {}

// Locked under another name first: nobody may find the lock file while it is not yet held.
os::FileLock LocalExecutor::lock_for(const std::string& run_id) const {
    os::make_folders(folder_.runs());
    const auto making = folder_.runs() / ("." + run_id + ".lock");
    auto lock = os::FileLock::acquire(making, base::Cancellation());
    std::filesystem::rename(making, folder_.worker_lock(run_id));
    return lock;
}

LocalWorker LocalExecutor::start(const build::Run& run, build::RunRepository& runs) const {
    const auto lock = lock_for(run.id);
    runs.create(run);
    return spawn(run.id, lock, os::make_pipe());
}

LocalWorker LocalExecutor::start_recorded(const std::string& run_id) const {
    const auto lock = lock_for(run_id);
    // A counter that nobody raises has no event and no other end: nobody's end is the worker's.
    return spawn(run_id, lock, {os::Fd(::eventfd(0, EFD_CLOEXEC)), os::Fd()});
}

LocalWorker LocalExecutor::spawn(const std::string& run_id,
                                 const os::FileLock& lock,
                                 os::Pipe lifeline) const {
    auto doorbell = os::make_pipe();
    os::set_nonblocking(doorbell.write_end.get());
    os::set_nonblocking(doorbell.read_end.get());
    os::ProcessSpec spec;
    spec.argv = {program_.string(), "worker"};
    spec.argv.insert(spec.argv.end(), arguments_.begin(), arguments_.end());
    spec.argv.push_back(run_id);
    spec.env = environment_;
    // A worker outlives whoever started it for as long as it needs to end its run.
    spec.dies_with_parent = false;
    spec.standard_error = os::Stream::Inherit;
    spec.fds = {{lock.fd(), kLockFd},
                {doorbell.write_end.get(), kDoorbellFd},
                {lifeline.read_end.get(), kLifelineFd}};
    auto process = os::Child::start(spec);
    return {std::move(process),
            folder_.worker_lock(run_id),
            std::move(doorbell.read_end),
            std::move(lifeline.write_end)};
}

void become_worker() {
    for (const int inherited : {kLockFd, kDoorbellFd, kLifelineFd}) {
        os::set_close_on_exec(inherited);
    }
    const auto text = std::to_string(::getpid()) + " " + start_time_of(::getpid()) + "\n";
    if (::pwrite(kLockFd, text.data(), text.size(), 0) < 0) {
        throw base::SystemError(errno, "signing the worker's lock");
    }
}

void ask_worker_to_cancel(const build::StateFolder& folder, const std::string& run_id) {
    pid_t pid = 0;
    std::string start_time;
    std::istringstream(os::read_file(folder.worker_lock(run_id))) >> pid >> start_time;
    if (pid <= 0 || start_time_of(pid) != start_time || ::kill(pid, SIGTERM) != 0) {
        throw base::Error(base::ErrorKind::NotFound,
                          "WorkerNotFound",
                          "no live worker carries out run " + run_id,
                          run_id);
    }
}

}  // namespace ingot::execution
