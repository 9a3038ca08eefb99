// SPDX-License-Identifier: Apache-2.0
#include "artifact/local_uri.h"

#include "base/ascii.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace ingot::artifact {
namespace {

bool starts_with_any_case(std::string_view text, std::string_view prefix) {
    return base::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const auto digits = text.substr(i + 1, 2);
        unsigned value = 0;
        const auto parsed =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.size() != 2 || parsed.ptr != digits.data() + 2) {
            return std::nullopt;
        }
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

// What follows "file:" (RFC 8089): ///path, //localhost/path or /path.
std::optional<std::string> path_of_file_uri(std::string_view rest) {
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        const auto slash = std::min(rest.find('/'), rest.size());
        const auto host = rest.substr(0, slash);
        if (!host.empty() && host != "localhost") {
            return std::nullopt;
        }
        rest.remove_prefix(slash);
    }
    return rest.starts_with('/') ? percent_decoded(rest) : std::nullopt;
}

}  // namespace

bool is_http(std::string_view uri) {
    return starts_with_any_case(uri, "http://") || starts_with_any_case(uri, "https://");
}

std::optional<os::Path> local_path(std::string_view uri, const os::Path& base_folder) {
    constexpr std::string_view kFile = "file:";
    std::optional<std::string> path;
    if (starts_with_any_case(uri, kFile)) {
        path = path_of_file_uri(uri.substr(kFile.size()));
    } else if (uri.find("://") == std::string_view::npos) {
        path = std::string(uri);
    }
    if (!path || path->empty() || path->find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return base_folder / *path;
}

}  // namespace ingot::artifact
