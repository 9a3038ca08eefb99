// SPDX-License-Identifier: Apache-2.0
#include "resources/resource.h"

#include <array>
#include <utility>

namespace ingot::resources {
namespace {

constexpr std::array<std::pair<OperationStatus, std::string_view>, 4> kStatuses = {
    {{OperationStatus::InProgress, "InProgress"},
     {OperationStatus::Succeeded, "Succeeded"},
     {OperationStatus::Failed, "Failed"},
     {OperationStatus::Canceled, "Canceled"}}};

}  // namespace

boost::json::object& Resource::properties() {
    auto& member = body["properties"];
    return member.is_object() ? member.get_object() : member.emplace_object();
}

const boost::json::object& Resource::properties() const {
    static const boost::json::object kNone;
    const auto* member = body.if_contains("properties");
    return member != nullptr && member->is_object() ? member->get_object() : kNone;
}

boost::json::object Resource::document() const {
    boost::json::object document{{"id", id}, {"name", name()}, {"type", type}};
    if (!location.empty()) {
        document["location"] = location;
        document["tags"] = tags;
    }
    for (const auto& [key, value] : body) {
        document[key] = value;
    }
    return document;
}

std::string to_string(OperationStatus status) {
    for (const auto& [value, word] : kStatuses) {
        if (value == status) {
            return std::string(word);
        }
    }
    return "InProgress";
}

std::optional<OperationStatus> operation_status_from(std::string_view text) {
    for (const auto& [value, word] : kStatuses) {
        if (word == text) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace ingot::resources
