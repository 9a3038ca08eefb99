// SPDX-License-Identifier: Apache-2.0
// What the identity of a template must be allowed to do before anything is built: read the source,
// write every target, join the subnet, use the identities of the build VM, own a staging group that
// was named. As the service documents it for its user-assigned identities.
#pragma once

#include "templates/model.h"

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace ingot::providers {

struct NeededRight {
    std::string action;  // Microsoft.Compute/images/write
    std::string scope;   // ARM id
};

// `properties` is the decoded template's.
[[nodiscard]] std::vector<NeededRight> rights_needed(const templates::ImageTemplate& image_template,
                                                     const boost::json::object& properties);

}  // namespace ingot::providers
