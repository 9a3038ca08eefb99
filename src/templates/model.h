// SPDX-License-Identifier: Apache-2.0
// An image template as Ingot thinks of it, whatever api-version it was written in: one source, the
// customizers and validators in order, the distributors, and the profile of the build VM. Plain
// values; reading and checking a document is reader.h's job. Names follow the service's own
// (Microsoft.VirtualMachineImages, api-version 2025-10-01); defaults are the documented ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

namespace ingot::templates {

enum class VersionScheme { Latest, FromSource };

struct PlatformImageSource {
    std::string publisher;
    std::string offer;
    std::string sku;
    std::string version;  // a version or "latest"
};

struct ManagedImageSource {
    std::string image_id;  // ARM id
};

struct SharedImageVersionSource {
    std::string image_version_id;  // ARM id ending in /versions/<x.y.z or latest>
};

using Source = std::variant<PlatformImageSource, ManagedImageSource, SharedImageVersionSource>;

// Either script_uri or inline_lines is set, never both.
struct ShellStep {
    std::string script_uri;
    std::vector<std::string> inline_lines;
    std::string sha256_checksum;  // lower case, empty if not given
};

struct FileStep {
    std::string source_uri;
    std::string destination;
    std::string sha256_checksum;
};

// PowerShell, WindowsRestart, WindowsUpdate: known to the service, for Windows sources only.
struct WindowsStep {
    std::string type;
};

// One customizer or in-VM validator.
struct Step {
    std::string name;  // may be empty; need not be unique
    std::variant<ShellStep, FileStep, WindowsStep> action;
};

struct TargetRegion {
    std::string name;
    int replica_count = 1;
    std::string storage_account_type = "Standard_LRS";
};

struct Versioning {
    VersionScheme scheme = VersionScheme::Latest;
    std::optional<int> major;  // only for Latest; absent: any
};

struct SharedImageTarget {
    std::string gallery_image_id;  // ARM id of the definition, without any /versions/ part
    std::string version;           // explicit x.y.z, or empty: numbered by Ingot
    std::vector<TargetRegion> regions;
    bool exclude_from_latest = false;
    std::optional<Versioning> versioning;  // absent: the old numbering 0.<day>.<second>
};

struct ManagedImageTarget {
    std::string image_id;
    std::string location;
};

struct VhdTarget {
    std::string uri;  // empty: Ingot's own folder of VHDs
};

struct Distributor {
    std::string run_output_name;
    std::map<std::string, std::string> artifact_tags;
    std::variant<SharedImageTarget, ManagedImageTarget, VhdTarget> target;
};

struct VmProfile {
    std::string vm_size;      // empty: the service's default for the generation
    int os_disk_size_gb = 0;  // 0: the source's size
};

enum class OnError { Cleanup, Abort };

struct Validation {
    std::vector<Step> steps;
    bool continue_distribute_on_failure = false;
    bool source_validation_only = false;
};

struct ImageTemplate {
    std::string name;
    std::string api_version;
    std::string location;
    std::map<std::string, std::string> tags;
    Source source;
    std::vector<Step> customize;
    Validation validate;
    std::vector<Distributor> distribute;
    VmProfile vm_profile;
    int build_timeout_in_minutes = 0;  // 0: 240
    OnError on_customizer_error = OnError::Cleanup;
    OnError on_validation_error = OnError::Cleanup;
    // The whole resource as submitted, after ARM expressions were evaluated.
    boost::json::value document;
};

}  // namespace ingot::templates
