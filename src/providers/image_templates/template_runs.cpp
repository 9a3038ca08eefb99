// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/template_runs.h"

#include "base/error.h"
#include "base/uuid.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_provisioning.h"
#include "resources/request_path.h"

#include <utility>

#include <fmt/format.h>

namespace ingot::providers {

std::vector<build::Run> runs_of(build::RunRepository& runs,
                                const resources::Resource& stored,
                                std::size_t limit) {
    auto found = runs.runs_of(resources::key_of(stored.id), limit);
    std::erase_if(found, [&](const build::Run& run) { return !is_run_of(run, stored); });
    return found;
}

std::optional<build::Run> last_run_of(build::RunRepository& runs,
                                      const resources::Resource& stored) {
    auto found = runs_of(runs, stored, 1);
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

// The folder is named by a template's own UUID, and is on record with each run.
bool is_run_of(const build::Run& run, const resources::Resource& stored) {
    return run.template_key == resources::key_of(stored.id) &&
           run.template_folder.ends_with("/" + text_in(stored.internal, "guid"));
}

std::optional<build::Run> record_run(build::RunRepository& runs,
                                     const resources::Resource& stored,
                                     const TemplateLife& life) {
    build::Run run{.id = base::new_uuid(),
                   .template_name = stored.name(),
                   .template_json = run_document(stored, staged_files(stored)),
                   .template_folder = staging_folder(stored, life).string(),
                   .started = base::now(),
                   .template_key = resources::key_of(stored.id)};
    try {
        runs.create(run);
    } catch (const base::Error& error) {
        if (error.code() == "RunInProgress") {
            return std::nullopt;
        }
        throw;
    }
    return run;
}

resources::Resource owner_of(resources::ResourceRepository& repository,
                             const resources::Call& call,
                             const char* code) {
    auto path = call.path;
    path.types.resize(1);
    path.names.resize(1);
    path.tail.clear();
    auto found = repository.find(path.key());
    if (!found) {
        throw base::Error(
            base::ErrorKind::NotFound,
            code,
            fmt::format("The Resource '{}/{}' under resource group '{}' was not found.",
                        kImageTemplates,
                        path.names.front(),
                        path.resource_group));
    }
    return std::move(*found);
}

}  // namespace ingot::providers
