// SPDX-License-Identifier: Apache-2.0
// A folder of large downloads, each named by its checksum: a file is fetched once per host, goes on
// where a killed download stopped, and is never seen before its checksum was right. Everything in
// the folder may be thrown away at any time when nobody uses it. Unpacking is decompress.h's job,
// conversion disk/'s.
#pragma once

#include "artifact/checksum.h"
#include "artifact/fetch.h"
#include "artifact/retry.h"
#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/files.h"

#include <string>

namespace ingot::artifact {

struct DownloadRequest {
    std::string url;
    Checksum expected;
    base::ByteCount size_limit = base::ByteCount::gib(64);
    RetryPolicy retry{};  // attempts that brought nothing; one that got on does not count
};

class DownloadCache {
  public:
    explicit DownloadCache(os::Path folder);

    // The verified file. One process at a time downloads a checksum, others wait for it. Throws as
    // fetch() does; a broken download stays for the next try, one with a wrong checksum does not.
    [[nodiscard]] os::Path get(const DownloadRequest& request,
                               const base::Cancellation& cancellation,
                               const Progress& progress = {}) const;

    // True if get() would need no network.
    [[nodiscard]] bool has(const Checksum& checksum) const;

    void erase(const Checksum& checksum) const;

  private:
    [[nodiscard]] os::Path path_of(const Checksum& checksum) const;

    os::Path folder_;
};

}  // namespace ingot::artifact
