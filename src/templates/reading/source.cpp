// SPDX-License-Identifier: Apache-2.0
#include "templates/reading/parts.h"

namespace ingot::templates {

Source read_source(const Node& source, Findings& findings) {
    const std::string type = source.text("type");
    if (type == "ManagedImage") {
        return ManagedImageSource{source.text("imageId")};
    }
    if (type == "SharedImageVersion") {
        return SharedImageVersionSource{source.text("imageVersionId")};
    }
    if (type == "ISO") {
        findings.add(Severity::Error,
                     "BadISOSource",
                     source.path() / "type",
                     "A source of type 'ISO' is not supported: the service removed it in "
                     "api-version 2020-02-14. Start from a PlatformImage, ManagedImage or "
                     "SharedImageVersion.");
    }
    return PlatformImageSource{.publisher = source.text("publisher"),
                               .offer = source.text("offer"),
                               .sku = source.text("sku"),
                               .version = source.text("version")};
}

}  // namespace ingot::templates
