// SPDX-License-Identifier: Apache-2.0
// One step of a run: on record from its start to its end, with what failed and whose fault it was.
// What a step does is the pipeline's business; private to build/.
#pragma once

#include "base/cancellation.h"
#include "base/error.h"
#include "build/customizers/customizer.h"
#include "build/failure.h"
#include "build/journal.h"
#include "guest/communicator.h"
#include "os/files.h"
#include "templates/model.h"

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace ingot::build {

struct PreparedStep {
    std::string id;     // customize[2]
    std::string title;  // Shell: install nginx
    std::unique_ptr<Customizer> customizer;
};

struct StepSources {
    std::string kind;  // customize or validate
    std::string os_type;
    os::Path template_folder;  // what relative URIs mean
    os::Path scratch;          // exists; gets a folder for each step
};

// Fetches and verifies what the steps need. Throws RunFailed, which names the step.
[[nodiscard]] std::vector<PreparedStep> prepare_steps(const std::vector<templates::Step>& steps,
                                                      const StepSources& sources,
                                                      const base::Cancellation& cancellation);

// The usual cause unless the error is of another kind: a guest that went away is not its script's
// fault, nor is a full disk.
[[nodiscard]] FailureCause cause_of(const base::Error& error, FailureCause usual);
[[nodiscard]] std::optional<int> exit_code_of(const base::Error& error);

class StepRecorder {
  public:
    // Both must outlive this.
    StepRecorder(Journal& journal, const base::Cancellation& scope)
        : journal_(journal), scope_(scope) {}

    // Throws RunFailed and Cancelled.
    template <typename Body>
    auto run(const std::string& id, const std::string& title, FailureCause cause, Body&& body)
        -> decltype(body()) {
        journal_.start_step(id, title);
        try {
            if constexpr (std::is_void_v<decltype(body())>) {
                body();
                journal_.finish_step(id, true);
            } else {
                auto result = body();
                journal_.finish_step(id, true);
                return result;
            }
        } catch (const base::Cancelled& cancelled) {
            journal_.finish_step(id, false, cancelled.what());
            throw;
        } catch (const base::Error& error) {
            journal_.finish_step(id, false, error.message(), exit_code_of(error));
            scope_.throw_if_cancelled();  // what fails because the time is up is a timeout
            throw RunFailed({cause_of(error, cause), error.code(), error.message(), id});
        }
    }

    void note(const std::string& id, const std::string& text) { journal_.note(id, text); }

    [[nodiscard]] guest::OutputHandler output_of(const std::string& id);

    [[nodiscard]] const base::Cancellation& scope() const { return scope_; }

    [[nodiscard]] Journal& journal() { return journal_; }

  private:
    Journal& journal_;
    const base::Cancellation& scope_;
};

}  // namespace ingot::build
