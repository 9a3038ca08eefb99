// SPDX-License-Identifier: Apache-2.0
// What `ingot build` says to input that cannot work. No VM is started in any of these.
#include "support/e2e/ingot_program.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::HasSubstr;

constexpr const char* kNothing = R"([{"type": "Shell", "inline": ["true"]}])";

class BadInput : public testing::Test {
  protected:
    void expect_refused(const os::Path& file, const std::string& why) const {
        const auto outcome = ingot_.run({"build", file.string()});
        EXPECT_EQ(outcome.exit_code, 3) << outcome.out << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(why));
        EXPECT_FALSE(std::filesystem::exists(ingot_.state() / "ingot.db"));
    }

    [[nodiscard]] os::Path file_with(const std::string& text) const {
        const auto file = ingot_.folder() / "bad.json";
        os::replace_file(file, text);
        return file;
    }

    Ingot ingot_;
};

TEST_F(BadInput, ThatIsNoJsonIsRefusedWithItsPlace) {
    expect_refused(file_with("{\n  \"type\": }"), "bad.json:2:");
}

TEST_F(BadInput, OfTenMegabytesIsRefused) {
    expect_refused(file_with("\"" + std::string(10U << 20U, 'x') + "\""), "larger than");
}

TEST_F(BadInput, NestedTenThousandDeepIsRefused) {
    expect_refused(file_with(std::string(10'000, '[') + std::string(10'000, ']')), "nested deeper");
}

TEST_F(BadInput, WithSeveralMistakesNamesThemAll) {
    const auto file = ingot_.write_template("many",
                                            R"([
        {"type": "Shell"},
        {"type": "Shel", "inline": ["true"]},
        {"type": "File", "sourceUri": "x"}])",
                                            "\"buildTimeoutInMinutes\": 1000");
    const auto outcome = ingot_.run({"template", "check", file.string()});
    EXPECT_EQ(outcome.exit_code, 3);
    for (const char* place :
         {"customize[0]", "customize[1]", "customize[2]", "buildTimeoutInMinutes"}) {
        EXPECT_THAT(outcome.err, HasSubstr(place));
    }
}

TEST_F(BadInput, OfAnUnknownApiVersionIsRefusedByName) {
    const auto file = ingot_.write_template("old", kNothing);
    const auto outcome = ingot_.run({"build", file.string(), "--api-version", "2017-01-01"});
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("2017-01-01"));
    EXPECT_THAT(outcome.err, HasSubstr("2025-10-01"));
}

TEST_F(BadInput, WithAnUnknownPlatformImageFailsAtTheSource) {
    auto text = os::read_file(ingot_.write_template("src", kNothing));
    text.replace(text.find("\"debian-12\""), 11, "\"debian-99\"");
    const auto outcome = ingot_.build(file_with(text));
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_THAT(outcome.out, HasSubstr("PlatformImageNotFound"));
    EXPECT_THAT(outcome.out, HasSubstr("Debian:debian-12:12:"));
}

TEST_F(BadInput, WithAMissingImageVersionFailsAtTheSource) {
    const auto file = file_with(R"({
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2022-07-01",
  "name": "chain", "location": "westus2",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
  "properties": {
    "source": {"type": "SharedImageVersion", "imageVersionId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/d/versions/1.0.0"},
    "distribute": [{"type": "VHD", "runOutputName": "v"}]}})");
    const auto outcome = ingot_.build(file);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("SourceImageNotFound"));
}

TEST_F(BadInput, WithAnUnknownVmSizeNamesTheSizesThatAreLikeIt) {
    ingot_.borrow_base_image();
    const auto outcome = ingot_.build(
        ingot_.write_template("size", kNothing, R"("vmProfile": {"vmSize": "Standard_D2_v9"})"));
    EXPECT_EQ(outcome.exit_code, 3) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("UnknownVmSize"));
    EXPECT_THAT(outcome.out, HasSubstr("Standard_D2"));
}

TEST_F(BadInput, WithAScriptThatIsNotThereFailsBeforeAnyVmStarts) {
    ingot_.borrow_base_image();
    const auto outcome = ingot_.build(ingot_.write_template(
        "script", R"([{"type": "Shell", "scriptUri": "no-such-script.sh"}])"));
    EXPECT_EQ(outcome.exit_code, 5) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("ArtifactNotFound"));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("\"boot\"")));
    EXPECT_THAT(ingot_.leftovers(), testing::IsEmpty());
}

TEST_F(BadInput, WithAWrongChecksumNamesBothDigests) {
    ingot_.borrow_base_image();
    os::replace_file(ingot_.folder() / "s.sh", "#!/bin/sh\n");
    const std::string wrong(64, 'a');
    const auto outcome = ingot_.build(ingot_.write_template(
        "sum", R"([{"type": "Shell", "scriptUri": "s.sh", "sha256Checksum": ")" + wrong + "\"}]"));
    EXPECT_EQ(outcome.exit_code, 5) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("ChecksumMismatch"));
    EXPECT_THAT(outcome.out, HasSubstr(wrong));
}

}  // namespace
}  // namespace ingot::e2e
