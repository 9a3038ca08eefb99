// SPDX-License-Identifier: Apache-2.0
// What a std::unique_ptr needs to own an object of a C library: Freed<the library's own function>.
#pragma once

namespace ingot::base {

template <auto Free>
struct Freed {
    template <typename Thing>
    void operator()(Thing* thing) const {
        Free(thing);
    }
};

}  // namespace ingot::base
