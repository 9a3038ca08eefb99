// SPDX-License-Identifier: Apache-2.0
#include "disk/vhd.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)ingot::disk::parse_vhd_footer(std::as_bytes(std::span(data, size)));
    return 0;
}
