// SPDX-License-Identifier: Apache-2.0
// What a run tells the world while it goes on: steps as they start and finish, the guest's output
// line by line. Events are gathered for a moment and written in small batches, one commit each; a
// step's end is committed before finish() returns, so no step begins before its predecessor is on
// record. Deciding what a failure means is the pipeline's job. Safe to use from several threads.
#pragma once

#include "build/run.h"
#include "build/run_repository.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ingot::build {

class Journal {
  public:
    // `on_commit` runs after each batch is durable, on whichever thread wrote it; it must not
    // block.
    Journal(RunRepository& repository, std::string run_id, std::function<void()> on_commit);
    // Writes what is left; a database that cannot be written any more is not an error here.
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    void start_step(const std::string& step, const std::string& title);
    // Durable on return.
    void finish_step(const std::string& step,
                     bool succeeded,
                     const std::string& cause = {},
                     std::optional<int> exit_code = std::nullopt);
    void output(const std::string& step, OutputStream stream, std::string_view line);
    void note(const std::string& step, const std::string& text);

    // Writes the run's state together with everything said before it.
    bool update(const Run& run);
    void flush();

  private:
    void add(RunEvent event);
    void write_pending();  // with mutex_ held
    void write_in_background(const std::stop_token& stop);

    RunRepository& repository_;
    std::string run_id_;
    std::function<void()> on_commit_;
    std::mutex mutex_;
    std::condition_variable_any something_pending_;
    std::vector<RunEvent> pending_;
    // Declared last: it uses everything above.
    std::jthread writer_;
};

}  // namespace ingot::build
