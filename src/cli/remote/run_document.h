// SPDX-License-Identifier: Apache-2.0
// A run as a service shows it (…/imageTemplates/T/runs/ID) as the values that progress views and
// exit codes know. Pure.
#pragma once

#include "build/run.h"
#include "gallery/image_repository.h"

#include <vector>

#include <boost/json/object.hpp>

namespace ingot::cli {

// What is absent stays as a new Run has it.
[[nodiscard]] build::Run run_from(const boost::json::object& document);
[[nodiscard]] std::vector<gallery::RunOutput> outputs_from(const boost::json::object& document);

}  // namespace ingot::cli
