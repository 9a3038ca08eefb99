// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"
#include "build/build_vm.h"
#include "build/machine_shape.h"
#include "cli/commands.h"
#include "cli/guest_session.h"
#include "cli/image_description.h"
#include "cli/local_store.h"
#include "gallery/lookup.h"
#include "os/child_process.h"

#include <cstdio>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

sources::BaseDisk disk_of(const gallery::PublishedImage& image,
                          const LocalStore& store,
                          const base::Cancellation& cancellation) {
    const auto& content = content_of(image);
    const auto stored = store.storage().hold(content.digest);
    const auto raw =
        std::make_shared<const artifact::HeldFile>(store.storage().raw_file(stored, cancellation));
    return {.disk = raw->path(),
            .held = raw,
            .chunks = {},  // nothing that is booted here is stored
            .facts = {content.digest, content.virtual_size, content.data_size},
            .generation = content.generation,
            .os_type = content.os_type,
            .exact_source = name_of(image),
            .boot = std::nullopt};
}

void print_console(std::string_view line) {
    fmt::print(stderr, "{}\n", line);
}

}  // namespace

// A throw-away machine on an overlay: the image stays as it is. It starts as a user's machine does,
// through firmware, boot loader and cloud-init, so that what is seen is what users will get.
ExitCode image_boot_command(const Settings& settings,
                            const ImageBootOptions& options,
                            const base::Cancellation& cancellation) {
    LocalStore store(settings);
    const auto image = gallery::find_image(store.published(), options.id);
    const auto disk = disk_of(image, store, cancellation);
    const auto scratch = os::ScratchFolder::temporary();
    auto vm = build::BuildVm::start(
        {.base = disk,
         .disk_size = disk.facts.virtual_size,
         .shape = build::machine_shape("", build::this_host()),
         .folder = scratch.path(),
         .cache = settings.state.cache(),
         .instance_id = base::new_uuid(),
         .way_in = build::WayIn::Ordinary,
         .say = [](std::string_view line) { fmt::print(stderr, "{}\n", line); },
         .console = options.console ? os::LineHandler(print_console) : os::LineHandler()},
        cancellation);
    fmt::print(stderr, "the guest answers; user {} (sudo without a password)\n", build::kBuildUser);
    return use_guest(vm, options.command, cancellation);
}

}  // namespace ingot::cli
