// SPDX-License-Identifier: Apache-2.0
#include "providers/compute_rules.h"

#include "base/ascii.h"

#include <algorithm>
#include <cctype>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;

bool is_letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// gallery, or gallery/definition: the names of all but the last.
std::string parent_names(const resources::RequestPath& path) {
    return fmt::format("{}", fmt::join(path.names.begin(), path.names.end() - 1, "/"));
}

bool equal_without_case(const boost::json::value& a, const boost::json::value& b) {
    return a.is_string() && b.is_string()
               ? base::equal_ignoring_case(a.get_string(), b.get_string())
               : a == b;
}

}  // namespace

Error invalid_parameter(const std::string& property, const std::string& message) {
    return {ErrorKind::InvalidArgument, "InvalidParameter", message, property};
}

void drop_nulls(object& members) {
    for (auto member = members.begin(); member != members.end();) {
        if (member->value().is_null()) {
            member = members.erase(member);
            continue;
        }
        if (member->value().is_object()) {
            drop_nulls(member->value().get_object());
        } else if (member->value().is_array()) {
            for (auto& entry : member->value().get_array()) {
                if (entry.is_object()) {
                    drop_nulls(entry.get_object());
                }
            }
        }
        ++member;
    }
}

void check_name(const std::string& name, std::string_view what, bool may_have_dashes) {
    constexpr std::size_t kLongest = 80;
    const auto may_be_inside = [&](char c) {
        return is_letter_or_digit(c) || c == '_' || c == '.' || (may_have_dashes && c == '-');
    };
    const bool good = !name.empty() && name.size() <= kLongest &&
                      is_letter_or_digit(name.front()) && is_letter_or_digit(name.back()) &&
                      std::ranges::all_of(name, may_be_inside);
    if (!good) {
        throw invalid_parameter(
            std::string(what),
            fmt::format("The entity name '{}' is invalid according to its validation rule: it has "
                        "1 to {} letters, digits, underscores{} periods, and begins and ends with "
                        "a letter or digit.",
                        what,
                        kLongest,
                        may_have_dashes ? ", hyphens and" : " and"));
    }
}

std::string required_text(const object& members, std::string_view name, const std::string& path) {
    const auto property = fmt::format("{}.{}", path, name);
    const auto* member = members.if_contains(name);
    if (member == nullptr) {
        throw invalid_parameter(
            property, fmt::format("Required parameter '{}' is missing (null).", property));
    }
    if (!member->is_string() || member->get_string().empty()) {
        throw invalid_parameter(property,
                                fmt::format("The value of parameter {} is invalid.", property));
    }
    return std::string(member->get_string());
}

void check_word(object& members,
                std::string_view name,
                const std::string& path,
                std::initializer_list<std::string_view> words) {
    auto* member = members.if_contains(name);
    if (member == nullptr) {
        return;
    }
    const auto is_it = [&](std::string_view word) {
        return member->is_string() && base::equal_ignoring_case(member->get_string(), word);
    };
    const auto* found = std::ranges::find_if(words, is_it);
    if (found == words.end()) {
        const auto property = fmt::format("{}.{}", path, name);
        throw invalid_parameter(property,
                                fmt::format("The value {} of parameter {} is invalid. It must be "
                                            "one of: {}.",
                                            boost::json::serialize(*member),
                                            property,
                                            fmt::join(words, ", ")));
    }
    *member = *found;
}

std::optional<base::Timestamp> date_from(std::string_view text) {
    constexpr std::size_t kDateAlone = 10;
    std::string whole(text);
    if (whole.size() == kDateAlone) {
        whole += "T00:00:00Z";
    }
    return base::from_rfc3339(whole);
}

void check_date(const object& members, std::string_view name, const std::string& path) {
    const auto* member = members.if_contains(name);
    if (member == nullptr ||
        (member->is_string() && date_from(std::string_view(member->get_string())))) {
        return;
    }
    const auto property = fmt::format("{}.{}", path, name);
    throw invalid_parameter(
        property,
        fmt::format("Could not convert string to DateTimeOffset: {}. Path '{}'.",
                    boost::json::serialize(*member),
                    property));
}

void keep_property(object& after,
                   const object& before,
                   std::string_view name,
                   const std::string& path) {
    const auto* old_value = before.if_contains(name);
    auto& new_value = after[name];
    if (new_value.is_null() && old_value != nullptr) {
        new_value = *old_value;
    } else if (old_value == nullptr || !equal_without_case(new_value, *old_value)) {
        throw change_not_allowed(fmt::format("{}.{}", path, name));
    }
}

Error change_not_allowed(const std::string& property) {
    return {ErrorKind::Conflict,
            "PropertyChangeNotAllowed",
            fmt::format("Changing property '{}' is not allowed.", property),
            property};
}

void require_parent(resources::ResourceRepository& repository, const resources::Call& call) {
    auto above = call.path;
    above.types.pop_back();
    above.names.pop_back();
    if (!repository.find(above.key())) {
        throw Error(ErrorKind::NotFound,
                    "ParentResourceNotFound",
                    fmt::format("Can not perform requested operation on nested resource. Parent "
                                "resource '{}' not found.",
                                parent_names(call.path)));
    }
}

void refuse_children(resources::ResourceRepository& repository,
                     const std::string& key,
                     std::string_view child_type) {
    resources::ResourceFilter children;
    children.type = child_type;
    children.below = key;
    children.limit = 1;
    if (!repository.list(children).empty()) {
        throw Error(ErrorKind::Conflict,
                    "CannotDeleteResource",
                    "Can not delete resource before nested resources are deleted.");
    }
}

}  // namespace ingot::providers
