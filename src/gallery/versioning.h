// SPDX-License-Identifier: Apache-2.0
// How the version of a newly published image is numbered, and which version "latest" means. Pure:
// the repository calls these with the versions that a definition has (image_repository.h). All
// throw Error{Conflict, VersionsExhausted} when the 32-bit patch number runs out.
#pragma once

#include "base/timestamp.h"
#include "gallery/images.h"

#include <optional>
#include <span>
#include <string_view>

namespace ingot::gallery {

// Scheme Latest: the highest version (of `major`, where it is given and not negative) with its
// patch raised by one. The service does not document the first version; ours is 0.0.1 in an empty
// definition and M.0.0 in an empty major M (0.0.1 where M is 0, so that no image is 0.0.0).
[[nodiscard]] VersionNumber next_latest(std::span<const VersionNumber> existing,
                                        std::optional<int> major);

// Scheme Source: the X.Y.Z at the end of `exact_source` (a URN or an ARM id; leading zeros are
// dropped), with its patch raised until it is free. Throws Error{InvalidArgument,
// SourceHasNoVersion} if there is none, as with managed images.
[[nodiscard]] VersionNumber next_from_source(std::span<const VersionNumber> existing,
                                             std::string_view exact_source);

// Without a scheme, as old templates are numbered: 0.<day>.<second of the day>, UTC. Day 0 is
// 1955-01-01: of all firsts of January only this one puts the versions on record where they belong
// (0.23440 into March 2019, 0.23768 into January 2020, 0.24105 to 2020-12-30, 0.24793 to
// 2022-11-18). Strictly rising: where the clock gives no more than the highest 0.x.y, that one's
// patch is raised instead.
[[nodiscard]] VersionNumber next_dated(std::span<const VersionNumber> existing,
                                       base::Timestamp now);

// The highest version of this definition that is not excluded from latest, or null.
[[nodiscard]] const ImageVersion* latest_of(std::span<const ImageVersion> versions,
                                            std::string_view definition_id);

}  // namespace ingot::gallery
