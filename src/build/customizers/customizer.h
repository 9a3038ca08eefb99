// SPDX-License-Identifier: Apache-2.0
// One step that changes (or, as a validator, checks) the guest. prepare() fetches and verifies
// what the step needs before any VM is started; run() does the work in the guest. Adding a kind is
// one new file in this folder and one line in customizer.cpp. Order, journal and blame are the
// pipeline's job.
#pragma once

#include "base/cancellation.h"
#include "base/error.h"
#include "build/step_input.h"
#include "guest/communicator.h"
#include "templates/model.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::build {

struct PrepareContext {
    std::filesystem::path template_folder;  // what relative URIs mean
    std::filesystem::path scratch;          // empty folder of this step alone
    const base::Cancellation& cancellation;
};

struct StepContext {
    guest::Communicator& guest;
    guest::OutputHandler on_output;
    const base::Cancellation& cancellation;
};

class Customizer {
  public:
    Customizer() = default;
    virtual ~Customizer() = default;
    Customizer(const Customizer&) = delete;
    Customizer& operator=(const Customizer&) = delete;

    // "Shell", "File": the template's type.
    [[nodiscard]] virtual std::string type() const = 0;

    // Throws Error{NotFound, "ArtifactNotFound"}, {InvalidArgument, "ChecksumMismatch"} and what
    // artifact::fetch throws.
    virtual void prepare(const PrepareContext& context) = 0;

    // All that decides what run() does, by content: bytes, not the URLs they came from. After
    // prepare().
    [[nodiscard]] virtual StepInputs inputs() const = 0;

    // Throws GuestCommandFailed, and what the communicator throws.
    virtual void run(const StepContext& context) = 0;
};

// Throws Error{Unsupported, "UnsupportedCustomizerType"} for a kind this guest cannot run.
[[nodiscard]] std::unique_ptr<Customizer> make_customizer(const templates::Step& step,
                                                          const std::string& os_type);

// A script of the template ended with another exit code than 0.
class GuestCommandFailed : public base::Error {
  public:
    GuestCommandFailed(int exit_code, const std::string& last_lines);

    [[nodiscard]] int exit_code() const { return exit_code_; }

  private:
    int exit_code_;
};

// Uploads a script, runs it as the build user and removes it again, as Packer's shell provisioner
// (and so the service) does. Throws GuestCommandFailed.
void run_script_in_guest(std::string_view script, const StepContext& context);

}  // namespace ingot::build
