// SPDX-License-Identifier: Apache-2.0
// Steps, roots and overlays for the tests of layers: real customizers and real files.
#pragma once

#include "build/layers/layer_key.h"
#include "build/steps.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ingot::build {

inline LayerRoot sample_root() {
    return {.scope = "/subscriptions/s",
            .base = base::sha256("base"),
            .generation = arm::HyperVGeneration::V2,
            .os_type = "Linux",
            .vcpus = 2,
            .memory = base::ByteCount::gib(4),
            .disk_size = base::ByteCount::gib(30),
            .way_in = "direct",
            .engine = "true\n"};
}

// A template of Shell customizers with these names and lines.
inline templates::ImageTemplate template_of_lines(
    const std::vector<std::pair<std::string, std::string>>& names_and_lines) {
    templates::ImageTemplate made;
    for (const auto& [name, line] : names_and_lines) {
        made.customize.push_back(
            {.name = name,
             .action = templates::ShellStep{
                 .script_uri = "", .inline_lines = {line}, .sha256_checksum = ""}});
    }
    return made;
}

inline std::vector<PreparedStep> prepared(const templates::ImageTemplate& image_template,
                                          const os::Path& scratch) {
    return prepare_steps(
        image_template.customize,
        {.kind = "customize", .os_type = "Linux", .template_folder = scratch, .scratch = scratch},
        base::Cancellation());
}

}  // namespace ingot::build
