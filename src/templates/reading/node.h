// SPDX-License-Identifier: Apache-2.0
// One object of a decoded document, with its place. The codec has seen to the kinds of its fields,
// so what is there is right; what is absent comes out as the default.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace ingot::templates {

class Node {
  public:
    // `object` must outlive the node.
    Node(const boost::json::object& object, base::JsonPath path);

    [[nodiscard]] const base::JsonPath& path() const { return path_; }

    [[nodiscard]] bool has(std::string_view field) const { return object_->contains(field); }

    [[nodiscard]] std::string text(std::string_view field) const;
    [[nodiscard]] int integer(std::string_view field, int fallback = 0) const;
    [[nodiscard]] bool boolean(std::string_view field) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view field) const;
    [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view field) const;
    // An empty node where there is no such object.
    [[nodiscard]] Node child(std::string_view field) const;
    [[nodiscard]] std::vector<Node> children(std::string_view field) const;
    [[nodiscard]] std::vector<std::string> keys() const;

  private:
    const boost::json::object* object_;
    base::JsonPath path_;
};

}  // namespace ingot::templates
