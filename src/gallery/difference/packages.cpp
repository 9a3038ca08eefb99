// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/packages.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace ingot::gallery {
namespace {

auto key_of(const Package& package) {
    return std::tie(package.manager, package.name, package.architecture);
}

using Packages = std::vector<Package>;

void sort_once(Packages& packages) {
    std::sort(packages.begin(), packages.end());
    packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
}

Packages without(const Packages& packages, const Packages& others) {
    Packages rest;
    std::set_difference(
        packages.begin(), packages.end(), others.begin(), others.end(), std::back_inserter(rest));
    return rest;
}

// The packages of the key of `*from`.
Packages::const_iterator end_of_key(Packages::const_iterator from, Packages::const_iterator end) {
    return std::find_if(from, end, [&](const Package& p) { return key_of(p) != key_of(*from); });
}

}  // namespace

PackageDifference compare_packages(std::vector<Package> before, std::vector<Package> after) {
    sort_once(before);
    sort_once(after);
    const auto gone = without(before, after);
    const auto come = without(after, before);
    PackageDifference difference;
    auto g = gone.begin();
    auto c = come.begin();
    while (g != gone.end() || c != come.end()) {
        if (c == come.end() || (g != gone.end() && key_of(*g) < key_of(*c))) {
            difference.removed.push_back(*g++);
        } else if (g == gone.end() || key_of(*c) < key_of(*g)) {
            difference.added.push_back(*c++);
        } else {
            const auto g_end = end_of_key(g, gone.end());
            const auto c_end = end_of_key(c, come.end());
            if (g_end - g == 1 && c_end - c == 1) {
                difference.changed.push_back({*g, c->version});
            } else {
                difference.removed.insert(difference.removed.end(), g, g_end);
                difference.added.insert(difference.added.end(), c, c_end);
            }
            g = g_end;
            c = c_end;
        }
    }
    return difference;
}

}  // namespace ingot::gallery
