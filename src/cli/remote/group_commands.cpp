// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "cli/remote/members.h"
#include "cli/remote/remote_commands.h"
#include "cli/remote/resource_names.h"
#include "cli/remote/service_client.h"

#include <fmt/format.h>

namespace ingot::cli {
ExitCode group_list_command(const Remote& remote) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto list = client.list("/subscriptions/" + client.subscription() + "/resourcegroups",
                                  kResourcesVersion);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    if (list.empty()) {
        fmt::print("there are no resource groups yet; `ingot group create NAME` makes one\n");
    }
    for (const auto& one : list) {
        const auto& group = one.as_object();
        fmt::print("{:40}  {}\n", text_of(group, "name"), text_of(group, "location"));
    }
    return ExitCode::Success;
}

ExitCode group_create_command(const Remote& remote,
                              const std::string& name,
                              const std::string& location) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = group_id(client, name);
    const auto made = client.put(id, kResourcesVersion, {{"location", location}});
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(made.body));
    } else {
        fmt::print("{} {} in {}\n", made.status == 201 ? "made" : "there is", name, location);
    }
    return ExitCode::Success;
}

}  // namespace ingot::cli
