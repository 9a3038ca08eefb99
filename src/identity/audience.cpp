// SPDX-License-Identifier: Apache-2.0
#include "identity/audience.h"

#include "base/ascii.h"

#include <algorithm>

namespace ingot::identity {
namespace {

std::string key_of(std::string_view audience) {
    return base::to_lower(trimmed_resource(audience));
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        if (!word.empty()) {
            words.push_back(word);
        }
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return words;
}

bool is_openid_scope(std::string_view word) {
    return word == "openid" || word == "profile" || word == "offline_access" || word == "email";
}

}  // namespace

std::string trimmed_resource(std::string_view resource) {
    while (resource.ends_with('/')) {
        resource.remove_suffix(1);
    }
    return std::string(resource);
}

std::optional<std::string> resource_of_scope(std::string_view scope) {
    constexpr std::string_view kSuffix = "/.default";
    auto words = words_of(scope);
    std::erase_if(words, is_openid_scope);
    if (words.size() != 1 || !words[0].ends_with(kSuffix)) {
        return std::nullopt;
    }
    words[0].remove_suffix(kSuffix.size());
    auto resource = trimmed_resource(words[0]);
    return resource.empty() ? std::nullopt : std::optional(std::move(resource));
}

AcceptedAudiences::AcceptedAudiences(const std::vector<std::string>& own)
    : keys_{"https://management.azure.com", "https://management.core.windows.net"} {
    for (const auto& audience : own) {
        keys_.insert(key_of(audience));
    }
}

bool AcceptedAudiences::accepts(std::string_view audience) const {
    return keys_.contains(key_of(audience));
}

bool AcceptedAudiences::accepts_any(const std::vector<std::string>& audiences) const {
    return std::any_of(audiences.begin(), audiences.end(), [this](const auto& audience) {
        return accepts(audience);
    });
}

}  // namespace ingot::identity
