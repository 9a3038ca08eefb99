// SPDX-License-Identifier: Apache-2.0
// What a run sealed, remembered by the key of everything that made it: with nothing changed, a
// later run publishes that disk again without starting a VM. The disk itself is the artifact
// storage's.
#pragma once

#include "base/digest.h"
#include "base/timestamp.h"
#include "gallery/images.h"
#include "os/files.h"

#include <chrono>
#include <optional>
#include <vector>

namespace ingot::build {

struct ImageRecord {
    gallery::DiskContent content;
    base::Timestamp born;
    // Keys of the validators (in the order of the template) that this disk has passed.
    std::vector<base::Sha256Digest> validated{};
};

class ImageRecords {
  public:
    explicit ImageRecords(os::Path folder) : folder_(std::move(folder)) {}

    // Nothing if there is none, it is too old or cannot be read.
    [[nodiscard]] std::optional<ImageRecord> find(const base::Sha256Digest& key,
                                                  std::chrono::seconds max_age) const;
    void keep(const base::Sha256Digest& key, const ImageRecord& record) const;
    [[nodiscard]] std::size_t count() const;
    // All of them, or those born before.
    void forget(base::Timestamp born_before) const;

  private:
    [[nodiscard]] os::Path file_of(const base::Sha256Digest& key) const;

    os::Path folder_;
};

}  // namespace ingot::build
