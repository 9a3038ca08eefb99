// SPDX-License-Identifier: Apache-2.0
// Finds out what exactly a catalogue's download entry means today: the URL and the checksum its
// publisher promises for it. The index parsers are pure; downloading the image is
// artifact::DownloadCache's job.
#pragma once

#include "artifact/checksum.h"
#include "base/cancellation.h"
#include "os/files.h"
#include "sources/catalog.h"

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace ingot::sources {

struct LocatedDownload {
    std::string url;
    artifact::Checksum checksum;
    std::string version;  // of the publisher, where the index names one; else empty
};

// Fetches the index where there is one (into `scratch`). Throws what artifact::fetch throws, and
// Error{Unavailable, "NoChecksum"} if the publisher promises none.
[[nodiscard]] LocatedDownload locate_download(const Download& download,
                                              const os::Path& scratch,
                                              const base::Cancellation& cancellation);

// A line "<hex>  name", "<hex> *name" or "SHA256 (name) = <hex>" (coreutils and BSD forms).
[[nodiscard]] std::optional<artifact::Checksum> find_checksum(std::string_view list,
                                                              std::string_view file_name);

// The newest version of a product in a simplestreams index ("products:1.0").
[[nodiscard]] LocatedDownload find_in_simplestreams(const boost::json::value& index,
                                                    const Download& download);

}  // namespace ingot::sources
