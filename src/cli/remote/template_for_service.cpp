// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/template_for_service.h"

#include "cli/remote/members.h"
#include "cli/remote/resource_names.h"

namespace ingot::cli {

std::optional<templates::ImageTemplate> read_for_service(ServiceClient& client,
                                                         const std::string& group,
                                                         const TemplateArguments& arguments,
                                                         OutputForm output) {
    // Asked first: expressions may name its location, and without a group nothing can be made.
    const auto found = client.get(group_id(client, group), kResourcesVersion);
    arm::DeploymentScope scope;
    scope.subscription_id = client.subscription();
    scope.resource_group = text_of(found, "name");
    scope.location = text_of(found, "location");
    scope.now = base::now();
    return read_template_file(arguments, output == OutputForm::Json, scope);
}

}  // namespace ingot::cli
