// SPDX-License-Identifier: Apache-2.0
// Which packages are installed in a root file system: finds and reads the databases of dpkg and rpm
// among its files. Nothing in the file system is carried out, and what is damaged is said and not
// thrown: the rest of an image can be looked at all the same.
#pragma once

#include "base/cancellation.h"
#include "disk/file_tree.h"
#include "gallery/difference/packages.h"

#include <string>
#include <vector>

namespace ingot::gallery {

struct InstalledPackages {
    std::vector<Package> packages{};
    // Why a package manager's list is missing: "the rpm database /var/lib/rpm/Packages is …".
    std::vector<std::string> unread{};
};

// `raw` is the disk that `root` was read from.
[[nodiscard]] InstalledPackages read_installed_packages(int raw,
                                                        const disk::FileTree& root,
                                                        const base::Cancellation& cancellation);

}  // namespace ingot::gallery
