// SPDX-License-Identifier: Apache-2.0
#include "resources/request_path.h"

#include "base/ascii.h"

#include <algorithm>
#include <iterator>

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

// How many bytes follow the first byte of a character; nothing for what is none.
std::optional<std::size_t> bytes_after(unsigned char first) {
    if (first < 0x80) {
        return 0;
    }
    if (first >= 0xC2 && first < 0xF5) {
        return first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    }
    return std::nullopt;
}

// The character at the beginning of `text`, which has all of its bytes; nothing for overlong forms,
// surrogates and bytes that continue nothing.
std::optional<char32_t> character(std::string_view text) {
    constexpr char32_t kLowest[] = {0, 0x80, 0x800, 0x10000};
    const auto more = text.size() - 1;
    auto value = static_cast<char32_t>(static_cast<unsigned char>(text.front()));
    value &= more == 0 ? 0x7FU : 0x3FU >> more;
    for (const char c : text.substr(1)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) != 0x80) {
            return std::nullopt;
        }
        value = (value << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    return value < kLowest[more] || surrogate || value > 0x10FFFF ? std::nullopt
                                                                  : std::optional(value);
}

// Ids go into JSON, which carries nothing else.
bool is_utf8(std::string_view text) {
    if (std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) {
        return true;
    }
    while (!text.empty()) {
        const auto more = bytes_after(static_cast<unsigned char>(text.front()));
        if (!more || *more >= text.size() || !character(text.substr(0, *more + 1))) {
            return false;
        }
        text.remove_prefix(*more + 1);
    }
    return true;
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
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (is_control || c == '/') {
            return std::nullopt;
        }
        text += c;
    }
    return is_utf8(text) ? std::optional(text) : std::nullopt;
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
    const bool of_registration = is(4, "register") || is(4, "unregister") || is(4, "resourceTypes");
    if (found == 2 && segments.size() == 5 && of_registration) {
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

// The first words of Azure Resource Manager itself. They stand at the beginning and nowhere else:
// a path that names them behind the provider would be a second spelling of the same resource.
bool is_first_word(std::string_view word) {
    constexpr std::string_view kWords[] = {"subscriptions", "tenants", "providers"};
    return std::any_of(std::begin(kWords), std::end(kWords), [&](auto known) {
        return equal_ignoring_case(known, word);
    });
}

bool begins_rightly(const RequestPath& path) {
    const auto& first = path.types.empty() ? path.tail : path.types.front();
    if (!path.has_provider) {
        return is_first_word(first);
    }
    return !equal_ignoring_case(path.provider, kOwnProvider) || !is_first_word(first);
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
        path.has_provider = true;
        path.scope = join(*segments, *provider);
        path.provider = (*segments)[*provider + 1];
        take_pairs(*segments, *provider + 2, path);
    } else {
        path.provider = kOwnProvider;
        take_pairs(*segments, 0, path);
    }
    return begins_rightly(path) ? std::optional(path) : std::nullopt;
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
    if (has_provider) {
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
    if (has_provider) {
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
