// SPDX-License-Identifier: Apache-2.0
#include "providers/image_definitions.h"

#include "base/ascii.h"
#include "base/error.h"
#include "providers/body_members.h"
#include "providers/compute_rules.h"
#include "resources/documents.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using boost::json::object;
using resources::Call;
using resources::Resource;

constexpr std::string_view kDefinitionType = "Microsoft.Compute/galleries/images";
const std::string kDefinitionPath = "galleryImage.properties";
// From this api-version on a definition is V2 unless it says otherwise.
constexpr std::string_view kV2ByDefault = "2025-03-03";

struct Identifier {
    std::string publisher;
    std::string offer;
    std::string sku;

    explicit Identifier(const object& properties) {
        const auto& identifier = object_member(properties, "identifier");
        publisher = text_member(identifier, "publisher");
        offer = text_member(identifier, "offer");
        sku = text_member(identifier, "sku");
    }

    bool operator==(const Identifier& other) const {
        return base::equal_ignoring_case(publisher, other.publisher) &&
               base::equal_ignoring_case(offer, other.offer) &&
               base::equal_ignoring_case(sku, other.sku);
    }
};

void check_asset_name(const object& identifier, std::string_view name, std::size_t longest) {
    const auto path = kDefinitionPath + ".identifier";
    const auto text = required_text(identifier, name, path);
    const auto is_allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
    };
    if (text.size() > longest || text.ends_with('.') || !std::ranges::all_of(text, is_allowed)) {
        const auto property = fmt::format("{}.{}", path, name);
        throw invalid_parameter(
            property,
            fmt::format("Asset name {} is not valid. It cannot be empty. Allowed characters are "
                        "uppercase or lowercase letters, digits, hyphen(-), period (.), underscore "
                        "(_). Names are not allowed to end with period(.). The length of the name "
                        "cannot exceed {} characters.",
                        property,
                        longest));
    }
}

void check_identifier(const object& properties) {
    const auto& identifier = object_member(properties, "identifier");
    if (!properties.contains("identifier")) {
        throw invalid_parameter(
            kDefinitionPath + ".identifier",
            fmt::format("Required parameter '{}.identifier' is missing (null).", kDefinitionPath));
    }
    check_asset_name(identifier, "publisher", 128);
    check_asset_name(identifier, "offer", 64);
    check_asset_name(identifier, "sku", 64);
}

void check_range(const object& properties, std::string_view name) {
    const auto& range = object_member(object_member(properties, "recommended"), name);
    const auto* least = range.if_contains("min");
    const auto* most = range.if_contains("max");
    const auto path = fmt::format("{}.recommended.{}", kDefinitionPath, name);
    for (const auto* number : {least, most}) {
        if (number != nullptr && !number->is_int64()) {
            throw invalid_parameter(path,
                                    fmt::format("The value of parameter {} is invalid.", path));
        }
    }
    if (least != nullptr && most != nullptr && least->get_int64() > most->get_int64()) {
        throw invalid_parameter(path,
                                fmt::format("The minimum value of {0} must not be greater than the "
                                            "maximum value of {0}.",
                                            path));
    }
}

void check_properties(object& properties) {
    static_cast<void>(required_text(properties, "osType", kDefinitionPath));
    static_cast<void>(required_text(properties, "osState", kDefinitionPath));
    check_word(properties, "osType", kDefinitionPath, {"Linux", "Windows"});
    check_word(properties, "osState", kDefinitionPath, {"Generalized", "Specialized"});
    check_word(properties, "hyperVGeneration", kDefinitionPath, {"V1", "V2"});
    // Ingot builds on its own kind of processor, and the catalogue has x64 images only.
    check_word(properties, "architecture", kDefinitionPath, {"x64"});
    check_date(properties, "endOfLifeDate", kDefinitionPath);
    check_identifier(properties);
    check_range(properties, "vCPUs");
    check_range(properties, "memory");
}

void keep_what_is_fixed(object& properties, const object& before) {
    for (const auto* name : {"osType", "osState", "hyperVGeneration", "architecture"}) {
        keep_property(properties, before, name, kDefinitionPath);
    }
    if (Identifier(properties) != Identifier(before)) {
        throw change_not_allowed(kDefinitionPath + ".identifier");
    }
}

void refuse_second(resources::ResourceRepository& repository,
                   const Call& call,
                   const object& properties) {
    const Identifier wanted(properties);
    auto gallery = call.path;
    gallery.types.pop_back();
    gallery.names.pop_back();
    resources::ResourceFilter siblings;
    siblings.type = kDefinitionType;
    siblings.below = gallery.key();
    for (const auto& sibling : repository.list(siblings)) {
        if (Identifier(sibling.properties()) == wanted) {
            throw base::Error(
                base::ErrorKind::Conflict,
                "Conflict",
                fmt::format("Gallery image: {} identified by (publisher:{}, offer:{}, sku:{}) "
                            "already exists. Choose a different publisher, offer, sku combination.",
                            sibling.name(),
                            wanted.publisher,
                            wanted.offer,
                            wanted.sku));
        }
    }
}

void fill_in_defaults(const Call& call, object& properties) {
    const bool v2 = call.api_version >= kV2ByDefault;
    for (const auto& [name, value] :
         {std::pair("hyperVGeneration", v2 ? "V2" : "V1"), std::pair("architecture", "x64")}) {
        if (!properties.contains(name)) {
            properties[name] = value;
        }
    }
}

void complete(resources::ResourceRepository& repository,
              const Call& call,
              const Resource* known,
              Resource& wanted) {
    auto& properties = wanted.properties();
    drop_nulls(properties);
    check_properties(properties);
    if (known != nullptr) {
        keep_what_is_fixed(properties, known->properties());
    } else {
        check_name(call.name(), "galleryImageName", true);
        require_parent(repository, call);
        refuse_second(repository, call, properties);
        fill_in_defaults(call, properties);
    }
    properties["provisioningState"] = "Succeeded";
}

}  // namespace

resources::ResourceType image_definitions(const Services& services) {
    auto& repository = services.resources;
    resources::DocumentRules rules;
    rules.complete = [&repository](const Call& call, const Resource* known, Resource& wanted) {
        complete(repository, call, known, wanted);
    };
    rules.before_removal = [&repository](
                               const Call& call, const auto& /*definition*/, auto& /*change*/) {
        refuse_children(repository, call.path.key(), "Microsoft.Compute/galleries/images/versions");
    };
    return resources::document_type({.name = std::string(kDefinitionType),
                                     .api_versions = {"2025-03-03",
                                                      "2024-03-03",
                                                      "2023-07-03",
                                                      "2022-08-03",
                                                      "2022-03-03",
                                                      "2021-10-01",
                                                      "2021-07-01",
                                                      "2020-09-30",
                                                      "2019-12-01",
                                                      "2019-07-01",
                                                      "2019-03-01",
                                                      "2018-06-01"}},
                                    std::move(rules),
                                    repository);
}

}  // namespace ingot::providers
