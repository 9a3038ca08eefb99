// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/resource_names.h"

#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/error.h"
#include "cli/remote/members.h"
#include "gallery/images.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

const std::string kTemplates = "Microsoft.VirtualMachineImages/imageTemplates";
const std::string kGalleries = "Microsoft.Compute/galleries";

// A type of resource, as people speak of it.
struct Kind {
    const std::string& type;
    std::string_view word;
    std::string_view list_command;
    std::string_view api_version;
};

const Kind kTemplate{kTemplates, "image template", "ingot template list", kBuilderVersion};
const Kind kGallery{kGalleries, "gallery", "ingot gallery list", kComputeVersion};

bool is_id(const std::string& typed) {
    return typed.starts_with('/');
}

std::string id_of_type(const std::string& typed, const Kind& kind) {
    const auto id = arm::ResourceId::parse(typed);
    if (!id.is(kind.type)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidResourceId",
                    fmt::format("{} is not the id of a {} ({})", typed, kind.word, kind.type));
    }
    return id.to_string();
}

std::string only_one(const std::vector<std::string>& ids,
                     const std::string& typed,
                     const Kind& kind) {
    if (ids.empty()) {
        throw Error(
            ErrorKind::NotFound,
            "ResourceNotFound",
            fmt::format("there is no {} {} (see `{}`)", kind.word, typed, kind.list_command));
    }
    if (ids.size() > 1) {
        std::string list;
        for (const auto& id : ids) {
            list += "\n  " + id;
        }
        throw Error(ErrorKind::InvalidArgument,
                    "AmbiguousName",
                    fmt::format("{} is the name of more than one {}; give --group, or one of these "
                                "ids:{}",
                                typed,
                                kind.word,
                                list));
    }
    return ids.front();
}

std::string find_id(ServiceClient& client,
                    const ServiceOptions& options,
                    const std::string& typed,
                    const Kind& kind) {
    if (is_id(typed)) {
        return id_of_type(typed, kind);
    }
    const auto group = chosen_group(options);
    if (!group.empty()) {
        return fmt::format("{}/providers/{}/{}", group_id(client, group), kind.type, typed);
    }
    std::vector<std::string> ids;
    for (const auto& one : list_resources(client, kind.type, "", kind.api_version)) {
        const auto& resource = one.as_object();
        if (base::equal_ignoring_case(text_of(resource, "name"), typed)) {
            ids.push_back(text_of(resource, "id"));
        }
    }
    return only_one(ids, typed, kind);
}

bool counts_as_latest(const boost::json::object& version) {
    const auto& profile = object_of(object_of(version, "properties"), "publishingProfile");
    const auto* excluded = profile.if_contains("excludeFromLatest");
    return excluded == nullptr || !excluded->is_bool() || !excluded->get_bool();
}

std::string latest_version(ServiceClient& client, const std::string& definition) {
    std::optional<gallery::VersionNumber> newest;
    std::string id;
    for (const auto& one : client.list(definition + "/versions", kComputeVersion)) {
        const auto& version = one.as_object();
        const auto number = gallery::VersionNumber::parse(text_of(version, "name"));
        if (number && counts_as_latest(version) && (!newest || *newest < *number)) {
            newest = number;
            id = text_of(version, "id");
        }
    }
    if (id.empty()) {
        throw Error(ErrorKind::NotFound,
                    "ResourceNotFound",
                    fmt::format("{} has no version that counts as the latest (see `ingot gallery "
                                "versions`)",
                                definition));
    }
    return id;
}

std::string start_time(const boost::json::value& run) {
    return property_of(run.as_object(), "startTime");
}

std::string newest_run_of(ServiceClient& client, const std::string& template_id) {
    const auto runs = client.list(template_id + "/runs", kBuilderVersion);
    if (runs.empty()) {
        throw Error(ErrorKind::NotFound,
                    "RunNotFound",
                    fmt::format("{} was never run (`ingot template run` does)", template_id));
    }
    return text_of(runs[0].as_object(), "id");
}

std::string run_in(const boost::json::array& runs, const std::string& typed) {
    std::vector<std::string> found;
    for (const auto& one : runs) {
        const auto name = text_of(one.as_object(), "name");
        auto id = text_of(one.as_object(), "id");
        if (name == typed || typed == "latest") {
            return id;
        }
        if (!typed.empty() && name.starts_with(typed)) {
            found.push_back(id);
        }
    }
    if (found.size() == 1) {
        return found.front();
    }
    throw Error(ErrorKind::NotFound,
                "RunNotFound",
                found.empty() ? fmt::format("the service has no run and no template {} (see `ingot "
                                            "run list`)",
                                            typed)
                              : fmt::format("{} runs begin with {}", found.size(), typed),
                typed);
}

