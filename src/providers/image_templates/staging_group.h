// SPDX-License-Identifier: Apache-2.0
// The staging resource group of a template: its name, its tags, and whether a group that exists may
// be one. As the service does it, see docs/api.md.
#pragma once

#include "resources/resource.h"
#include "resources/resource_repository.h"

#include <string>

namespace ingot::providers {

struct StagingGroup {
    resources::Resource group;
    bool adopted = false;  // it was there before, so it stays when the template goes
};

// "IT_" + the first 40 characters of <group>_<template> + "_" + guid.
[[nodiscard]] std::string staging_group_name(const std::string& group,
                                             const std::string& template_name,
                                             const std::string& guid);

// The group to write for this template. Throws Error{InvalidArgument, "BadStagingResourceGroup"}
// for a group that was named and cannot be one.
[[nodiscard]] StagingGroup staging_group_for(const resources::Resource& image_template,
                                             resources::ResourceRepository& repository);

}  // namespace ingot::providers
