// SPDX-License-Identifier: Apache-2.0
// properties.distribute
#include "templates/schema/parts.h"
#include "templates/schema/text_checks.h"

namespace ingot::templates {
namespace {

using enum ApiVersion;

constexpr Choice kStorageAccountTypes[] = {
    {.word = "Standard_LRS"},
    {.word = "Standard_ZRS"},
    {.word = "Premium_LRS", .in = since(V2022_07_01)},
};
constexpr Choice kReplicationModes[] = {{.word = "Full"}, {.word = "Shallow"}};

constexpr Field kTargetFields[] = {
    {.name = "runOutputName",
     .in = until(V2019_02_01_preview),
     .required = kAlways,
     .accepts = is_name_without_dots},
    {.name = "runOutputName",
     .in = since(V2019_05_01_preview),
     .required = kAlways,
     .accepts = is_name},
    {.name = "artifactTags", .kind = Kind::TextMap, .preset = kEmptyObject},
};

constexpr Field kManagedImageTargetFields[] = {
    {.name = "imageId", .required = kAlways, .accepts = is_managed_image_id},
    {.name = "location", .required = kAlways},
};
constexpr Shape kManagedImageTarget = {.name = "ImageTemplateManagedImageDistributor",
                                       .fields = kManagedImageTargetFields};

constexpr Field kTargetRegionFields[] = {
    {.name = "name", .required = kAlways},
    {.name = "replicaCount", .kind = Kind::Integer, .least = 1},
    {.name = "storageAccountType", .choices = kStorageAccountTypes},
};
constexpr Shape kTargetRegion = {.name = "TargetRegion", .fields = kTargetRegionFields};

// -1 stands for "not given".
constexpr Field kLatestFields[] = {{.name = "major", .kind = Kind::Integer, .least = -1}};
constexpr Shape kLatest = {.name = "DistributeVersionerLatest", .fields = kLatestFields};
constexpr Shape kSourceVersion = {.name = "DistributeVersionerSource"};
constexpr Variant kVersioningSchemes[] = {
    {.name = "Latest", .shape = &kLatest},
    {.name = "Source", .shape = &kSourceVersion},
};
constexpr Shape kVersioning = {
    .name = "DistributeVersioner", .discriminator = "scheme", .variants = kVersioningSchemes};

constexpr Field kSharedImageFields[] = {
    {.name = "galleryImageId", .required = kAlways, .accepts = is_gallery_image_id},
    {.name = "replicationRegions", .kind = Kind::TextList, .required = until(V2022_02_14)},
    {.name = "excludeFromLatest",
     .kind = Kind::Boolean,
     .in = since(V2020_02_14),
     .preset = kFalse},
    {.name = "storageAccountType", .in = since(V2020_02_14), .choices = kStorageAccountTypes},
    {.name = "targetRegions",
     .kind = Kind::ObjectList,
     .in = since(V2022_07_01),
     .shape = &kTargetRegion},
    {.name = "versioning",
     .kind = Kind::Object,
     .in = since(V2022_07_01),
     .shape = &kVersioning,
     .preset = "null"},
    {.name = "replicationMode",
     .in = since(V2025_10_01),
     .use = Use::Recorded,
     .choices = kReplicationModes},
};
constexpr Shape kSharedImage = {.name = "ImageTemplateSharedImageDistributor",
                                .fields = kSharedImageFields};

constexpr Field kVhdFields[] = {{.name = "uri", .in = since(V2022_07_01), .accepts = is_uri}};
constexpr Shape kVhd = {.name = "ImageTemplateVhdDistributor", .fields = kVhdFields};

constexpr Variant kTargets[] = {
    {.name = "ManagedImage", .shape = &kManagedImageTarget},
    {.name = "SharedImage", .shape = &kSharedImage},
    {.name = "VHD", .shape = &kVhd, .in = since(V2019_02_01_preview)},
};

}  // namespace

const Shape kDistributor = {.name = "ImageTemplateDistributor",
                            .fields = kTargetFields,
                            .discriminator = "type",
                            .variants = kTargets,
                            .unknown_code = "BadDistributeType",
                            .unsupported_code = "BadDistributeType"};

}  // namespace ingot::templates
