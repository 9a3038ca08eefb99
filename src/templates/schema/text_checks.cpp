// SPDX-License-Identifier: Apache-2.0
#include "templates/schema/text_checks.h"

#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/digest.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace ingot::templates {
namespace {

constexpr std::string_view kVersionType = "Microsoft.Compute/galleries/images/versions";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_letter_or_digit(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

bool is_id_of(std::string_view text, std::string_view type) {
    const auto id = arm::ResourceId::try_parse(text);
    return id && id->is(type) && !id->resource_group().empty();
}

std::string name_in(std::string_view id) {
    return arm::ResourceId::parse(id).name();
}

}  // namespace

bool is_name(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
    });
}

bool is_name_without_dots(std::string_view text) {
    return is_name(text) && text.find('.') == std::string_view::npos;
}

bool is_sha256(std::string_view text) {
    return base::Sha256Digest::from_hex(text).has_value();
}

bool is_absolute_file_path(std::string_view text) {
    const bool on_drive = text.size() > 3 && is_letter(text[0]) && text[1] == ':' &&
                          (text[2] == '\\' || text[2] == '/');
    const bool absolute = on_drive || (text.size() > 1 && text[0] == '/');
    return absolute && text.back() != '/' && text.back() != '\\' &&
           text.find('\0') == std::string_view::npos;
}

bool is_uri(std::string_view text) {
    const auto scheme = text.substr(0, text.find("://"));
    return !scheme.empty() && scheme.size() + 3 < text.size() && is_letter(scheme[0]) &&
           std::ranges::all_of(scheme, [](char c) {
               return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
           });
}

bool is_version_number(std::string_view text) {
    for (int i = 0; i < 3; ++i) {
        if (i > 0) {
            if (!text.starts_with('.')) {
                return false;
            }
            text.remove_prefix(1);
        }
        std::int32_t number = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
        const auto digits = static_cast<std::size_t>(parsed.ptr - text.data());
        const bool padded = digits > 1 && text[0] == '0';
        if (parsed.ec != std::errc() || text[0] == '-' || padded) {
            return false;
        }
        text.remove_prefix(digits);
    }
    return text.empty();
}

bool is_managed_image_id(std::string_view text) {
    return is_id_of(text, "Microsoft.Compute/images");
}

bool is_gallery_image_id(std::string_view text) {
    return is_id_of(text, "Microsoft.Compute/galleries/images") || is_image_version_id(text);
}

bool is_image_version_id(std::string_view text) {
    return is_id_of(text, kVersionType) && is_version_number(name_in(text));
}

bool is_image_version_or_latest_id(std::string_view text) {
    return is_id_of(text, kVersionType) &&
           (is_version_number(name_in(text)) || base::equal_ignoring_case(name_in(text), "latest"));
}

bool is_identity_id(std::string_view text) {
    return is_id_of(text, "Microsoft.ManagedIdentity/userAssignedIdentities");
}

bool is_subnet_id(std::string_view text) {
    return is_id_of(text, "Microsoft.Network/virtualNetworks/subnets");
}

bool is_resource_group_id(std::string_view text) {
    const auto id = arm::ResourceId::try_parse(text);
    return id && id->names().empty() && !id->resource_group().empty();
}

}  // namespace ingot::templates
