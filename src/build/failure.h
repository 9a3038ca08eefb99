// SPDX-License-Identifier: Apache-2.0
// How a run fails: an Error from below becomes a RunFailed that says which part of the run it was.
// Thrown only inside build/; the pipeline catches it and records the RunFailure.
#pragma once

#include "base/error.h"
#include "build/run.h"

#include <exception>
#include <string>
#include <utility>

namespace ingot::build {

class RunFailed : public std::exception {
  public:
    explicit RunFailed(RunFailure failure) : failure_(std::move(failure)) {}

    [[nodiscard]] const RunFailure& failure() const { return failure_; }

    [[nodiscard]] const char* what() const noexcept override { return failure_.message.c_str(); }

  private:
    RunFailure failure_;
};

// Runs `body`; an Error that leaves it becomes a RunFailed of this cause at this step.
template <typename Body>
auto blame(FailureCause cause, const std::string& step, Body&& body) -> decltype(body()) {
    try {
        return std::forward<Body>(body)();
    } catch (const base::Error& error) {
        throw RunFailed({cause, error.code(), error.message(), step});
    }
}

}  // namespace ingot::build
