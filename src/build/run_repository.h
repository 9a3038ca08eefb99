// SPDX-License-Identifier: Apache-2.0
// Where runs and their journals are kept, as build/ and execution/ need it; store/ implements it.
// Each call is one transaction and durable on return. Safe to use from several processes and
// threads at once.
#pragma once

#include "build/run.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ingot::build {

class RunRepository {
  public:
    RunRepository() = default;
    virtual ~RunRepository() = default;
    RunRepository(const RunRepository&) = delete;
    RunRepository& operator=(const RunRepository&) = delete;

    // Throws Error{Conflict, "RunInProgress"} if another run of the same template_key has no final
    // state yet.
    virtual void create(const Run& run) = 0;
    [[nodiscard]] virtual std::optional<Run> find(const std::string& id) = 0;
    // Newest first.
    [[nodiscard]] virtual std::vector<Run> list() = 0;
    // Those without a final state.
    [[nodiscard]] virtual std::vector<Run> unfinished() = 0;
    // Of one image template resource, newest first, at most `limit`.
    [[nodiscard]] virtual std::vector<Run> runs_of(const std::string& template_key,
                                                   std::size_t limit) = 0;

    // Writes state, sub-state, exact_source, ended and failure. A run that already has a final
    // state is left as it is (whoever ends a run first wins), and one that is Canceling does not
    // become Running again; returns whether it was written.
    virtual bool update(const Run& run) = 0;

    // Appends in order; sequence numbers are assigned here.
    virtual void append(const std::string& run_id, std::span<const RunEvent> events) = 0;
    [[nodiscard]] virtual std::vector<RunEvent> events_after(const std::string& run_id,
                                                             std::int64_t sequence,
                                                             std::size_t limit) = 0;
};

}  // namespace ingot::build
