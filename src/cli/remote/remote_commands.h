// SPDX-License-Identifier: Apache-2.0
// The verbs that are carried out by a service, over the same REST API that az and the SDKs use. As
// in commands.h; which service it is says service_address.h. With OutputForm::Json they print what
// the service answered.
#pragma once

#include "base/cancellation.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/remote/service_options.h"
#include "cli/settings.h"

#include <string>

namespace ingot::cli {

// What every one of them gets.
struct Remote {
    const Settings& settings;
    const ServiceOptions& service;
    OutputForm output = OutputForm::Automatic;
    base::Cancellation scope{};
};

// Waits until the service has checked it and fetched its scripts. A template that the service
// refuses gives ExitCode::Template.
[[nodiscard]] ExitCode template_create_command(const Remote& remote,
                                               const TemplateArguments& arguments);
// Makes what the template names and the service lacks: resource groups, galleries, definitions, the
// identity and its role Contributor on the groups of the images. What is there stays as it is.
[[nodiscard]] ExitCode template_prepare_command(const Remote& remote,
                                                const TemplateArguments& arguments);
[[nodiscard]] ExitCode template_list_command(const Remote& remote);
[[nodiscard]] ExitCode template_show_command(const Remote& remote, const std::string& name);
// With `wait`, as run_watch_command of the new run.
[[nodiscard]] ExitCode template_run_command(const Remote& remote,
                                            const std::string& name,
                                            bool wait);
[[nodiscard]] ExitCode template_cancel_command(const Remote& remote, const std::string& name);
[[nodiscard]] ExitCode template_delete_command(const Remote& remote, const std::string& name);
// Of the last run.
[[nodiscard]] ExitCode template_outputs_command(const Remote& remote, const std::string& name);

// Shows the run until its end, with the exit codes of `ingot build`. Ctrl-C ends the watching, not
// the run.
[[nodiscard]] ExitCode run_watch_command(const Remote& remote, const std::string& run);
[[nodiscard]] ExitCode remote_run_list_command(const Remote& remote);
[[nodiscard]] ExitCode remote_run_show_command(const Remote& remote, const std::string& run);
[[nodiscard]] ExitCode remote_run_logs_command(const Remote& remote,
                                               const std::string& run,
                                               bool follow);
[[nodiscard]] ExitCode remote_run_cancel_command(const Remote& remote, const std::string& run);

[[nodiscard]] ExitCode gallery_list_command(const Remote& remote);
// A gallery with its definitions, or the definition of gallery/definition.
[[nodiscard]] ExitCode gallery_show_command(const Remote& remote, const std::string& name);
[[nodiscard]] ExitCode gallery_versions_command(const Remote& remote, const std::string& name);

[[nodiscard]] ExitCode remote_image_list_command(const Remote& remote);
[[nodiscard]] ExitCode remote_image_show_command(const Remote& remote, const std::string& name);
[[nodiscard]] ExitCode remote_image_delete_command(const Remote& remote, const std::string& name);

[[nodiscard]] ExitCode group_list_command(const Remote& remote);
[[nodiscard]] ExitCode group_create_command(const Remote& remote,
                                            const std::string& name,
                                            const std::string& location);

struct ApplicationArguments {
    std::string name{};
    std::string display_name{};
    std::string certificate{};  // a PEM file; a private key in it stays here
    bool password = false;
};

// Prints what its owner needs: the ids, the password, and the commands that come next.
[[nodiscard]] ExitCode application_create_command(const Remote& remote,
                                                  const ApplicationArguments& arguments);
[[nodiscard]] ExitCode application_list_command(const Remote& remote);
[[nodiscard]] ExitCode application_show_command(const Remote& remote, const std::string& name);
[[nodiscard]] ExitCode application_delete_command(const Remote& remote, const std::string& name);
// Prints the password, this once.
[[nodiscard]] ExitCode application_add_password_command(const Remote& remote,
                                                        const std::string& name);
[[nodiscard]] ExitCode application_remove_password_command(const Remote& remote,
                                                           const std::string& name,
                                                           const std::string& key_id);

}  // namespace ingot::cli
