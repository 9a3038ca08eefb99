// SPDX-License-Identifier: Apache-2.0
#include "templates/reading/node.h"

#include <utility>

#include <boost/json/array.hpp>

namespace ingot::templates {

Node::Node(const boost::json::object& object, base::JsonPath path)
    : object_(&object), path_(std::move(path)) {}

std::string Node::text(std::string_view field) const {
    const auto* value = object_->if_contains(field);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

int Node::integer(std::string_view field, int fallback) const {
    const auto* value = object_->if_contains(field);
    return value == nullptr ? fallback : static_cast<int>(value->as_int64());
}

bool Node::boolean(std::string_view field) const {
    const auto* value = object_->if_contains(field);
    return value != nullptr && value->as_bool();
}

std::vector<std::string> Node::texts(std::string_view field) const {
    std::vector<std::string> texts;
    if (const auto* value = object_->if_contains(field)) {
        for (const auto& element : value->as_array()) {
            texts.emplace_back(element.as_string());
        }
    }
    return texts;
}

std::map<std::string, std::string> Node::text_map(std::string_view field) const {
    std::map<std::string, std::string> map;
    if (const auto* value = object_->if_contains(field)) {
        for (const auto& [key, member] : value->as_object()) {
            map.emplace(key, member.as_string());
        }
    }
    return map;
}

Node Node::child(std::string_view field) const {
    static const boost::json::object kNone;
    const auto* value = object_->if_contains(field);
    return {value == nullptr ? kNone : value->as_object(), path_ / field};
}

std::vector<Node> Node::children(std::string_view field) const {
    std::vector<Node> nodes;
    if (const auto* value = object_->if_contains(field)) {
        std::size_t index = 0;
        for (const auto& element : value->as_array()) {
            const auto place = path_ / field / index++;
            if (const auto* object = element.if_object()) {
                nodes.emplace_back(*object, place);
            }
        }
    }
    return nodes;
}

std::vector<std::string> Node::keys() const {
    std::vector<std::string> keys;
    for (const auto& member : *object_) {
        keys.emplace_back(member.key());
    }
    return keys;
}

}  // namespace ingot::templates
