// SPDX-License-Identifier: Apache-2.0
// Brings a script or file that a template names to a local path: over http(s) with patience for
// servers that stumble, or from beside the template. The bytes are checked before the destination
// exists. Large disk images are download_cache.h's job.
#pragma once

#include "artifact/checksum.h"
#include "artifact/retry.h"
#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/files.h"

#include <functional>
#include <optional>
#include <string>

namespace ingot::artifact {

// The File customizer is documented for small files (20 MB is the advice); this is the guard
// against a wrong URL, not the advice.
constexpr base::ByteCount kFetchLimit = base::ByteCount::mib(256);

struct FetchRequest {
    os::Path destination;  // must not exist
    // What relative paths start from. Without it, local files and file: URIs are refused with
    // Error{InvalidArgument, "LocalFileNotAllowed"}: only who runs on the user's own machine may
    // read its files.
    std::optional<os::Path> base_folder{};
    std::optional<Checksum> expected{};
    base::ByteCount size_limit = kFetchLimit;
    RetryPolicy retry{};
    bool refuse_local = false;  // connect to no address that is this host's alone
};

struct Fetched {
    base::Sha256Digest sha256;
    base::ByteCount size;
};

// `total` is absent while the server has not told it.
using Progress = std::function<void(base::ByteCount done, std::optional<base::ByteCount> total)>;

// `uri` is http:, https:, file: or a path. Throws Error: NotFound "ArtifactNotFound", Forbidden
// "ArtifactForbidden", Unavailable "ArtifactUnavailable" after the last attempt, InvalidArgument
// "ArtifactTooLarge", "ArtifactRefused" (any other answer), "ChecksumMismatch", "UnsupportedUri".
// On any failure `destination` does not exist.
Fetched fetch(const std::string& uri,
              const FetchRequest& request,
              const base::Cancellation& cancellation,
              const Progress& progress = {});

}  // namespace ingot::artifact
