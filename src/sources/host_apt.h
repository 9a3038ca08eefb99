// SPDX-License-Identifier: Apache-2.0
// What this host's apt knows about a Debian release: its package sources and the options that a
// recipe must honour to use them. Reading configuration only; making images of it is the recipe's
// job.
#pragma once

#include "base/cancellation.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace ingot::sources {

struct AptSetup {
    std::string sources;  // deb822 stanzas
    std::string options;  // lines for apt.conf
};

// The stanzas of `text` (deb822, as in *.sources) that fetch binary packages of `release` or its
// updates and security suites, without comments.
[[nodiscard]] std::string select_deb822(std::string_view text, const std::string& release);

// The same for one-line entries (as in *.list), turned into deb822.
[[nodiscard]] std::string select_one_line(std::string_view text, const std::string& release);

// From /etc/apt, or from the file named in INGOT_APT_SOURCES (deb822). Throws
// Error{NotFound, "NoAptSources"} with what to do on a host whose apt does not know the release.
[[nodiscard]] AptSetup host_apt(const std::string& release, const base::Cancellation& cancellation);

}  // namespace ingot::sources
