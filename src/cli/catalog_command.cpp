// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/local_store.h"
#include "sources/base_disk.h"
#include "sources/catalog.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

bool is_recipe(const sources::PlatformImage& image) {
    return std::holds_alternative<sources::Recipe>(image.origin);
}

// A host whose apt knows no such release simply does not have the disk.
bool is_present(const sources::BaseDisks& disks,
                const sources::PlatformImage& image,
                const base::Cancellation& cancellation) {
    try {
        return disks.is_present(image, cancellation);
    } catch (const base::Error&) {
        return false;
    }
}

boost::json::object to_json(const sources::PlatformImage& image, bool present) {
    return {{"urn", image.urn()},
            {"description", image.description},
            {"hyperVGeneration", arm::to_string(image.generation)},
            {"osType", image.os_type},
            {"kind", is_recipe(image) ? "recipe" : "download"},
            {"tried", image.tried},
            {"present", present}};
}

}  // namespace

ExitCode catalog_list_command(const Settings& settings,
                              OutputForm output,
                              const base::Cancellation& cancellation) {
    LocalStore store(settings);
    const auto catalog = sources::Catalog::load(settings.catalog);
    const sources::BaseDisks disks(
        catalog, store.images(), store.storage(), settings.state.cache());
    boost::json::array list;
    for (const auto& image : catalog.images()) {
        const bool present = is_present(disks, image, cancellation);
        if (output == OutputForm::Json) {
            list.push_back(to_json(image, present));
            continue;
        }
        fmt::print("{:60} {}  {:8} {}{}  {}\n",
                   image.urn(),
                   arm::to_string(image.generation),
                   is_recipe(image) ? "recipe" : "download",
                   present ? "here" : "    ",
                   image.tried ? "" : "  (never tried)",
                   image.description);
    }
    if (output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
    }
    return ExitCode::Success;
}

ExitCode catalog_pull_command(const Settings& settings,
                              const std::string& urn,
                              bool refresh,
                              const base::Cancellation& cancellation) {
    const auto name = sources::PlatformImageName::parse(urn);
    if (!name) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "InvalidUrn",
                          fmt::format("{} is no URN; publisher:offer:sku:version is expected", urn),
                          urn);
    }
    LocalStore store(settings);
    const auto catalog = sources::Catalog::load(settings.catalog);
    sources::BaseDisks disks(catalog, store.images(), store.storage(), settings.state.cache());
    const auto& image = catalog.find(*name);
    if (refresh) {
        disks.forget(image, cancellation);
    }
    const auto disk = disks.resolve(
        image, [](std::string_view line) { fmt::print("{}\n", line); }, cancellation);
    fmt::print("{}: {} of data on a disk of {}, sha256 {}\n",
               image.urn(),
               base::to_string(disk.facts.data_size),
               base::to_string(disk.facts.virtual_size),
               disk.facts.digest.hex());
    return ExitCode::Success;
}

}  // namespace ingot::cli