// Empty if no template has that name.
std::string template_named(const boost::json::array& templates, const std::string& typed) {
    std::vector<std::string> ids;
    for (const auto& one : templates) {
        if (base::equal_ignoring_case(text_of(one.as_object(), "name"), typed)) {
            ids.push_back(text_of(one.as_object(), "id"));
        }
    }
    return ids.empty() ? "" : only_one(ids, typed, kTemplate);
}

boost::json::array runs_of(ServiceClient& client, const boost::json::array& templates) {
    boost::json::array all;
    for (const auto& one : templates) {
        const auto path = text_of(one.as_object(), "id") + "/runs";
        for (auto& run : client.list(path, kBuilderVersion)) {
            all.push_back(std::move(run));
        }
    }
    std::ranges::stable_sort(
        all, [](const auto& a, const auto& b) { return start_time(a) > start_time(b); });
    return all;
}

boost::json::array known_templates(ServiceClient& client, const ServiceOptions& options) {
    return list_resources(client, kTemplates, chosen_group(options), kBuilderVersion);
}

}  // namespace

std::string chosen_group(const ServiceOptions& options) {
    return options.group.empty() ? process_environment("INGOT_GROUP") : options.group;
}

std::string require_group(const ServiceOptions& options) {
    auto group = chosen_group(options);
    if (group.empty()) {
        throw Error(ErrorKind::InvalidArgument,
                    "NoResourceGroup",
                    "which resource group? Give --group or INGOT_GROUP (`ingot group list` shows "
                    "them, `ingot group create NAME` makes one)");
    }
    return group;
}

std::string group_id(ServiceClient& client, const std::string& group) {
    return fmt::format("/subscriptions/{}/resourceGroups/{}", client.subscription(), group);
}

boost::json::array list_resources(ServiceClient& client,
                                  const std::string& type,
                                  const std::string& group,
                                  std::string_view api_version) {
    const auto scope =
        group.empty() ? "/subscriptions/" + client.subscription() : group_id(client, group);
    return client.list(fmt::format("{}/providers/{}", scope, type), api_version);
}

std::string template_id(ServiceClient& client,
                        const ServiceOptions& options,
                        const std::string& typed) {
    return find_id(client, options, typed, kTemplate);
}

std::string gallery_id(ServiceClient& client,
                       const ServiceOptions& options,
                       const std::string& typed) {
    return find_id(client, options, typed, kGallery);
}

ImageName image_named(ServiceClient& client,
                      const ServiceOptions& options,
                      const std::string& typed) {
    if (is_id(typed)) {
        const auto id = arm::ResourceId::parse(typed);
        if (id.is("Microsoft.Compute/galleries/images")) {
            return {latest_version(client, id.to_string()), kComputeVersion};
        }
        return {id.to_string(),
                id.is("Microsoft.Compute/images") ? kImagesVersion : kComputeVersion};
    }
    const auto slash = typed.find('/');
    if (slash == std::string::npos) {
        static const std::string kImages = "Microsoft.Compute/images";
        const Kind image{kImages, "managed image", "ingot image list", kImagesVersion};
        return {find_id(client, options, typed, image), kImagesVersion};
    }
    const auto gallery = gallery_id(client, options, typed.substr(0, slash));
    const auto rest = typed.substr(slash + 1);
    const auto second = rest.find('/');
    const auto definition = fmt::format("{}/images/{}", gallery, rest.substr(0, second));
    if (second == std::string::npos) {
        return {latest_version(client, definition), kComputeVersion};
    }
    return {fmt::format("{}/versions/{}", definition, rest.substr(second + 1)), kComputeVersion};
}

std::string run_id(ServiceClient& client, const ServiceOptions& options, const std::string& typed) {
    if (is_id(typed)) {
        const auto id = arm::ResourceId::parse(typed);
        return id.is(kTemplates + "/runs") ? id.to_string()
                                           : newest_run_of(client, id_of_type(typed, kTemplate));
    }
    const auto templates = known_templates(client, options);
    const auto named = typed == "latest" ? "" : template_named(templates, typed);
    return named.empty() ? run_in(runs_of(client, templates), typed) : newest_run_of(client, named);
}

boost::json::array all_runs(ServiceClient& client, const ServiceOptions& options) {
    return runs_of(client, known_templates(client, options));
}

}  // namespace ingot::cli
