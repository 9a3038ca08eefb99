// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"
#include "http/client.h"

#include <algorithm>
#include <array>

namespace ingot::http {
namespace {

// Query parameters that are secrets: Azure SAS, S3 and Google signatures, common tokens.
bool is_secret(std::string_view name) {
    constexpr std::array<std::string_view, 12> kSecrets = {"sig",
                                                           "signature",
                                                           "token",
                                                           "access_token",
                                                           "x-amz-signature",
                                                           "x-amz-credential",
                                                           "x-amz-security-token",
                                                           "x-goog-signature",
                                                           "x-goog-credential",
                                                           "password",
                                                           "secret",
                                                           "code"};
    return std::any_of(kSecrets.begin(), kSecrets.end(), [&](std::string_view secret) {
        return base::equal_ignoring_case(name, secret);
    });
}

// scheme://user:password@host/path: drops what stands before the last @ of the authority.
std::string without_user(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return std::string(url);
    }
    const auto start = scheme + 3;
    const auto end = std::min(url.find_first_of("/?#", start), url.size());
    const auto at = url.substr(start, end - start).rfind('@');
    if (at == std::string_view::npos) {
        return std::string(url);
    }
    return std::string(url.substr(0, start)) + std::string(url.substr(start + at + 1));
}

}  // namespace

std::string redact_url(std::string_view url) {
    auto open = without_user(url);
    const auto query = open.find('?');
    if (query == std::string::npos) {
        return open;
    }
    std::string shown = open.substr(0, query);
    for (auto start = query; start < open.size();) {
        const auto end = std::min(open.find_first_of("&#", start + 1), open.size());
        const auto parameter = open.substr(start, end - start);  // with its ? or &
        const auto equals = parameter.find('=');
        const bool hide = equals != std::string::npos && is_secret(parameter.substr(1, equals - 1));
        shown += hide ? parameter.substr(0, equals) + "=REDACTED" : parameter;
        start = end;
    }
    return shown;
}

}  // namespace ingot::http
