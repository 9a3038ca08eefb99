// SPDX-License-Identifier: Apache-2.0
// A world with the types of Microsoft.Compute, a group "rg", and images as runs publish them, with
// real (tiny) disks in storage.
#pragma once

#include "disk/disk_digest.h"
#include "providers/galleries.h"
#include "providers/image_definitions.h"
#include "providers/image_versions.h"
#include "providers/managed_images.h"
#include "unit/providers/provider_world.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::providers {

inline std::vector<resources::ResourceType> compute_types(const Services& services) {
    return {galleries(services),
            image_definitions(services),
            image_versions(services),
            managed_images(services)};
}

class ComputeTest : public testing::Test {
  protected:
    ComputeTest() { world.make_group("rg"); }

    static std::string in_rg(const std::string& rest) {
        return ProviderWorld::in_group("rg", "Microsoft.Compute/" + rest);
    }

    // As az 2.45 sends them.
    void make_gallery(const std::string& name = "g") {
        const auto answer =
            world.put(in_rg("galleries/" + name), R"({"location": "westus2", "tags": {}})");
        ASSERT_EQ(answer.status, 201) << error_message(answer);
    }

    static std::string definition_body(const std::string& generation,
                                       const std::string& sku = "sku") {
        return R"({"location": "westus2", "tags": {}, "properties": {"osType": "Linux",)"
               R"( "osState": "Generalized", "hyperVGeneration": ")" +
               generation + R"(", "identifier": {"publisher": "pub", "offer": "offer", "sku": ")" +
               sku + R"("}, "disallowed": {}}})";
    }

    void make_definition(const std::string& name = "d", const std::string& generation = "V1") {
        const auto answer = world.put(in_rg("galleries/g/images/" + name),
                                      definition_body(generation, "sku-" + name));
        ASSERT_EQ(answer.status, 201) << error_message(answer);
    }

    // A stored disk, different for each seed.
    gallery::DiskContent make_disk(const std::string& seed,
                                   arm::HyperVGeneration generation = arm::HyperVGeneration::V1) {
        const auto staging = world.storage.make_staging(seed);
        os::replace_file(staging.path() / "disk", seed);
        const auto stored = world.storage.put_disk(
            disk::DiskView::of_raw(staging.path() / "disk"), {}, base::Cancellation());
        return {.digest = stored.facts.digest,
                .virtual_size = base::ByteCount::mib(4096),
                .data_size = base::ByteCount::mib(700),
                .generation = generation};
    }

    static base::Sha256Digest digest_of_disk(const std::string& seed) {
        return disk::digest_of(
            {.virtual_size = base::ByteCount(seed.size()), .chunks = {{0, base::sha256(seed)}}});
    }

    // As a run does.
    std::string publish_managed_image(const std::string& name = "img",
                                      const std::string& seed = "managed disk") {
        const auto id = in_rg("images/" + name);
        world.images.publish(gallery::ManagedImage{.id = id,
                                                   .location = "West US 2",
                                                   .tags = {{"made", "by-run"}},
                                                   .content = make_disk(seed),
                                                   .provenance = {.run_id = "run-" + name},
                                                   .created = base::now()},
                             {.run_id = "run-" + name, .name = "output"});
        return id;
    }

    std::string publish_version(const std::string& number, const std::string& seed = "disk") {
        const auto version = world.images.publish(
            gallery::ImageVersion{
                .definition_id = in_rg("galleries/g/images/d"),
                .regions = {{.name = "westus2"}, {.name = "eastus"}},
                .tags = {{"made", "by-run"}},
                .content = make_disk(seed),
                .provenance = {.run_id = "run-" + number, .source = "a:b:c:1.2.3"},
                .published = base::now()},
            [&](const auto& /*existing*/) { return *gallery::VersionNumber::parse(number); },
            {.run_id = "run-" + number, .name = "output"});
        return version.id();
    }

    ProviderWorld world{compute_types};
};

}  // namespace ingot::providers
