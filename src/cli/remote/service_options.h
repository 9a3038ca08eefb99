// SPDX-License-Identifier: Apache-2.0
// What the command line says of the service that a verb is for.
#pragma once

#include <string>

namespace ingot::cli {

struct ServiceOptions {
    std::string service{};       // --service: a URL, unix:PATH, or empty
    std::string subscription{};  // --subscription
    std::string group{};         // --group
};

}  // namespace ingot::cli
