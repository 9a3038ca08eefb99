// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"

#include "base/ascii.h"
#include "base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::arm {
namespace {

using base::equal_ignoring_case;

// Nothing if a segment is empty.
std::optional<std::vector<std::string>> split_segments(std::string_view text) {
    std::vector<std::string> segments;
    if (text.starts_with('/')) {
        text.remove_prefix(1);
    }
    while (true) {
        const auto slash = text.find('/');
        if (slash == 0 || text.empty()) {
            return std::nullopt;
        }
        segments.emplace_back(text.substr(0, slash));
        if (slash == std::string_view::npos) {
            return segments;
        }
        text.remove_prefix(slash + 1);
    }
}

}  // namespace

std::optional<ResourceId> ResourceId::try_parse(std::string_view text) {
    const auto segments = split_segments(text);
    // Every part is a pair: word and value, provider and namespace, type and name.
    if (!segments || segments->size() % 2 != 0) {
        return std::nullopt;
    }
    ResourceId id;
    std::size_t at = 0;
    const auto take = [&](std::string_view word, std::string& value) {
        if (at == segments->size() || !equal_ignoring_case((*segments)[at], word)) {
            return false;
        }
        value = (*segments)[at + 1];
        at += 2;
        return true;
    };
    if (take("subscriptions", id.subscription_) && take("resourceGroups", id.resource_group_)) {
        id.resource_groups_word_ = (*segments)[at - 2];
    }
    if (take("providers", id.provider_) == (at == segments->size())) {
        return std::nullopt;  // a provider without a resource, or a resource without a provider
    }
    for (; at < segments->size(); at += 2) {
        id.types_.push_back((*segments)[at]);
        id.names_.push_back((*segments)[at + 1]);
    }
    return id;
}

ResourceId ResourceId::parse(std::string_view text) {
    if (auto id = try_parse(text)) {
        return *id;
    }
    throw base::Error(base::ErrorKind::InvalidArgument,
                      "InvalidResourceId",
                      fmt::format("'{}' is not the id of an Azure resource; it should read "
                                  "/subscriptions/S/resourceGroups/RG/providers/NS/type/name",
                                  text));
}

std::string ResourceId::type() const {
    return fmt::format("{}", fmt::join(types_, "/"));
}

const std::string& ResourceId::name() const {
    if (!names_.empty()) {
        return names_.back();
    }
    return resource_group_.empty() ? subscription_ : resource_group_;
}

bool ResourceId::is(std::string_view full_type) const {
    return equal_ignoring_case(provider_ + "/" + type(), full_type);
}

std::optional<ResourceId> ResourceId::parent() const {
    ResourceId above = *this;
    if (!names_.empty()) {
        above.types_.pop_back();
        above.names_.pop_back();
        if (above.names_.empty()) {
            above.provider_.clear();
        }
    } else {
        above.subscription_ = resource_group_.empty() ? "" : subscription_;
        above.resource_group_.clear();
    }
    const bool nothing_left = above.subscription_.empty() && above.names_.empty();
    return nothing_left ? std::nullopt : std::optional(above);
}

ResourceId ResourceId::child(std::string_view type, std::string_view name) const {
    ResourceId below = *this;
    below.types_.emplace_back(type);
    below.names_.emplace_back(name);
    return below;
}

std::string ResourceId::to_string() const {
    std::string text;
    if (!subscription_.empty()) {
        text += "/subscriptions/" + subscription_;
    }
    if (!resource_group_.empty()) {
        text += fmt::format("/{}/{}", resource_groups_word_, resource_group_);
    }
    if (!names_.empty()) {
        text += "/providers/" + provider_;
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
        text += fmt::format("/{}/{}", types_[i], names_[i]);
    }
    return text;
}

std::string ResourceId::key() const {
    return base::to_lower(to_string());
}

}  // namespace ingot::arm
