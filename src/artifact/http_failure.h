// SPDX-License-Identifier: Apache-2.0
// What an HTTP failure means to whoever wanted an artifact: the artifact's codes, and a sentence
// that says what to do.
#pragma once

#include "base/error.h"
#include "http/client.h"

namespace ingot::artifact {

// `attempts` is how often it was tried.
[[nodiscard]] base::Error artifact_error(const http::HttpError& failure, int attempts);

}  // namespace ingot::artifact
