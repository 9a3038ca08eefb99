// SPDX-License-Identifier: Apache-2.0
// What a build decides before it touches a guest: sizes, kinds of steps, targets, scripts.
#include "base/error.h"
#include "build/customizers/customizer.h"
#include "build/distributors/distributor.h"
#include "build/generalize.h"
#include "build/last_lines.h"
#include "build/machine_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::build {
namespace {

using base::ByteCount;
using testing::HasSubstr;

constexpr HostSize kLarge{16, ByteCount::gib(64)};

class OneVersion final : public gallery::ImageRepository {
  public:
    void publish(const gallery::ManagedImage&, const gallery::RunOutput&) override {}

    gallery::ImageVersion publish(gallery::ImageVersion version,
                                  const Numbering&,
                                  gallery::RunOutput) override {
        return version;
    }

    void publish(const gallery::Vhd&, const gallery::RunOutput&) override {}

    std::vector<gallery::ManagedImage> managed_images() override { return {}; }

    std::vector<gallery::ImageVersion> versions() override {
        gallery::ImageVersion version{.definition_id = "/galleries/G/images/D"};
        version.number = {1, 0, 0};
        version.content.generation = arm::HyperVGeneration::V1;
        return {version};
    }

    std::vector<gallery::Vhd> vhds() override { return {}; }

    std::vector<gallery::RunOutput> outputs_of(const std::string&) override { return {}; }

    std::optional<gallery::ImageDefinition> definition(const std::string&) override {
        return gallery::ImageDefinition{.generation = arm::HyperVGeneration::V1};
    }

    bool remove(const std::string&) override { return false; }

    bool uses(const base::Sha256Digest&) override { return false; }
};

templates::Distributor to_gallery(const std::string& version) {
    templates::SharedImageTarget target;
    target.gallery_image_id = "/galleries/g/images/d";
    target.version = version;
    return {.run_output_name = "o", .artifact_tags = {}, .target = target};
}

std::string code_of_check(const templates::Distributor& target, arm::HyperVGeneration generation) {
    OneVersion images;
    try {
        check_targets({target}, {generation, "Linux"}, images);
    } catch (const base::Error& error) {
        return error.code();
    }
    return "";
}

TEST(MachineShape, TakesTheSizeThatTheTemplateNames) {
    const auto shape = machine_shape("standard_d2s_v3", kLarge);
    EXPECT_EQ(shape.vcpus, 2);
    EXPECT_EQ(shape.memory, ByteCount::gib(8));
}

TEST(MachineShape, NeverAsksForMoreThanTheHostHas) {
    const auto shape = machine_shape("Standard_D16s_v3", {2, ByteCount::gib(8)});
    EXPECT_EQ(shape.vcpus, 2);
    EXPECT_EQ(shape.memory, ByteCount::gib(4));
}

TEST(MachineShape, NamesSizesLikeTheUnknownOne) {
    try {
        static_cast<void>(machine_shape("Standard_D2s_v33", kLarge));
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "UnknownVmSize");
        EXPECT_THAT(error.message(), HasSubstr("Standard_D2s_v3"));
    }
}

TEST(Customizers, ForWindowsAreRefusedOnLinux) {
    const templates::Step step{.name = "", .action = templates::WindowsStep{"WindowsRestart"}};
    try {
        static_cast<void>(make_customizer(step, "Linux"));
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "UnsupportedCustomizerType");
    }
}

TEST(Targets, RefuseAVersionThatExistsInAnyCase) {
    EXPECT_EQ(code_of_check(to_gallery("1.0.0"), arm::HyperVGeneration::V1), "ImageVersionExists");
    EXPECT_EQ(code_of_check(to_gallery("1.0.1"), arm::HyperVGeneration::V1), "");
}

TEST(Targets, RefuseAnotherGenerationInOneDefinition) {
    EXPECT_EQ(code_of_check(to_gallery(""), arm::HyperVGeneration::V2), "ImageDefinitionMismatch");
}

TEST(Targets, RefuseAVhdUriThatCannotBeWritten) {
    templates::Distributor vhd{.run_output_name = "o",
                               .artifact_tags = {},
                               .target = templates::VhdTarget{"https://example.invalid/c/x.vhd"}};
    EXPECT_EQ(code_of_check(vhd, arm::HyperVGeneration::V1), "VhdUriNotSupported");
}

TEST(SealScript, DeprovisionsFirstAndPowersOffLast) {
    const auto script = seal_script("remove_the_user\n");
    const auto deprovision = script.find(kDeprovisioningScript);
    const auto removal = script.find("remove_the_user");
    const auto marker = script.find(kGeneralizedMarker);
    EXPECT_LT(deprovision, removal);
    EXPECT_LT(removal, marker);
    EXPECT_LT(marker, script.find("poweroff"));
}

TEST(LastLines, KeepsOnlyTheEnd) {
    LastLines lines;
    for (int i = 0; i < 12; ++i) {
        lines.add(std::to_string(i));
    }
    EXPECT_EQ(lines.text(), "2\n3\n4\n5\n6\n7\n8\n9\n10\n11");
}

}  // namespace
}  // namespace ingot::build
