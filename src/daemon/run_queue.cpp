// SPDX-License-Identifier: Apache-2.0
#include "daemon/run_queue.h"

#include "base/error.h"
#include "build/recovery.h"
#include "daemon/log.h"
#include "os/wait.h"
#include "resources/request_path.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace ingot::daemon {
namespace {

// How long the end of a worker that an earlier service started may go unnoticed.
constexpr auto kLookForRunsEvery = std::chrono::seconds(1);
constexpr auto kSweepEvery = std::chrono::minutes(1);

std::string subscription_of(const build::Run& run) {
    const auto path = resources::RequestPath::parse(run.template_key);
    return path ? path->subscription : "";
}

// The oldest run of the subscription that has the fewest running.
std::vector<build::Run>::iterator next_of(std::vector<build::Run>& waiting,
                                          std::map<std::string, std::size_t>& running) {
    return std::ranges::min_element(waiting, [&](const build::Run& a, const build::Run& b) {
        return std::pair(running[subscription_of(a)], a.started) <
               std::pair(running[subscription_of(b)], b.started);
    });
}

}  // namespace

RunQueue::RunQueue(Services services, std::size_t limit)
    : services_(std::move(services)), limit_(limit), bell_(os::make_pipe()) {
    os::set_nonblocking(bell_.read_end.get());
    os::set_nonblocking(bell_.write_end.get());
    thread_ = std::jthread([this] { serve(); });
}

RunQueue::~RunQueue() {
    stop_.cancel(base::CancelCause::User);
    thread_.join();
    for (auto& [id, worker] : workers_) {
        worker.leave_running();
    }
}

void RunQueue::wake() {
    [[maybe_unused]] const auto ignored = ::write(bell_.write_end.get(), "!", 1);
}

RunQueue::Counts RunQueue::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

void RunQueue::cancel(const std::string& run_id) {
    const std::lock_guard lock(mutex_);
    auto run = services_.runs.find(run_id);
    if (!run || build::is_final(run->state)) {
        return;
    }
    if (build::is_waiting(*run, services_.folder)) {
        run->state = build::RunState::Canceled;
        run->sub_state = build::RunSubState::None;
        run->ended = base::now();
        run->failure = {
            build::FailureCause::Canceled, "Canceled", "the run was canceled before it began", ""};
        services_.runs.update(*run);
        return;
    }
    run->state = build::RunState::Canceling;
    services_.runs.update(*run);
    try {
        execution::ask_worker_to_cancel(services_.folder, run_id);
    } catch (const base::Error& error) {
        // Its worker has just ended; what became of the run is on record, or soon will be.
        log(Level::Info, "queue", error.message());
    }
    wake();
}

void RunQueue::serve() {
    try {
        while (true) {
            try {
                look();
            } catch (const base::Error& error) {
                // The database may be away for a moment; runs wait.
                log(Level::Error, "queue", error.message());
            }
            wait_for_news();
        }
    } catch (const base::Cancelled&) {
    }
}

void RunQueue::look() {
    const std::lock_guard lock(mutex_);
    reap();
    const auto now = std::chrono::steady_clock::now();
    if (swept_ == std::chrono::steady_clock::time_point{} || now - swept_ > kSweepEvery) {
        for (const auto& id : build::recover(
                 {services_.runs, services_.images, services_.storage, services_.folder})) {
            log(Level::Error, "queue", fmt::format("the worker of run {} died", id));
        }
        swept_ = now;
    }
    start_waiting(services_.runs.unfinished());
}

// What ended: its run is looked at at once, since a worker that was killed could not record it.
void RunQueue::reap() {
    for (auto worker = workers_.begin(); worker != workers_.end();) {
        const bool ended = worker->second.has_ended();
        worker = ended ? workers_.erase(worker) : std::next(worker);
        swept_ = ended ? std::chrono::steady_clock::time_point{} : swept_;
    }
}

void RunQueue::start_waiting(const std::vector<build::Run>& unfinished) {
    std::map<std::string, std::size_t> running;
    std::vector<build::Run> waiting;
    counts_ = {};
    bool found_dead = false;
    for (const auto& run : unfinished) {
        if (build::is_waiting(run, services_.folder)) {
            waiting.push_back(run);
        } else if (build::has_live_worker(run.id, services_.folder)) {
            ++running[subscription_of(run)];
            ++counts_.running;
        } else {
            found_dead = true;
        }
    }
    if (found_dead) {
        swept_ = {};
    }
    while (counts_.running < limit_ && !waiting.empty()) {
        const auto next = next_of(waiting, running);
        start(*next);
        ++running[subscription_of(*next)];
        ++counts_.running;
        waiting.erase(next);
    }
    counts_.waiting = waiting.size();
}

void RunQueue::start(const build::Run& run) {
    workers_.emplace(run.id, services_.executor.start_recorded(run.id));
    log(Level::Info, "queue", fmt::format("run {} of {} began", run.id, run.template_name));
}

void RunQueue::wait_for_news() {
    std::vector<pollfd> fds = {{bell_.read_end.get(), POLLIN, 0}};
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, worker] : workers_) {
            fds.push_back({worker.pidfd(), POLLIN, 0});
            fds.push_back({worker.doorbell(), POLLIN, 0});
        }
    }
    if (!os::wait_for_any(fds, stop_, kLookForRunsEvery)) {
        return;
    }
    bool progress = false;
    std::array<char, 4096> rings{};
    for (std::size_t i = 0; i < fds.size(); ++i) {
        const bool is_pipe = i % 2 == 0;
        if (is_pipe && (fds[i].revents & POLLIN) != 0) {
            [[maybe_unused]] const auto count = ::read(fds[i].fd, rings.data(), rings.size());
            progress |= i > 0;
        }
    }
    if (progress) {
        services_.on_progress();
    }
}

}  // namespace ingot::daemon
