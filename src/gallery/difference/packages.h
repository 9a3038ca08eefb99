// SPDX-License-Identifier: Apache-2.0
// Installed packages and what differs between two lists of them. Pure values; reading the databases
// of package managers is for dpkg_status.h, rpm_header.h and installed_packages.h.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace ingot::gallery {

struct Package {
    std::string manager{};  // dpkg, rpm
    std::string name{};
    std::string architecture{};  // empty where it has none
    std::string version{};       // as the manager writes it: [epoch:]version-release

    auto operator<=>(const Package&) const = default;
};

struct PackageChange {
    Package before{};  // both of the same name and architecture
    std::string version_after{};

    auto operator<=>(const PackageChange&) const = default;
};

struct PackageDifference {
    std::vector<Package> added{};
    std::vector<Package> removed{};
    std::vector<PackageChange> changed{};

    [[nodiscard]] bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// A package of which several versions are installed (rpm's kernels) has changed if one version came
// and one went; else versions were added and removed.
[[nodiscard]] PackageDifference compare_packages(std::vector<Package> before,
                                                 std::vector<Package> after);

}  // namespace ingot::gallery
