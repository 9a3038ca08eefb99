// SPDX-License-Identifier: Apache-2.0
#include "build/customizers/file_customizer.h"

#include "artifact/fetch.h"
#include "os/files.h"

#include <fmt/format.h>

namespace ingot::build {

void FileCustomizer::prepare(const PrepareContext& context) {
    fetched_ = context.scratch / "file";
    artifact::fetch(step_.source_uri,
                    {.destination = fetched_,
                     .base_folder = context.template_folder,
                     .expected = artifact::Checksum::parse(step_.sha256_checksum)},
                    context.cancellation);
    digest_ = os::hash_file(fetched_, base::HashAlgorithm::Sha256, context.cancellation);
}

StepInputs FileCustomizer::inputs() const {
    return {
        {"type", type()},
        {"file", fmt::format("sha256 {}, {} bytes", digest_, os::file_length(fetched_).bytes())},
        {"destination", step_.destination}};
}

void FileCustomizer::run(const StepContext& context) {
    base::with_context(fmt::format("putting {} at {} (the build user can write to /tmp; move it "
                                   "from there with sudo in a Shell step)",
                                   step_.source_uri,
                                   step_.destination),
                       [&] {
                           context.guest.upload_file(
                               fetched_, step_.destination, 0644, context.cancellation);
                       });
}

}  // namespace ingot::build
