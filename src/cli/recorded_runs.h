// SPDX-License-Identifier: Apache-2.0
// Runs of this host's store as a person names them, and what is on record about how they were
// asked for. For the verbs that go back to a run.
#pragma once

#include "build/run.h"
#include "cli/local_store.h"
#include "cli/template_file.h"
#include "templates/model.h"

#include <optional>
#include <string>
#include <string_view>

namespace ingot::cli {

// The whole id or a beginning of it that only one run has; "latest" is the newest. Throws
// Error{NotFound, "RunNotFound"}.
[[nodiscard]] build::Run find_run(LocalStore& store, const std::string& typed);

// The document was valid when the run was recorded; it is read again, not trusted. Throws
// Error{Corrupt, "InvalidRunTemplate"}.
[[nodiscard]] templates::ImageTemplate template_of(const build::Run& run);

// How `ingot build` was told its template, for Run::template_arguments. Paths become absolute.
[[nodiscard]] std::string to_json_text(const TemplateArguments& arguments);
// Nothing for a run that was not started so.
[[nodiscard]] std::optional<TemplateArguments> template_arguments_of(const build::Run& run);

// The number of the customizer in "customize[2]".
[[nodiscard]] std::optional<int> customizer_number(std::string_view step_id);

}  // namespace ingot::cli
