// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "base/uuid.h"
#include "cli/commands.h"
#include "cli/image_description.h"
#include "cli/local_store.h"
#include "disk/qemu_img.h"
#include "disk/vhd.h"
#include "gallery/lookup.h"

#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

void require_new(const os::Path& file) {
    if (std::filesystem::exists(file)) {
        throw Error(ErrorKind::AlreadyExists,
                    "FileExists",
                    fmt::format("{} exists already", file.string()),
                    file.string());
    }
}

// In `folder`; returns the file.
os::Path write_image(const artifact::HeldDisk& disk,
                     const std::string& format,
                     const os::Path& folder,
                     const base::Cancellation& cancellation) {
    auto raw = folder / "raw";
    disk.copy_to(raw, cancellation);
    if (format == "qcow2") {
        auto qcow2 = folder / "qcow2";
        disk::convert(
            {raw, disk::ImageFormat::Raw}, {qcow2, disk::ImageFormat::Qcow2}, cancellation);
        return qcow2;
    }
    if (format != "raw") {
        disk::add_vhd_footer(raw, {.created = base::now(), .unique_id = base::new_uuid()});
    }
    return raw;
}

}  // namespace

ExitCode image_list_command(const Settings& settings, OutputForm output) {
    LocalStore store(settings);
    store.recover(settings.state);
    const auto images = all_images(store.published());
    if (output == OutputForm::Json) {
        boost::json::array list;
        for (const auto& image : images) {
            list.push_back(to_json(image));
        }
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    if (images.empty()) {
        fmt::print("there are no images yet; `ingot build TEMPLATE` makes some\n");
    }
    for (const auto& image : images) {
        fmt::print("{}\n", one_line(image));
    }
    return ExitCode::Success;
}

ExitCode image_show_command(const Settings& settings, const std::string& id) {
    LocalStore store(settings);
    fmt::print("{}", base::pretty_json(to_json(gallery::find_image(store.published(), id))));
    return ExitCode::Success;
}

ExitCode image_delete_command(const Settings& settings, const std::string& id) {
    LocalStore store(settings);
    store.recover(settings.state);
    const auto image = gallery::find_image(store.published(), id);
    store.images().remove(name_of(image));
    if (const auto* vhd = std::get_if<gallery::Vhd>(&image)) {
        os::remove_tree(settings.state.vhds() / vhd->name);
    }
    const auto& disk = content_of(image).digest;
    store.storage().erase_unused(disk, [&] { return store.images().uses(disk); });
    fmt::print("deleted {}\n", name_of(image));
    return ExitCode::Success;
}

ExitCode image_export_command(const Settings& settings,
                              const ImageExportOptions& options,
                              const base::Cancellation& cancellation) {
    LocalStore store(settings);
    const auto image = gallery::find_image(store.published(), options.id);
    const os::Path file = std::filesystem::absolute(options.file);
    require_new(file);
    const auto disk = store.storage().hold(content_of(image).digest);
    // Made beside and renamed, so that a file of this name is always a whole image.
    const os::ScratchFolder scratch(file.parent_path() / (".ingot-" + base::new_uuid()));
    const auto beside = write_image(disk, options.format, scratch.path(), cancellation);
    os::sync_file(beside);
    require_new(file);
    std::filesystem::rename(beside, file);
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    fmt::print("{}: {} on disk\n", file.string(), base::to_string(os::allocated_size(file)));
    return ExitCode::Success;
}

}  // namespace ingot::cli
