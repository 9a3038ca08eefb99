// SPDX-License-Identifier: Apache-2.0
// The catalogue of platform images: which publisher:offer:sku:version Ingot knows and how each
// becomes a disk. Read from the JSON files of a folder (catalog/ in the repository, format in
// docs/catalog.md); making or downloading a disk is base_disk.h's job.
#pragma once

#include "arm/hyper_v_generation.h"
#include "base/byte_count.h"

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ingot::sources {

// A script beside the catalogue that makes the disk from the distribution's own packages.
struct Recipe {
    std::filesystem::path script;
    base::ByteCount size;
    // Tools the script needs, so that doctor can say what is missing before it runs.
    std::vector<std::string> tools;
};

// A finished image somewhere else. Exactly one of the three ways to know its digest is set:
// `digest`, or `checksums_url` (a SHA256SUMS-like file), or the simplestreams index itself.
struct Download {
    std::string url;            // of the image; empty with simplestreams
    std::string digest;         // sha256 or sha512, lower-case hexadecimal
    std::string checksums_url;  // a file with lines "<hex>  <file name>"
    std::string simplestreams_url;
    std::string simplestreams_product;
    std::string simplestreams_item;
    std::string format;       // raw, qcow2 or vhd
    std::string compression;  // empty, gz, xz or zst
};

struct PlatformImage {
    std::string publisher;
    std::string offer;
    std::string sku;
    std::string version;
    std::string description;
    arm::HyperVGeneration generation = arm::HyperVGeneration::V1;
    std::string os_type = "Linux";
    bool tried = false;  // whether Ingot's own tests ever booted it
    std::variant<Recipe, Download> origin;

    // publisher:offer:sku:version
    [[nodiscard]] std::string urn() const;
};

// Number by number: 9 before 10, 24.04 before 24.10.
[[nodiscard]] bool version_precedes(const std::string& a, const std::string& b);

struct PlatformImageName {
    std::string publisher;
    std::string offer;
    std::string sku;
    std::string version;  // or "latest"

    // From publisher:offer:sku:version, as az writes it. Nothing if it has not four parts.
    [[nodiscard]] static std::optional<PlatformImageName> parse(const std::string& urn);
};

class Catalog {
  public:
    // Reads every *.json of the folder. Throws Error{InvalidArgument} with file, line and column.
    [[nodiscard]] static Catalog load(const std::filesystem::path& folder);

    [[nodiscard]] const std::vector<PlatformImage>& images() const { return images_; }

    // Names compare without case; "latest" is the highest version. Throws Error{NotFound} that
    // names what there is instead.
    [[nodiscard]] const PlatformImage& find(const PlatformImageName& name) const;

  private:
    std::vector<PlatformImage> images_;
};

}  // namespace ingot::sources
