// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/remote/members.h"
#include "cli/remote/remote_commands.h"
#include "cli/remote/resource_names.h"
#include "cli/remote/service_client.h"

#include <optional>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kGalleryType = "Microsoft.Compute/galleries";
constexpr std::string_view kDefinitionType = "Microsoft.Compute/galleries/images";
constexpr std::string_view kVersionType = "Microsoft.Compute/galleries/images/versions";

// Of a gallery or, with a slash, of a definition in it.
std::string id_of(ServiceClient& client, const Remote& remote, const std::string& typed) {
    if (typed.starts_with('/')) {
        const auto id = arm::ResourceId::parse(typed);
        if (id.is(kGalleryType) || id.is(kDefinitionType)) {
            return id.to_string();
        }
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidResourceId",
                    typed + " is the id of neither a gallery nor an image definition");
    }
    const auto slash = typed.find('/');
    const auto gallery = gallery_id(client, remote.service, typed.substr(0, slash));
    return slash == std::string::npos ? gallery : gallery + "/images/" + typed.substr(slash + 1);
}

// Of all galleries and their definitions, and managed images: all that can be booted or built on.
boost::json::array images(ServiceClient& client, const ServiceOptions& options) {
    const auto group = chosen_group(options);
    const auto scope =
        group.empty() ? "/subscriptions/" + client.subscription() : group_id(client, group);
    boost::json::array all;
    for (const auto type : {std::string_view("Microsoft.Compute/images"), kVersionType}) {
        const auto found = client.list(
            scope + "/resources",
            kResourcesVersion,
            {{"$filter", fmt::format("resourceType eq '{}'", type)}, {"$expand", "createdTime"}});
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

std::string created_of(const boost::json::object& resource) {
    return text_of(resource, "createdTime").substr(0, 19);
}

}  // namespace

ExitCode gallery_list_command(const Remote& remote) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto list = list_resources(
        client, std::string(kGalleryType), chosen_group(remote.service), kComputeVersion);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    if (list.empty()) {
        fmt::print(
            "there are no galleries yet; the first build that publishes into one makes it\n");
    }
    for (const auto& one : list) {
        const auto& gallery = one.as_object();
        const auto id = arm::ResourceId::try_parse(text_of(gallery, "id"));
        fmt::print("{:32}  {:24}  {}\n",
                   text_of(gallery, "name"),
                   id ? id->resource_group() : "",
                   text_of(gallery, "location"));
    }
    return ExitCode::Success;
}

ExitCode gallery_show_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = id_of(client, remote, name);
    auto document = client.get(id, kComputeVersion);
    if (arm::ResourceId::parse(id).is(kGalleryType)) {
        document["images"] = client.list(id + "/images", kComputeVersion);
    }
    fmt::print("{}", base::pretty_json(document));
    return ExitCode::Success;
}

ExitCode gallery_versions_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = id_of(client, remote, name);
    if (!arm::ResourceId::parse(id).is(kDefinitionType)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidResourceId",
                    fmt::format("versions belong to a definition: {0}/DEFINITION is expected "
                                "(`ingot gallery show {0}` lists them)",
                                name));
    }
    const auto list = client.list(id + "/versions", kComputeVersion);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    for (const auto& one : list) {
        const auto& version = one.as_object();
        const auto& profile = object_of(object_of(version, "properties"), "publishingProfile");
        fmt::print("{:20}  {}  {}\n",
                   text_of(version, "name"),
                   text_of(profile, "publishedDate").substr(0, 19),
                   property_of(version, "provisioningState"));
    }
    return ExitCode::Success;
}

ExitCode remote_image_list_command(const Remote& remote) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto list = images(client, remote.service);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    if (list.empty()) {
        fmt::print("there are no images yet; `ingot template run` makes some\n");
    }
    for (const auto& one : list) {
        const auto& image = one.as_object();
        fmt::print("{:19}  {:14}  {}\n",
                   created_of(image),
                   text_of(image, "type") == kVersionType ? "galleryVersion" : "managedImage",
                   text_of(image, "id"));
    }
    return ExitCode::Success;
}

ExitCode remote_image_show_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto image = image_named(client, remote.service, name);
    fmt::print("{}", base::pretty_json(client.get(image.id, image.api_version)));
    return ExitCode::Success;
}

ExitCode remote_image_delete_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto image = image_named(client, remote.service, name);
    client.finish(client.remove(image.id, image.api_version));
    fmt::print("deleted {}\n", image.id);
    return ExitCode::Success;
}

}  // namespace ingot::cli
