// SPDX-License-Identifier: Apache-2.0
// `ingot template prepare`: what a template names and a service lacks. The same requests as those
// of Azure's quickstart, in the order in which each needs what is before it.
#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/uuid.h"
#include "cli/remote/members.h"
#include "cli/remote/remote_commands.h"
#include "cli/remote/resource_names.h"
#include "cli/remote/service_client.h"
#include "cli/remote/service_error.h"
#include "cli/remote/template_for_service.h"

#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

constexpr std::string_view kIdentityVersion = "2023-01-31";
constexpr std::string_view kRolesVersion = "2022-04-01";
// Contributor, as everywhere in Azure.
constexpr std::string_view kContributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";

std::string group_of(const arm::ResourceId& id) {
    return fmt::format(
        "/subscriptions/{}/resourceGroups/{}", id.subscription(), id.resource_group());
}

// The images that a template reads and writes, as far as they are in resource groups.
std::vector<arm::ResourceId> images_of(const templates::ImageTemplate& image_template) {
    std::vector<arm::ResourceId> ids;
    const auto add = [&](const std::string& text) {
        if (auto id = arm::ResourceId::try_parse(text)) {
            ids.push_back(std::move(*id));
        }
    };
    if (const auto* image = std::get_if<templates::ManagedImageSource>(&image_template.source)) {
        add(image->image_id);
    }
    if (const auto* version =
            std::get_if<templates::SharedImageVersionSource>(&image_template.source)) {
        add(version->image_version_id);
    }
    for (const auto& distributor : image_template.distribute) {
        if (const auto* image = std::get_if<templates::ManagedImageTarget>(&distributor.target)) {
            add(image->image_id);
        }
        if (const auto* shared = std::get_if<templates::SharedImageTarget>(&distributor.target)) {
            add(shared->gallery_image_id);
        }
    }
    return ids;
}

// As Azure's own SKUs are named.
const char* generation_of(const templates::Source& source) {
    const auto* platform = std::get_if<templates::PlatformImageSource>(&source);
    const bool second =
        platform != nullptr && base::to_lower(platform->sku).find("gen2") != std::string::npos;
    return second ? "V2" : "V1";
}

class Preparation {
  public:
    Preparation(ServiceClient& client, const templates::ImageTemplate& image_template)
        : client_(client), template_(image_template) {}

    void carry_out() {
        const auto images = images_of(template_);
        for (const auto& image : images) {
            groups_.insert(group_of(image));
        }
        for (const auto& group : groups_) {
            make(group, kResourcesVersion, {});
        }
        for (const auto& distributor : template_.distribute) {
            if (const auto* target =
                    std::get_if<templates::SharedImageTarget>(&distributor.target)) {
                make_definition(arm::ResourceId::parse(target->gallery_image_id));
            }
        }
        const auto& identity = object_of(template_.document.as_object(), "identity");
        for (const auto& [id, ignored] : object_of(identity, "userAssignedIdentities")) {
            make_identity(std::string(id));
        }
    }

  private:
    void make_definition(const arm::ResourceId& definition) {
        const auto gallery = definition.parent();
        if (!gallery) {
            return;  // the service says what is wrong with it
        }
        make(gallery->to_string(), kComputeVersion, {});
        make(definition.to_string(),
             kComputeVersion,
             {{"osType", "Linux"},
              {"osState", "Generalized"},
              {"hyperVGeneration", generation_of(template_.source)},
              {"identifier",
               {{"publisher", definition.resource_group()},
                {"offer", gallery->name()},
                {"sku", definition.name()}}}});
    }

    void make_identity(const std::string& id) {
        if (const auto parsed = arm::ResourceId::try_parse(id)) {
            make(group_of(*parsed), kResourcesVersion, {});
        }
        const auto identity = make(id, kIdentityVersion, {});
        for (const auto& group : groups_) {
            give_rights(property_of(identity, "principalId"), group);
        }
    }

    // One assignment, however often it is asked for.
    void give_rights(const std::string& principal, const std::string& group) {
        const auto name = base::name_based_uuid(principal, base::to_lower(group));
        const auto answer = client_.put(
            fmt::format("{}/providers/Microsoft.Authorization/roleAssignments/{}", group, name),
            kRolesVersion,
            {{"properties",
              {{"roleDefinitionId",
                fmt::format("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/"
                            "{}",
                            client_.subscription(),
                            kContributor)},
               {"principalId", principal},
               {"principalType", "ServicePrincipal"}}}});
        say(answer.status, fmt::format("the role Contributor of that identity on {}", group));
    }

    // What is there stays as it is.
    boost::json::object make(const std::string& id,
                             std::string_view api_version,
                             boost::json::object properties) {
        try {
            return client_.get(id, api_version);
        } catch (const ServiceError& error) {
            if (error.status() != 404) {
                throw;
            }
        }
        boost::json::object body{{"location", template_.location}};
        if (!properties.empty()) {
            body["properties"] = std::move(properties);
        }
        const auto answer = client_.put(id, api_version, body);
        client_.finish(answer);
        say(answer.status, id);
        return answer.body.as_object();
    }

    static void say(int status, const std::string& what) {
        if (status == 201) {
            fmt::print("made {}\n", what);
        }
    }

    ServiceClient& client_;
    const templates::ImageTemplate& template_;
    std::set<std::string> groups_;
};

}  // namespace

ExitCode template_prepare_command(const Remote& remote, const TemplateArguments& arguments) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto group = require_group(remote.service);
    const auto image_template = read_for_service(client, group, arguments, remote.output);
    if (!image_template) {
        return ExitCode::Template;
    }
    Preparation(client, *image_template).carry_out();
    fmt::print(
        "everything that {0} names is there; `ingot template create {0} --group {1}` hands "
        "it to the service\n",
        arguments.file,
        group);
    return ExitCode::Success;
}

}  // namespace ingot::cli
