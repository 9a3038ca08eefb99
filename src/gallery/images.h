// SPDX-License-Identifier: Apache-2.0
// What Ingot publishes: managed images, gallery versions under image definitions, and VHD files.
// Plain values. All are immutable once listed; their bytes are named by the digest of the disk and
// live in artifact storage. How versions are numbered is versioning.h; keeping them is the
// repository's job (image_repository.h).
#pragma once

#include "arm/hyper_v_generation.h"
#include "base/byte_count.h"
#include "base/digest.h"
#include "base/timestamp.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::gallery {

// X.Y.Z, each a 32-bit number (Microsoft.Compute gallery api, version name rule).
struct VersionNumber {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t patch = 0;

    auto operator<=>(const VersionNumber&) const = default;
    // Leading zeros are accepted (platform images have them: 22.04.202401010) and dropped.
    [[nodiscard]] static std::optional<VersionNumber> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
};

// The disk behind an image.
struct DiskContent {
    base::Sha256Digest digest{};  // disk::digest_of: depends on bytes and virtual size only
    base::ByteCount virtual_size{};
    base::ByteCount data_size{};  // without holes
    arm::HyperVGeneration generation = arm::HyperVGeneration::V1;
    std::string os_type = "Linux";
};

// Where it came from.
struct Provenance {
    std::string run_id{};
    std::string template_name{};
    std::string source{};  // exact: catalogue URN with its version, or ARM id
};

struct ManagedImage {
    std::string id{};  // ARM id, case as first written; compared without case
    std::string location{};
    std::map<std::string, std::string> tags{};
    DiskContent content{};
    Provenance provenance{};
    base::Timestamp created{};
};

struct TargetRegion {
    std::string name{};
    int replica_count = 1;
    std::string storage_account_type{};
};

struct ImageVersion {
    std::string definition_id{};  // ARM id of …/galleries/G/images/D
    VersionNumber number{};
    std::vector<TargetRegion> regions{};
    bool exclude_from_latest = false;
    std::map<std::string, std::string> tags{};
    DiskContent content{};
    Provenance provenance{};
    base::Timestamp published{};

    [[nodiscard]] std::string id() const;  // definition_id + "/versions/" + number
};

// The two halves of a version's ARM id, as written; `version` is a number or "latest" if the id is
// sound, and not checked here. Nothing for any other id.
struct VersionReference {
    std::string definition_id{};
    std::string version{};
};

[[nodiscard]] std::optional<VersionReference> split_version_id(std::string_view id);

struct Vhd {
    std::string name{};  // <template>_<yyyymmddhhmmss>.vhd, unique
    std::string uri{};   // file URI of the finished file
    std::map<std::string, std::string> tags{};
    DiskContent content{};
    Provenance provenance{};
    base::Timestamp created{};
};

}  // namespace ingot::gallery
