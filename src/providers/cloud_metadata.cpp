// SPDX-License-Identifier: Apache-2.0
#include "providers/cloud_metadata.h"

#include "base/ascii.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kCloudName = "Ingot";
constexpr std::string_view kFirstWithList = "2019-05-01";
constexpr std::string_view kFirstWithOne = "2022-09-01";

// What people type on Azure, where the catalogue has the same image.
struct KnownAlias {
    std::string_view alias;
    std::string_view publisher;
    std::string_view offer;
    std::string_view sku;
};

constexpr KnownAlias kKnownAliases[] = {
    {"Debian12", "Debian", "debian-12", "12-gen2"},
    {"Ubuntu2204", "Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"},
    {"Ubuntu2404", "Canonical", "0001-com-ubuntu-server-noble", "24_04-lts-gen2"},
};

// The host, and the port where there is one.
std::string authority_of(const std::string& base_url) {
    const auto begin = base_url.find("://");
    return begin == std::string::npos ? base_url : base_url.substr(begin + 3);
}

// az goes to the tenant below it; of a tenant-style authority it would ask a host of Microsoft's.
std::string login_endpoint(const std::string& base) {
    return base + "/adfs";
}

object first_form(const std::string& base) {
    return {{"galleryEndpoint", base + "/gallery/"},
            {"graphEndpoint", base + "/graph/"},
            {"portalEndpoint", base + "/"},
            {"authentication",
             {{"loginEndpoint", login_endpoint(base)}, {"audiences", array{base + "/"}}}}};
}

object suffixes(const std::string& base) {
    const auto authority = authority_of(base);
    return {{"storage", authority},
            {"keyVaultDns", "vault." + authority},
            {"acrLoginServer", "acr." + authority},
            {"sqlServerHostname", "database." + authority},
            {"azureDataLakeStoreFileSystem", "datalake." + authority},
            {"azureDataLakeAnalyticsCatalogAndJob", "analytics." + authority}};
}

object cloud(const std::string& base, const std::string& tenant_id) {
    return {{"name", kCloudName},
            {"portal", base + "/"},
            {"authentication",
             {{"loginEndpoint", login_endpoint(base)},
              {"audiences", array{base + "/"}},
              {"tenant", tenant_id},
              {"identityProvider", "ADFS"}}},
            {"resourceManager", base + "/"},
            {"graphAudience", base + "/graph/"},
            {"graph", base + "/graph/"},
            {"microsoftGraphResourceId", base + "/msgraph"},
            {"gallery", base + "/gallery/"},
            {"batch", base + "/batch/"},
            {"media", base + "/media/"},
            {"sqlManagement", base + "/sql/"},
            {"vmImageAliasDoc", base + "/aliases.json"},
            {"suffixes", suffixes(base)}};
}

std::string alias_of(const sources::PlatformImage& image) {
    for (const auto& known : kKnownAliases) {
        if (base::equal_ignoring_case(known.publisher, image.publisher) &&
            base::equal_ignoring_case(known.offer, image.offer) &&
            base::equal_ignoring_case(known.sku, image.sku)) {
            return std::string(known.alias);
        }
    }
    return fmt::format("{}-{}", image.offer, image.sku);
}

}  // namespace

boost::json::value cloud_metadata(const std::string& base_url,
                                  std::string_view api_version,
                                  const std::string& tenant_id) {
    if (!api_version.empty() && api_version < kFirstWithList) {
        return first_form(base_url);
    }
    if (api_version >= kFirstWithOne) {
        return cloud(base_url, tenant_id);
    }
    return array{cloud(base_url, tenant_id)};
}

object image_aliases(const sources::Catalog& catalog) {
    object linux_images;
    object windows_images;
    for (const auto& image : catalog.images()) {
        auto& images = image.os_type == "Windows" ? windows_images : linux_images;
        images[alias_of(image)] = {{"publisher", image.publisher},
                                   {"offer", image.offer},
                                   {"sku", image.sku},
                                   {"version", "latest"},
                                   // az fails without it; the catalogue has no other
                                   {"architecture", "x64"}};
    }
    object value{{"Linux", std::move(linux_images)}, {"Windows", std::move(windows_images)}};
    object aliases{{"type", "object"}, {"value", std::move(value)}};
    return {{"outputs", {{"aliases", std::move(aliases)}}}};
}

}  // namespace ingot::providers
