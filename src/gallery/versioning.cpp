// SPDX-License-Identifier: Apache-2.0
#include "gallery/versioning.h"

#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

namespace ingot::gallery {
namespace {

using base::Error;
using base::ErrorKind;

VersionNumber with_next_patch(VersionNumber version) {
    if (version.patch == std::numeric_limits<std::uint32_t>::max()) {
        throw Error(ErrorKind::Conflict,
                    "VersionsExhausted",
                    fmt::format("there is no version after {}; use another major or minor version",
                                version.to_string()));
    }
    ++version.patch;
    return version;
}

std::optional<VersionNumber> highest_of(std::span<const VersionNumber> versions,
                                        std::optional<std::uint32_t> major) {
    std::optional<VersionNumber> highest;
    for (const auto& version : versions) {
        if (!major || version.major == *major) {
            highest = std::max(highest, std::optional(version));
        }
    }
    return highest;
}

}  // namespace

VersionNumber next_latest(std::span<const VersionNumber> existing, std::optional<int> major) {
    std::optional<std::uint32_t> wanted;
    if (major && *major >= 0) {
        wanted = static_cast<std::uint32_t>(*major);
    }
    if (const auto highest = highest_of(existing, wanted)) {
        return with_next_patch(*highest);
    }
    const auto first = wanted.value_or(0);
    return {.major = first, .minor = 0, .patch = first == 0 ? 1U : 0U};
}

VersionNumber next_from_source(std::span<const VersionNumber> existing,
                               std::string_view exact_source) {
    const auto start = exact_source.find_last_of(":/") + 1;  // npos + 1 is 0: the whole text
    auto version = VersionNumber::parse(exact_source.substr(start));
    if (!version) {
        throw Error(ErrorKind::InvalidArgument,
                    "SourceHasNoVersion",
                    fmt::format("the source {} has no version of the form X.Y.Z to number by; use "
                                "versioning scheme Latest or give the version in galleryImageId",
                                exact_source));
    }
    while (std::ranges::find(existing, *version) != existing.end()) {
        version = with_next_patch(*version);
    }
    return *version;
}

VersionNumber next_dated(std::span<const VersionNumber> existing, base::Timestamp now) {
    using namespace std::chrono;
    constexpr sys_days kDayZero = year(1955) / January / 1;
    const auto day = floor<days>(now);
    const VersionNumber dated = {
        .major = 0,
        .minor = static_cast<std::uint32_t>((day - kDayZero).count()),
        .patch = static_cast<std::uint32_t>(floor<seconds>(now - day).count())};
    const auto newest = highest_of(existing, 0);
    return newest && dated <= *newest ? with_next_patch(*newest) : dated;
}

const ImageVersion* latest_of(std::span<const ImageVersion> versions,
                              std::string_view definition_id) {
    const ImageVersion* latest = nullptr;
    for (const auto& version : versions) {
        if (!version.exclude_from_latest &&
            base::equal_ignoring_case(version.definition_id, definition_id) &&
            (latest == nullptr || latest->number < version.number)) {
            latest = &version;
        }
    }
    return latest;
}

}  // namespace ingot::gallery
