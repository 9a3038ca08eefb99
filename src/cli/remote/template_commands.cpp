// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/remote/members.h"
#include "cli/remote/remote_commands.h"
#include "cli/remote/resource_names.h"
#include "cli/remote/service_client.h"
#include "cli/remote/service_error.h"
#include "cli/remote/template_for_service.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

// What names the resource stands in the path of the request.
boost::json::object body_of(const templates::ImageTemplate& image_template) {
    auto body = image_template.document.as_object();
    for (const auto* named_by_path :
         {"apiVersion", "comments", "dependsOn", "id", "name", "scope", "type"}) {
        body.erase(named_by_path);
    }
    return body;
}

void refuse_local_files(const std::string& file, const templates::ImageTemplate& image_template) {
    const auto files = local_files_of(image_template);
    if (files.empty()) {
        return;
    }
    std::string list;
    for (const auto& one : files) {
        list += fmt::format("\n  {}: {}", one.path, one.uri);
    }
    throw Error(ErrorKind::InvalidArgument,
                "LocalFile",
                fmt::format("{} names files of this machine, which a service cannot read:{}\nPut "
                            "them where the service can fetch them by http or https, or write "
                            "scripts into the template (inline). `ingot build` takes it as it is.",
                            file,
                            list));
}

// What was there to be found or allowed and was not.
bool lacks_surroundings(const ServiceError& error) {
    return error.code() == "Unauthorized" || error.code() == "BadSharedImageDistribute" ||
           error.code() == "BadManagedImageDistribute";
}

ExitCode report_refusal(const ServiceError& error, const std::string& name, bool exists) {
    fmt::print(stderr, "ingot: {} ({})\n", error.message(), error.code());
    for (const auto& detail : error.details()) {
        if (detail.message != error.message()) {
            fmt::print(stderr, "  {} {}\n", detail.target, detail.message);
        }
    }
    if (lacks_surroundings(error)) {
        fmt::print(stderr,
                   "`ingot template prepare FILE` makes the identity, its rights, galleries and "
                   "definitions that a template names.\n");
    }
    if (exists) {
        fmt::print(stderr,
                   "Templates are not changed but made anew: `ingot template delete {}` first, or "
                   "give another --name.\n",
                   name);
    }
    return ExitCode::Template;
}

std::string last_state(const boost::json::object& resource) {
    const auto& status = object_of(object_of(resource, "properties"), "lastRunStatus");
    const auto state = text_of(status, "runState");
    return state.empty() ? "never run" : state;
}

std::string group_in(const std::string& id) {
    const auto parsed = arm::ResourceId::try_parse(id);
    return parsed ? parsed->resource_group() : "";
}

}  // namespace

ExitCode template_create_command(const Remote& remote, const TemplateArguments& arguments) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto group = require_group(remote.service);
    const auto image_template = read_for_service(client, group, arguments, remote.output);
    if (!image_template) {
        return ExitCode::Template;
    }
    refuse_local_files(arguments.file, *image_template);
    const auto name = arguments.name.empty() ? image_template->name : arguments.name;
    const auto id = fmt::format("{}/providers/Microsoft.VirtualMachineImages/imageTemplates/{}",
                                group_id(client, group),
                                name);
    try {
        client.finish(client.put(id, image_template->api_version, body_of(*image_template)));
    } catch (const ServiceError& error) {
        const bool exists = error.status() == 409 && error.code() == "Conflict";
        if (exists || error.status() == 400) {
            return report_refusal(error, name, exists);
        }
        if (error.status() == 0) {  // it is there, but cannot be run
            return report_refusal(error, name, true);
        }
        throw;
    }
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(client.get(id, image_template->api_version)));
    } else {
        fmt::print(
            "made the template {0} in {1}; `ingot template run {0} --group {1} --wait` "
            "builds its images\n",
            name,
            group);
    }
    return ExitCode::Success;
}

ExitCode template_list_command(const Remote& remote) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto list = list_resources(client,
                                     "Microsoft.VirtualMachineImages/imageTemplates",
                                     chosen_group(remote.service),
                                     kBuilderVersion);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    if (list.empty()) {
        fmt::print("there are no templates yet; `ingot template create FILE` makes one\n");
    }
    for (const auto& one : list) {
        const auto& resource = one.as_object();
        fmt::print("{:32}  {:24}  {:10}  {}\n",
                   text_of(resource, "name"),
                   group_in(text_of(resource, "id")),
                   property_of(resource, "provisioningState"),
                   last_state(resource));
    }
    return ExitCode::Success;
}

ExitCode template_show_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = template_id(client, remote.service, name);
    fmt::print("{}", base::pretty_json(client.get(id, kBuilderVersion)));
    return ExitCode::Success;
}

ExitCode template_run_command(const Remote& remote, const std::string& name, bool wait) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = template_id(client, remote.service, name);
    static_cast<void>(client.post(id + "/run", kBuilderVersion));
    const auto run = run_id(client, remote.service, id);
    if (wait) {
        return run_watch_command(remote, run);
    }
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(client.get(run, kBuilderVersion)));
    } else {
        const auto number = run.substr(run.rfind('/') + 1);
        fmt::print("started run {0}; `ingot run watch {0}` shows it\n", number);
    }
    return ExitCode::Success;
}

ExitCode template_cancel_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = template_id(client, remote.service, name);
    client.finish(client.post(id + "/cancel", kBuilderVersion));
    fmt::print("canceling the run of {}\n", id);
    return ExitCode::Success;
}

ExitCode template_delete_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = template_id(client, remote.service, name);
    client.finish(client.remove(id, kBuilderVersion));
    fmt::print("deleted {}\n", id);
    return ExitCode::Success;
}

ExitCode template_outputs_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = template_id(client, remote.service, name);
    const auto list = client.list(id + "/runOutputs", kBuilderVersion);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    for (const auto& one : list) {
        const auto& output = one.as_object();
        fmt::print("{:24}  {}{}\n",
                   text_of(output, "name"),
                   property_of(output, "artifactId"),
                   property_of(output, "artifactUri"));
    }
    return ExitCode::Success;
}

}  // namespace ingot::cli
