// SPDX-License-Identifier: Apache-2.0
#include "templates/schema/spelling.h"

namespace ingot::templates {
namespace {

struct FormerName {
    std::string_view name;
    std::string_view former;
    ApiVersion until;
};

// From the published descriptions of the api-versions.
constexpr FormerName kFormerNames[] = {
    {"scriptUri", "script", ApiVersion::V2019_02_01_preview},
    {"sourceUri", "sourceURI", ApiVersion::V2019_02_01_preview},
    {"Shell", "shell", ApiVersion::V2018_02_01_preview},
    {"ManagedImage", "managedImage", ApiVersion::V2018_02_01_preview},
    {"SharedImage", "sharedImage", ApiVersion::V2018_02_01_preview},
};

}  // namespace

std::string_view spelled(std::string_view name, ApiVersion version) {
    for (const auto& former : kFormerNames) {
        if (former.name == name && version <= former.until) {
            return former.former;
        }
    }
    return name;
}

}  // namespace ingot::templates
