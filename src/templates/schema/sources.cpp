// SPDX-License-Identifier: Apache-2.0
// properties.source
#include "templates/schema/parts.h"
#include "templates/schema/text_checks.h"

namespace ingot::templates {
namespace {

using enum ApiVersion;

constexpr Field kPurchasePlanFields[] = {
    {.name = "planName", .required = kAlways},
    {.name = "planProduct", .required = kAlways},
    {.name = "planPublisher", .required = kAlways},
};
constexpr Shape kPurchasePlan = {.name = "PlatformImagePurchasePlan",
                                 .fields = kPurchasePlanFields};

// No description requires the first four, but the service misses each of them.
constexpr Field kPlatformImageFields[] = {
    {.name = "publisher", .required = kAlways},
    {.name = "offer", .required = kAlways},
    {.name = "sku", .required = kAlways},
    {.name = "version", .required = kAlways},
    {.name = "exactVersion", .in = since(V2021_10_01), .use = Use::Generated},
    {.name = "planInfo",
     .kind = Kind::Object,
     .in = since(V2020_02_14),
     .use = Use::Recorded,
     .shape = &kPurchasePlan},
};
constexpr Shape kPlatformImage = {.name = "ImageTemplatePlatformImageSource",
                                  .fields = kPlatformImageFields};

constexpr Field kManagedImageFields[] = {
    {.name = "imageId", .required = kAlways, .accepts = is_managed_image_id},
};
constexpr Shape kManagedImage = {.name = "ImageTemplateManagedImageSource",
                                 .fields = kManagedImageFields};

constexpr Field kSharedImageVersionFields[] = {
    {.name = "imageVersionId",
     .in = until(V2022_02_14),
     .required = kAlways,
     .accepts = is_image_version_id},
    {.name = "imageVersionId",
     .in = since(V2022_07_01),
     .required = kAlways,
     .accepts = is_image_version_or_latest_id},
    {.name = "exactVersion", .in = since(V2022_07_01), .use = Use::Generated},
};
constexpr Shape kSharedImageVersion = {.name = "ImageTemplateSharedImageVersionSource",
                                       .fields = kSharedImageVersionFields};

constexpr Field kIsoFields[] = {
    {.name = "sourceUri", .required = kAlways},
    {.name = "sha256Checksum", .required = kAlways, .accepts = is_sha256},
};
constexpr Shape kIso = {.name = "ImageTemplateIsoSource", .fields = kIsoFields};

constexpr Variant kSources[] = {
    {.name = "PlatformImage", .shape = &kPlatformImage},
    {.name = "ManagedImage", .shape = &kManagedImage, .in = since(V2019_02_01_preview)},
    {.name = "SharedImageVersion", .shape = &kSharedImageVersion, .in = since(V2019_05_01_preview)},
    {.name = "ISO", .shape = &kIso, .in = until(V2019_05_01_preview)},
};

}  // namespace

const Shape kSource = {.name = "ImageTemplateSource",
                       .discriminator = "type",
                       .variants = kSources,
                       .unknown_code = "BadSourceType",
                       .unsupported_code = "BadSourceType"};

}  // namespace ingot::templates
