// SPDX-License-Identifier: Apache-2.0
// properties.customize and properties.validate.inVMValidations
#include "templates/schema/parts.h"
#include "templates/schema/text_checks.h"

namespace ingot::templates {
namespace {

using enum ApiVersion;

constexpr Field kStepFields[] = {{.name = "name"}};

// `inline` came to Shell later than the rest (PowerShell itself is as old as that).
constexpr Field kShellFields[] = {
    {.name = "scriptUri"},
    {.name = "sha256Checksum", .in = since(V2019_05_01_preview), .accepts = is_sha256},
    {.name = "inline", .kind = Kind::TextList, .in = since(V2019_02_01_preview)},
};
constexpr Shape kShell = {.name = "ImageTemplateShellCustomizer", .fields = kShellFields};
constexpr Shape kShellValidator = {.name = "ImageTemplateShellValidator", .fields = kShellFields};

constexpr Field kPowerShellFields[] = {
    {.name = "scriptUri"},
    {.name = "sha256Checksum", .in = since(V2019_05_01_preview), .accepts = is_sha256},
    {.name = "inline", .kind = Kind::TextList},
    {.name = "runElevated",
     .kind = Kind::Boolean,
     .in = since(V2019_05_01_preview),
     .preset = kFalse},
    {.name = "runAsSystem", .kind = Kind::Boolean, .in = since(V2020_02_14), .preset = kFalse},
    {.name = "validExitCodes", .kind = Kind::IntegerList},
};
constexpr Shape kPowerShell = {.name = "ImageTemplatePowerShellCustomizer",
                               .fields = kPowerShellFields};
constexpr Shape kPowerShellValidator = {.name = "ImageTemplatePowerShellValidator",
                                        .fields = kPowerShellFields};

constexpr Field kRestartFields[] = {
    {.name = "restartCommand"},
    {.name = "restartCheckCommand"},
    {.name = "restartTimeout"},
};
constexpr Shape kRestart = {.name = "ImageTemplateRestartCustomizer", .fields = kRestartFields};

constexpr Field kUpdateFields[] = {
    {.name = "searchCriteria"},
    {.name = "filters", .kind = Kind::TextList},
    {.name = "updateLimit", .kind = Kind::Integer, .least = 0},
};
constexpr Shape kUpdate = {.name = "ImageTemplateWindowsUpdateCustomizer", .fields = kUpdateFields};

// No description requires the two, but without them there is nothing to copy.
constexpr Field kFileFields[] = {
    {.name = "sourceUri", .required = kAlways},
    {.name = "destination", .required = kAlways, .accepts = is_absolute_file_path},
    {.name = "sha256Checksum", .accepts = is_sha256},
};
constexpr Shape kFile = {.name = "ImageTemplateFileCustomizer", .fields = kFileFields};
constexpr Shape kFileValidator = {.name = "ImageTemplateFileValidator", .fields = kFileFields};

constexpr Variant kCustomizers[] = {
    {.name = "Shell", .shape = &kShell},
    {.name = "PowerShell", .shape = &kPowerShell, .in = since(V2019_02_01_preview)},
    {.name = "WindowsRestart", .shape = &kRestart, .in = since(V2019_02_01_preview)},
    {.name = "WindowsUpdate", .shape = &kUpdate, .in = since(V2020_02_14)},
    {.name = "File", .shape = &kFile, .in = since(V2019_05_01_preview)},
};

constexpr Variant kValidators[] = {
    {.name = "Shell", .shape = &kShellValidator},
    {.name = "PowerShell", .shape = &kPowerShellValidator},
    {.name = "File", .shape = &kFileValidator, .in = since(V2022_07_01)},
};

}  // namespace

const Shape kCustomizer = {.name = "ImageTemplateCustomizer",
                           .fields = kStepFields,
                           .discriminator = "type",
                           .variants = kCustomizers,
                           .unknown_code = "BadCustomizerType",
                           .unsupported_code = "UnsupportedCustomizerType"};

const Shape kValidator = {.name = "ImageTemplateInVMValidator",
                          .fields = kStepFields,
                          .discriminator = "type",
                          .variants = kValidators,
                          .unknown_code = "BadValidatorType",
                          .unsupported_code = "UnsupportedValidatorType"};

}  // namespace ingot::templates
