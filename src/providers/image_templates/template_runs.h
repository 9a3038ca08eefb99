// SPDX-License-Identifier: Apache-2.0
// The runs of one image template as its clients may see them: not those of a template that had its
// name before. What a run is and who carries it out is build/ and the run queue's.
#pragma once

#include "build/run_repository.h"
#include "providers/image_templates/template_life.h"
#include "resources/call.h"
#include "resources/resource.h"
#include "resources/resource_repository.h"

#include <optional>
#include <vector>

namespace ingot::providers {

// Newest first, at most `limit`.
[[nodiscard]] std::vector<build::Run> runs_of(build::RunRepository& runs,
                                              const resources::Resource& stored,
                                              std::size_t limit);

[[nodiscard]] std::optional<build::Run> last_run_of(build::RunRepository& runs,
                                                    const resources::Resource& stored);

[[nodiscard]] bool is_run_of(const build::Run& run, const resources::Resource& stored);

// A new run of the template as it is now, put on record; it waits until somebody starts it. Nothing
// if another one is not over yet.
[[nodiscard]] std::optional<build::Run> record_run(build::RunRepository& runs,
                                                   const resources::Resource& stored,
                                                   const TemplateLife& life);

// The template that the path of anything below it begins with. Throws Error{NotFound,
// "ResourceNotFound"}, or `code`.
[[nodiscard]] resources::Resource owner_of(resources::ResourceRepository& repository,
                                           const resources::Call& call,
                                           const char* code = "ResourceNotFound");

}  // namespace ingot::providers
