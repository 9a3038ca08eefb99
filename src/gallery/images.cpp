// SPDX-License-Identifier: Apache-2.0
#include "gallery/images.h"

#include "base/ascii.h"

#include <charconv>

#include <fmt/format.h>

namespace ingot::gallery {
namespace {

// One or more digits, no sign; the text after them.
std::optional<std::string_view> take_number(std::string_view text, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) {
        return std::nullopt;
    }
    return text.substr(static_cast<std::size_t>(end - text.data()));
}

}  // namespace

std::optional<VersionNumber> VersionNumber::parse(std::string_view text) {
    VersionNumber version;
    std::optional<std::string_view> rest = text;
    for (std::uint32_t* part : {&version.major, &version.minor, &version.patch}) {
        if (part != &version.major) {
            if (!rest->starts_with('.')) {
                return std::nullopt;
            }
            rest->remove_prefix(1);
        }
        rest = take_number(*rest, *part);
        if (!rest) {
            return std::nullopt;
        }
    }
    return rest->empty() ? std::optional(version) : std::nullopt;
}

std::string VersionNumber::to_string() const {
    return fmt::format("{}.{}.{}", major, minor, patch);
}

std::string ImageVersion::id() const {
    return definition_id + "/versions/" + number.to_string();
}

std::optional<VersionReference> split_version_id(std::string_view id) {
    constexpr std::string_view kInfix = "/versions/";
    const auto at = base::to_lower(id).rfind(kInfix);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    return VersionReference{.definition_id = std::string(id.substr(0, at)),
                            .version = std::string(id.substr(at + kInfix.size()))};
}

}  // namespace ingot::gallery
