// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/rpm_header.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view blob(reinterpret_cast<const char*>(data), size);
    const auto package = ingot::gallery::parse_rpm_header(blob);
    if (package && package->name.empty()) {
        std::abort();
    }
    return 0;
}
