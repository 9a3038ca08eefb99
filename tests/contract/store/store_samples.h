// SPDX-License-Identifier: Apache-2.0
// Runs and images for tests of the stores: every field set, no two alike.
#pragma once

#include "build/run.h"
#include "gallery/image_repository.h"

#include <string>

namespace ingot::store {

inline const std::string kDefinition =
    "/subscriptions/S/resourceGroups/Rg/providers/Microsoft.Compute/galleries/G/images/D";

inline base::Timestamp sample_time(int millisecond) {
    return base::from_rfc3339("2026-11-20T09:17:31.000Z").value() +
           std::chrono::milliseconds(millisecond);
}

inline build::Run sample_run(const std::string& id, int millisecond = 0) {
    return {.id = id,
            .template_name = "hello",
            .template_json = R"({"name":"hello"})",
            .template_folder = "/templates/hello",
            .exact_source = "a:b:c:1.2.3",
            .state = build::RunState::Running,
            .sub_state = build::RunSubState::Building,
            .started = sample_time(millisecond),
            .ended = std::nullopt,
            .failure = {},
            .keep_vm_on_error = true,
            .choices = {.use_cache = false, .use_warm = false, .cloud_init = true, .from_step = 3},
            .template_arguments = R"({"file":"/templates/hello/t.json"})"};
}

inline gallery::DiskContent sample_content(const std::string& seed = "disk") {
    return {.digest = base::sha256(seed),
            .virtual_size = base::ByteCount::gib(30),
            .data_size = base::ByteCount::mib(700),
            .generation = arm::HyperVGeneration::V2,
            .os_type = "Linux"};
}

inline gallery::Provenance sample_provenance() {
    return {.run_id = "run", .template_name = "hello", .source = "a:b:c:1.2.3"};
}

inline gallery::RunOutput sample_output(const std::string& name) {
    return {.run_id = "run",
            .template_name = "hello",
            .name = name,
            .artifact_id = "/artifact/" + name,
            .artifact_uri = "file:///" + name};
}

inline gallery::ImageVersion sample_version(const std::string& definition_id = kDefinition) {
    return {
        .definition_id = definition_id,
        .number = {},
        .regions = {{.name = "local", .replica_count = 2, .storage_account_type = "Premium_LRS"},
                    {.name = "west", .replica_count = 1, .storage_account_type = "Standard_LRS"}},
        .exclude_from_latest = true,
        .tags = {{"team", "\"images\" \xc3\xa4"}, {"empty", ""}},
        .content = sample_content(),
        .provenance = sample_provenance(),
        .published = sample_time(1)};
}

inline gallery::ManagedImage sample_managed_image(const std::string& id) {
    return {.id = id,
            .location = "local",
            .tags = {{"team", "images"}},
            .content = sample_content(),
            .provenance = sample_provenance(),
            .created = sample_time(2)};
}

inline gallery::Vhd sample_vhd(const std::string& name) {
    return {.name = name,
            .uri = "file:///vhds/" + name,
            .tags = {{"team", "images"}},
            .content = sample_content(),
            .provenance = sample_provenance(),
            .created = sample_time(3)};
}

}  // namespace ingot::store
