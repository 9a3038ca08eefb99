// SPDX-License-Identifier: Apache-2.0
#include "resources/request_path.h"

#include "base/ascii.h"

#include <cctype>

namespace ingot::resources {
namespace {

using base::equal_ignoring_case;
using Segments = std::vector<std::string>;

constexpr std::string_view kOwnProvider = "Microsoft.Resources";

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const auto lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? std::optional(lower - 'a' + 10) : std::nullopt;
}

std::optional<std::string> decode(std::string_view segment) {
    std::string text;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        char c = segment[i];
        if (c == '%') {
            const auto high = i + 2 < segment.size() ? hex_digit(segment[i + 1]) : std::nullopt;
            const auto low = i + 2 < segment.size() ? hex_digit(segment[i + 2]) : std::nullopt;
            if (!high || !low) {
                return std::nullopt;
            }
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        }
        if (std::iscntrl(static_cast<unsigned char>(c)) != 0 || c == '/') {
            return std::nullopt;
        }
        text += c;
    }
    return text;
}

// Empty segments are dropped: az writes providers/NS//type/name.
std::optional<Segments> split(std::string_view raw) {
    Segments segments;
    while (!raw.empty()) {
        const auto slash = raw.find('/');
        const auto piece = raw.substr(0, slash);
        raw.remove_prefix(slash == std::string_view::npos ? raw.size() : slash + 1);
        if (piece.empty()) {
            continue;
        }
        auto segment = decode(piece);
        if (!segment || *segment == "." || *segment == "..") {
            return std::nullopt;
        }
        segments.push_back(std::move(*segment));
    }
    return segments;
}

std::string join(const Segments& segments, std::size_t end) {
    std::string text;
    for (std::size_t i = 0; i < end; ++i) {
        text += "/" + segments[i];
    }
    return text;
}

// Where the last provider's resources begin: after "providers/NS". Nothing if there is no provider
// with anything after it, or what comes after is the provider's own registration.
std::optional<std::size_t> find_provider(const Segments& segments) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i + 2 < segments.size(); i += 2) {
        if (equal_ignoring_case(segments[i], "providers")) {
            found = i;
        }
    }
    const auto is = [&](std::size_t at, std::string_view word) {
        return at < segments.size() && equal_ignoring_case(segments[at], word);
    };
    if (found == 2 && segments.size() == 5 && (is(4, "register") || is(4, "unregister"))) {
        return std::nullopt;
    }
    // Features are named by the provider they belong to: Microsoft.Features/providers/NS/features.
    if (found == 4 && is(2, "providers") && is(3, "Microsoft.Features")) {
        return 2;
    }
    return found;
}

void take_pairs(const Segments& segments, std::size_t begin, RequestPath& path) {
    for (; begin + 1 < segments.size(); begin += 2) {
        path.types.push_back(segments[begin]);
        path.names.push_back(segments[begin + 1]);
    }
    if (begin < segments.size()) {
        path.tail = segments[begin];
    }
}

}  // namespace

std::optional<RequestPath> RequestPath::parse(std::string_view raw) {
    const auto segments = split(raw);
    if (!segments) {
        return std::nullopt;
    }
    RequestPath path;
    const auto is = [&](std::size_t at, std::string_view word) {
        return at + 1 < segments->size() && equal_ignoring_case((*segments)[at], word);
    };
    if (is(0, "subscriptions")) {
        path.subscription = (*segments)[1];
        path.resource_group = is(2, "resourceGroups") ? (*segments)[3] : "";
    }
    if (const auto provider = find_provider(*segments)) {
        path.scope = join(*segments, *provider);
        path.provider = (*segments)[*provider + 1];
        take_pairs(*segments, *provider + 2, path);
    } else {
        path.provider = kOwnProvider;
        take_pairs(*segments, 0, path);
    }
    return path;
}

std::string RequestPath::type_key() const {
    std::string key = provider;
    for (const auto& type : types) {
        key += "/" + type;
    }
    return base::to_lower(key);
}

std::string RequestPath::key() const {
    std::string text = scope;
    if (provider != kOwnProvider || !scope.empty()) {
        text += "/providers/" + provider;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += "/" + types[i] + "/" + names[i];
    }
    return key_of(text);
}

std::string RequestPath::id(std::string_view registered_type) const {
    std::string text = scope;
    const auto slash = registered_type.find('/');
    auto rest = registered_type.substr(slash + 1);
    if (provider != kOwnProvider || !scope.empty()) {
        text += "/providers/" + std::string(registered_type.substr(0, slash));
    }
    for (const auto& name : names) {
        const auto end = rest.find('/');
        text += "/" + std::string(rest.substr(0, end)) + "/" + name;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return text;
}

std::string key_of(std::string_view id) {
    auto key = base::to_lower(id);
    while (key.ends_with('/')) {
        key.pop_back();
    }
    return key;
}

}  // namespace ingot::resources
