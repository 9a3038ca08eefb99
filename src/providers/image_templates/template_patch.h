// SPDX-License-Identifier: Apache-2.0
// What a PATCH may change of an image template, by api-version: tags; the identity since
// 2019-05-01-preview; targets may be added and changed, not dropped, since 2023-07-01; the profile
// of the build VM since 2024-02-01. Everything else of a template never changes.
#pragma once

#include "resources/call.h"
#include "resources/resource.h"

namespace ingot::providers {

// `known` as the request would have it. Throws Error{InvalidArgument, "ValidationFailed"} for
// anything that cannot be changed and for what no template can hold.
[[nodiscard]] resources::Resource patched(const resources::Call& call,
                                          const resources::Resource& known);

}  // namespace ingot::providers
