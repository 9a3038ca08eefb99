// SPDX-License-Identifier: Apache-2.0
// The difference between two images as text for people and JSON for scripts. Finding it is
// gallery/difference/. Names out of an image may hold anything: in text, what a terminal would obey
// is escaped; in JSON, bytes that are not UTF-8 are.
#pragma once

#include "gallery/difference/image_difference.h"

#include <string>

#include <boost/json/value.hpp>

namespace ingot::cli {

struct DifferenceTitle {
    std::string before;  // the images' names
    std::string after;
};

struct DifferenceText {
    bool all = false;    // every file, else a cut list with whole folders in one line
    bool times = false;  // files of which only the time differs, too
};

[[nodiscard]] std::string to_text(const DifferenceTitle& title,
                                  const gallery::ImageDifference& difference,
                                  const DifferenceText& how);

// Complete, times included.
[[nodiscard]] boost::json::value to_json(const DifferenceTitle& title,
                                         const gallery::ImageDifference& difference);

// Control characters, backslashes and bytes that are not UTF-8 as \xNN.
[[nodiscard]] std::string escaped(std::string_view name);

}  // namespace ingot::cli
