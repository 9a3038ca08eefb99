// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include "base/ascii.h"

namespace ingot::http {

void Headers::add(std::string name, std::string value) {
    headers_.push_back({std::move(name), std::move(value)});
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const auto& header : headers_) {
        if (base::equal_ignoring_case(header.name, name)) {
            return header.value;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& header : headers_) {
        if (base::equal_ignoring_case(header.name, name)) {
            values.push_back(header.value);
        }
    }
    return values;
}

}  // namespace ingot::http
