// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/image_description.h"
#include "cli/image_difference_output.h"
#include "cli/local_store.h"
#include "gallery/difference/image_difference.h"
#include "gallery/lookup.h"

#include <fmt/format.h>

namespace ingot::cli {
namespace {

// Holds both disks, so that neither is erased meanwhile.
gallery::ImageDifference compare(const LocalStore& store,
                                 const gallery::PublishedImage& before,
                                 const gallery::PublishedImage& after,
                                 const std::vector<std::string>& excluded,
                                 const base::Cancellation& cancellation) {
    const auto old_disk = store.storage().hold(content_of(before).digest);
    const auto new_disk = store.storage().hold(content_of(after).digest);
    const auto old_file = store.storage().raw_file(old_disk, cancellation);
    const auto new_file = store.storage().raw_file(new_disk, cancellation);
    return gallery::compare_disks({old_file.path(), old_disk.chunks()},
                                  {new_file.path(), new_disk.chunks()},
                                  excluded,
                                  cancellation);
}

void check_patterns(const std::vector<std::string>& excluded) {
    for (const auto& pattern : excluded) {
        if (!pattern.starts_with('/')) {
            throw base::Error(
                base::ErrorKind::InvalidArgument,
                "NotAbsolute",
                fmt::format("--exclude {0}: a path begins with /, as in --exclude '/{0}'", pattern),
                pattern);
        }
    }
}

}  // namespace

ExitCode image_diff_command(const Settings& settings,
                            const ImageDiffOptions& options,
                            OutputForm output,
                            const base::Cancellation& cancellation) {
    check_patterns(options.excluded);
    LocalStore store(settings);
    const auto published = store.published();
    const auto before = gallery::find_image(published, options.before);
    const auto after = gallery::find_image(published, options.after);
    const DifferenceTitle title{name_of(before), name_of(after)};
    const auto difference = compare(store, before, after, options.excluded, cancellation);
    if (output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(to_json(title, difference)));
    } else {
        fmt::print("{}", to_text(title, difference, {.all = options.all, .times = options.times}));
    }
    return options.exit_code && !difference.empty() ? ExitCode::Different : ExitCode::Success;
}

}  // namespace ingot::cli
