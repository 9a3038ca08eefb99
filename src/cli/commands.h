// SPDX-License-Identifier: Apache-2.0
// The verbs of `ingot`, one .cpp each, as functions from plain options to an exit code. Parsing the
// command line is main/main.cpp's job. All of them may throw Error and Cancelled; main turns those
// into a message and an exit code.
#pragma once

#include "base/cancellation.h"
#include "build/run.h"
#include "cli/exit_code.h"
#include "cli/output_form.h"
#include "cli/settings.h"
#include "cli/template_file.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::cli {

struct BuildOptions {
    TemplateArguments image_template;
    OutputForm output = OutputForm::Automatic;
    bool keep_vm_on_error = false;
    build::BuildChoices choices{};
    // How this program was called before its verb, for commands that a message proposes.
    std::string program_words = "ingot";
};

struct PlanOptions {
    bool explain = false;
};

struct DebugOptions {
    std::string run;
    std::optional<int> step;  // absent: the one that failed
    std::string command;      // empty: an interactive shell
};

// Ctrl-C cancels the run and waits for its end; a second one ends it at once. Hears signals itself.
[[nodiscard]] ExitCode build_command(const Settings& settings, const BuildOptions& options);

// Which steps come from cache and which will run. Starts no VM and makes no base image.
[[nodiscard]] ExitCode plan_command(const Settings& settings,
                                    const BuildOptions& options,
                                    const PlanOptions& plan,
                                    const base::Cancellation& cancellation);
// Builds the template of that run as it is now.
[[nodiscard]] ExitCode retry_command(const Settings& settings,
                                     const std::string& run_id,
                                     BuildOptions options);
// A shell in a machine that goes on from the state before a step, and leaves no trace.
[[nodiscard]] ExitCode debug_command(const Settings& settings,
                                     const DebugOptions& options,
                                     const base::Cancellation& cancellation);

[[nodiscard]] ExitCode cache_show_command(const Settings& settings, OutputForm output);
// `keep` is a size (10G) or an age (2d); empty: as the cache is set.
[[nodiscard]] ExitCode cache_prune_command(const Settings& settings, const std::string& keep);
[[nodiscard]] ExitCode cache_verify_command(const Settings& settings,
                                            const base::Cancellation& cancellation);

// Carries out one run; executors start it. Ends by SIGTERM or when its lifeline is cut.
[[nodiscard]] ExitCode worker_command(const Settings& settings, const std::string& run_id);

[[nodiscard]] ExitCode template_check_command(const TemplateArguments& arguments,
                                              OutputForm output);

struct ImageBootOptions {
    std::string id;
    std::string command;   // empty: an interactive shell
    bool console = false;  // show the serial console while it boots
};

struct ImageExportOptions {
    std::string id;
    std::string format;  // raw, qcow2, vhd
    std::string file;
};

struct ImageDiffOptions {
    std::string before;
    std::string after;
    std::vector<std::string> excluded{};  // paths that do not matter
    bool all = false;                     // every file in the text
    bool times = false;
    bool exit_code = false;  // differences exit Different
};

[[nodiscard]] ExitCode image_list_command(const Settings& settings, OutputForm output);
[[nodiscard]] ExitCode image_show_command(const Settings& settings, const std::string& id);
[[nodiscard]] ExitCode image_delete_command(const Settings& settings, const std::string& id);
[[nodiscard]] ExitCode image_boot_command(const Settings& settings,
                                          const ImageBootOptions& options,
                                          const base::Cancellation& cancellation);
[[nodiscard]] ExitCode image_export_command(const Settings& settings,
                                            const ImageExportOptions& options,
                                            const base::Cancellation& cancellation);
// Starts nothing and mounts nothing; needs no more rights than reading the store.
[[nodiscard]] ExitCode image_diff_command(const Settings& settings,
                                          const ImageDiffOptions& options,
                                          OutputForm output,
                                          const base::Cancellation& cancellation);

[[nodiscard]] ExitCode catalog_list_command(const Settings& settings,
                                            OutputForm output,
                                            const base::Cancellation& cancellation);
[[nodiscard]] ExitCode catalog_pull_command(const Settings& settings,
                                            const std::string& urn,
                                            bool refresh,
                                            const base::Cancellation& cancellation);

[[nodiscard]] ExitCode run_list_command(const Settings& settings, OutputForm output);
[[nodiscard]] ExitCode run_show_command(const Settings& settings, const std::string& id);
// With `follow`, until the run's end.
[[nodiscard]] ExitCode run_logs_command(const Settings& settings,
                                        const std::string& id,
                                        bool follow,
                                        const base::Cancellation& cancellation);
[[nodiscard]] ExitCode run_cancel_command(const Settings& settings, const std::string& id);
[[nodiscard]] ExitCode run_shell_command(const Settings& settings,
                                         const std::string& id,
                                         const base::Cancellation& cancellation);

[[nodiscard]] ExitCode doctor_command(const Settings& settings,
                                      const base::Cancellation& cancellation);

}  // namespace ingot::cli
