// SPDX-License-Identifier: Apache-2.0
// A small valid template that a test changes in one place, and short ways to what reading it gives.
#pragma once

#include "templates/reader.h"

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace ingot::templates {

inline boost::json::value minimal_template() {
    return boost::json::parse(R"({
      "apiVersion": "2022-07-01",
      "location": "westus",
      "identity": {"type": "UserAssigned", "userAssignedIdentities": {
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
      "properties": {
        "source": {"type": "PlatformImage", "publisher": "p", "offer": "o", "sku": "k", "version": "1.0.0"},
        "customize": [{"type": "Shell", "inline": ["echo hi"]}],
        "distribute": [{"type": "ManagedImage", "runOutputName": "out", "location": "westus",
                        "imageId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"}]
      }
    })");
}

// `pointer` as in RFC 6901; the last part is made if it is not there.
inline boost::json::value changed(boost::json::value document,
                                  std::string_view pointer,
                                  boost::json::value value) {
    const auto slash = pointer.rfind('/');
    auto& parent = document.at_pointer(pointer.substr(0, slash));
    const auto last = pointer.substr(slash + 1);
    if (parent.is_object()) {
        parent.get_object()[last] = std::move(value);
    } else {
        parent.get_array()[std::stoul(std::string(last))] = std::move(value);
    }
    return document;
}

inline boost::json::value with(std::string_view pointer, boost::json::value value) {
    return changed(minimal_template(), pointer, std::move(value));
}

inline boost::json::value without(std::string_view pointer) {
    auto document = minimal_template();
    const auto slash = pointer.rfind('/');
    document.at_pointer(pointer.substr(0, slash)).get_object().erase(pointer.substr(slash + 1));
    return document;
}

inline ReadResult read_text(std::string_view text, ReadOptions options = {}) {
    options.default_name = "from-file";
    options.scope.subscription_id = "sub";
    options.scope.resource_group = "rg";
    options.scope.location = "westus";
    return read_template(text, options);
}

inline ReadResult read(const boost::json::value& document) {
    return read_text(boost::json::serialize(document));
}

inline std::string test_file(const std::string& name) {
    std::ifstream file(INGOT_TEST_DATA "/templates/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// "error code [path] message" a line, notes left out.
inline std::string problems_of(const ReadResult& result) {
    std::string text;
    for (const auto& one : result.diagnostics) {
        if (one.severity != Severity::Note) {
            text += to_string(one.severity) + " " + one.code + " [" + one.path.to_string() + "] " +
                    one.message + "\n";
        }
    }
    return text;
}

inline std::string problems_of(const boost::json::value& document) {
    return problems_of(read(document));
}

}  // namespace ingot::templates
