// SPDX-License-Identifier: Apache-2.0
// What an image template of each api-version may hold: the resource and its properties. The lists
// that stand in it are in sources.cpp, steps.cpp and distributors.cpp. From the published
// descriptions of Microsoft.VirtualMachineImages, 2018-02-01-preview to 2025-10-01.
#include "templates/schema/parts.h"
#include "templates/schema/text_checks.h"

namespace ingot::templates {
namespace {

using enum ApiVersion;

constexpr Choice kEnabledOrDisabled[] = {{.word = "Enabled"}, {.word = "Disabled"}};
constexpr Choice kOnError[] = {{.word = "cleanup"}, {.word = "abort"}};
constexpr Choice kIdentityTypes[] = {{.word = "UserAssigned"}, {.word = "None"}};

constexpr Field kIdentityOfOneFields[] = {
    {.name = "principalId", .use = Use::Generated},
    {.name = "clientId", .use = Use::Generated},
};
constexpr Shape kIdentityOfOne = {.name = "UserAssignedIdentity", .fields = kIdentityOfOneFields};

constexpr Field kIdentityFields[] = {
    {.name = "type", .required = kAlways, .choices = kIdentityTypes},
    {.name = "userAssignedIdentities", .kind = Kind::ObjectMap, .shape = &kIdentityOfOne},
};
constexpr Shape kIdentity = {.name = "ImageTemplateIdentity", .fields = kIdentityFields};

constexpr Field kVmBootFields[] = {{.name = "state", .choices = kEnabledOrDisabled}};
constexpr Shape kVmBoot = {.name = "ImageTemplatePropertiesOptimizeVMBoot",
                           .fields = kVmBootFields};

constexpr Field kWorkloadFields[] = {
    {.name = "state", .choices = kEnabledOrDisabled},
    {.name = "scriptUri"},
    {.name = "sha256Checksum", .accepts = is_sha256},
};
constexpr Shape kWorkload = {.name = "ImageTemplatePropertiesOptimizeWorkload",
                             .fields = kWorkloadFields};

constexpr Field kOptimizeFields[] = {
    {.name = "vmBoot", .kind = Kind::Object, .shape = &kVmBoot},
    {.name = "workload", .kind = Kind::Object, .in = since(V2025_10_01), .shape = &kWorkload},
};
constexpr Shape kOptimize = {.name = "ImageTemplatePropertiesOptimize", .fields = kOptimizeFields};

constexpr Field kValidateFields[] = {
    {.name = "inVMValidations", .kind = Kind::ObjectList, .shape = &kValidator},
    {.name = "continueDistributeOnFailure", .kind = Kind::Boolean, .preset = kFalse},
    {.name = "sourceValidationOnly", .kind = Kind::Boolean, .preset = kFalse},
};
constexpr Shape kValidate = {.name = "ImageTemplatePropertiesValidate", .fields = kValidateFields};

constexpr Field kErrorHandlingFields[] = {
    {.name = "onCustomizerError", .choices = kOnError},
    {.name = "onValidationError", .choices = kOnError},
};
constexpr Shape kErrorHandling = {.name = "ImageTemplatePropertiesErrorHandling",
                                  .fields = kErrorHandlingFields};

// The first three fields were never in a description, but the service took them.
constexpr Field kVnetConfigFields[] = {
    {.name = "name", .in = until(V2019_05_01_preview)},
    {.name = "subnetName", .in = until(V2019_05_01_preview)},
    {.name = "resourceGroupName", .in = until(V2019_05_01_preview)},
    {.name = "subnetId", .in = since(V2020_02_14), .accepts = is_subnet_id},
    {.name = "containerInstanceSubnetId", .in = since(V2024_02_01), .accepts = is_subnet_id},
    {.name = "proxyVmSize", .in = since(V2021_10_01), .preset = kEmptyText},
};
constexpr Shape kVnetConfig = {.name = "VirtualNetworkConfig", .fields = kVnetConfigFields};

// osDiskSizeGB and vnetConfig are described since 2020-02-14, but worked one version earlier.
constexpr Field kVmProfileFields[] = {
    {.name = "vmSize", .preset = kEmptyText},
    {.name = "osDiskSizeGB", .kind = Kind::Integer, .least = 0, .preset = kZero},
    {.name = "userAssignedIdentities",
     .kind = Kind::TextList,
     .in = since(V2021_10_01),
     .use = Use::Recorded,
     .accepts = is_identity_id},
    {.name = "vnetConfig", .kind = Kind::Object, .use = Use::Recorded, .shape = &kVnetConfig},
};
constexpr Shape kVmProfile = {.name = "ImageTemplateVMProfile", .fields = kVmProfileFields};

constexpr Field kAutoRunFields[] = {{.name = "state", .choices = kEnabledOrDisabled}};
constexpr Shape kAutoRun = {.name = "ImageTemplateAutoRun", .fields = kAutoRunFields};

constexpr Field kDataDiskFields[] = {{.name = "sizeGB", .kind = Kind::Integer, .least = 0}};
constexpr Shape kDataDisk = {.name = "DataDisk", .fields = kDataDiskFields};

constexpr std::int64_t kLongestBuildInMinutes = 960;

constexpr Field kPropertiesFields[] = {
    {.name = "source", .kind = Kind::Object, .required = kAlways, .shape = &kSource},
    {.name = "customize", .kind = Kind::ObjectList, .shape = &kCustomizer},
    {.name = "distribute",
     .kind = Kind::ObjectList,
     .required = kAlways,
     .shape = &kDistributor,
     .least = 1},
    {.name = "validate", .kind = Kind::Object, .in = since(V2022_02_14), .shape = &kValidate},
    {.name = "errorHandling",
     .kind = Kind::Object,
     .in = since(V2023_07_01),
     .shape = &kErrorHandling},
    {.name = "buildTimeoutInMinutes",
     .kind = Kind::Integer,
     .in = since(V2019_05_01_preview),
     .least = 0,
     .most = kLongestBuildInMinutes,
     .preset = kZero},
    {.name = "vmProfile",
     .kind = Kind::Object,
     .in = since(V2019_05_01_preview),
     .shape = &kVmProfile,
     .preset = kEmptyObject},
    {.name = "optimize",
     .kind = Kind::Object,
     .in = since(V2022_07_01),
     .use = Use::Recorded,
     .shape = &kOptimize},
    {.name = "stagingResourceGroup",
     .in = since(V2022_02_14),
     .use = Use::Recorded,
     .accepts = is_resource_group_id,
     .preset = kEmptyText},
    {.name = "autoRun",
     .kind = Kind::Object,
     .in = since(V2024_02_01),
     .use = Use::Recorded,
     .shape = &kAutoRun},
    {.name = "managedResourceTags",
     .kind = Kind::TextMap,
     .in = since(V2024_02_01),
     .use = Use::Recorded},
    {.name = "additionalDataDisks",
     .kind = Kind::ObjectList,
     .in = since(V2025_10_01),
     .use = Use::Recorded,
     .shape = &kDataDisk},
    {.name = "exactStagingResourceGroup", .in = since(V2022_02_14), .use = Use::Generated},
    {.name = "provisioningState", .use = Use::Generated},
    {.name = "provisioningError", .use = Use::Generated},
    {.name = "lastRunStatus", .use = Use::Generated},
};
constexpr Shape kProperties = {.name = "ImageTemplateProperties", .fields = kPropertiesFields};

constexpr Field kImageTemplateFields[] = {
    {.name = "location", .required = kAlways},
    {.name = "tags", .kind = Kind::TextMap, .preset = kEmptyObject},
    {.name = "identity",
     .kind = Kind::Object,
     .in = since(V2019_05_01_preview),
     .required = since(V2020_02_14),
     .shape = &kIdentity},
    {.name = "properties", .kind = Kind::Object, .required = kAlways, .shape = &kProperties},
    {.name = "id", .use = Use::Generated},
    {.name = "name", .use = Use::Generated},
    {.name = "type", .use = Use::Generated},
    {.name = "systemData", .in = since(V2021_10_01), .use = Use::Generated},
};
constexpr Shape kImageTemplate = {.name = "ImageTemplate", .fields = kImageTemplateFields};

}  // namespace

const Shape& image_template_shape() {
    return kImageTemplate;
}

}  // namespace ingot::templates
