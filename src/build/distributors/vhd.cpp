// SPDX-License-Identifier: Apache-2.0
#include "disk/vhd.h"

#include "base/error.h"
#include "base/uuid.h"
#include "build/distributors/targets.h"
#include "os/files.h"

#include <filesystem>

#include <fmt/format.h>

namespace ingot::build {

// The finished file appears under its name by a hard link while the staged one is still there, and
// the staged one goes after the record is made: a listed VHD is complete, and an unlisted file with
// one link is what a killed run left (build/recovery.cpp removes it).
std::string publish_vhd(const templates::Distributor& distributor,
                        const templates::VhdTarget& /*target*/,
                        const TargetContext& context) {
    const auto& image = context.image;
    const auto now = base::now();
    const auto staging =
        image.storage.make_staging(image.provenance.run_id + "-" + distributor.run_output_name);
    const auto staged = staging.path() / "disk.vhd";
    const auto held = image.storage.hold(image.content.digest);
    disk::write_fixed_vhd(
        held.view(), staged, {.created = now, .unique_id = base::new_uuid()}, image.cancellation);
    os::sync_file(staged);
    os::make_folders(image.folder.vhds());
    const auto name = fmt::format("{}_{}_{}.vhd",
                                  image.provenance.template_name,
                                  distributor.run_output_name,
                                  base::to_compact(now));
    const auto path = image.folder.vhds() / name;
    std::filesystem::create_hard_link(staged, path);
    os::sync_folder(image.folder.vhds());

    auto uri = "file://" + path.string();
    const std::scoped_lock lock(context.repository);
    image.images.publish({.name = name,
                          .uri = uri,
                          .tags = distributor.artifact_tags,
                          .content = image.content,
                          .provenance = image.provenance,
                          .created = now},
                         {.run_id = image.provenance.run_id,
                          .template_name = image.provenance.template_name,
                          .name = distributor.run_output_name,
                          .artifact_uri = uri});
    return uri;
}

void check_vhd(const templates::VhdTarget& target) {
    if (!target.uri.empty()) {
        throw base::Error(
            base::ErrorKind::Unsupported,
            "VhdUriNotSupported",
            fmt::format("VHDs are written to Ingot's own folder; the uri {} cannot be "
                        "written (leave uri out, and use `ingot image export`)",
                        target.uri),
            target.uri);
    }
}

}  // namespace ingot::build
