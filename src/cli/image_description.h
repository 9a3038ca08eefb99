// SPDX-License-Identifier: Apache-2.0
// Published images as text and JSON for people and scripts. Looking them up is gallery/'s job.
#pragma once

#include "gallery/lookup.h"

#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace ingot::cli {

// Managed images, then versions, then VHDs.
[[nodiscard]] std::vector<gallery::PublishedImage> all_images(
    const gallery::PublishedImages& images);

// ARM id, or the VHD's name.
[[nodiscard]] std::string name_of(const gallery::PublishedImage& image);
[[nodiscard]] const gallery::DiskContent& content_of(const gallery::PublishedImage& image);
[[nodiscard]] std::string one_line(const gallery::PublishedImage& image);
[[nodiscard]] boost::json::value to_json(const gallery::PublishedImage& image);

}  // namespace ingot::cli
