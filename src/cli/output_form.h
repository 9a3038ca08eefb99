// SPDX-License-Identifier: Apache-2.0
// What --output asks for.
#pragma once

namespace ingot::cli {

enum class OutputForm { Automatic, Text, Json };

}  // namespace ingot::cli
