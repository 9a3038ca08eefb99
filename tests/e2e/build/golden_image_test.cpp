// SPDX-License-Identifier: Apache-2.0
// From a template to published images on a real guest, and what is and is not in them.
#include "base/json.h"
#include "disk/partition_table.h"
#include "disk/vhd.h"
#include "support/e2e/ingot_program.h"

#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kGallery =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/d";

// Three targets of one run: a gallery version, a managed image, a VHD.
std::string three_targets() {
    return fmt::format(R"([
      {{"type": "SharedImage", "galleryImageId": "{0}", "runOutputName": "version",
        "versioning": {{"scheme": "Latest", "major": 3}}, "artifactTags": {{"a": "b"}},
        "targetRegions": [{{"name": "westus2", "replicaCount": 1}}]}},
      {{"type": "ManagedImage", "runOutputName": "managed", "location": "westus2",
        "imageId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/images/m"}},
      {{"type": "VHD", "runOutputName": "vhd"}}])",
                       kGallery);
}

os::Path write_golden_template(const Ingot& ingot) {
    os::replace_file(ingot.folder() / "file.txt", "from a file customizer\n");
    os::replace_file(ingot.folder() / "script.sh", "#!/bin/bash\nset -e\nid -un\nsudo id -un\n");
    const auto file =
        ingot.write_template("golden",
                             R"([
        {"type": "Shell", "name": "same", "inline": ["echo built | sudo tee /etc/built", "echo noise >&2"]},
        {"type": "File", "name": "same", "sourceUri": "file.txt", "destination": "/tmp/file.txt"},
        {"type": "Shell", "scriptUri": "script.sh"},
        {"type": "Shell", "inline": ["sudo cp /tmp/file.txt /etc/file.txt", "df --output=size -BG / | tail -1"]}])",
                             R"("vmProfile": {"vmSize": "Standard_D2s_v3", "osDiskSizeGB": 6})");
    auto text = os::read_file(file);
    const auto start = text.find("[{\"type\": \"ManagedImage\"");
    text.replace(start, text.find("}]", start) + 2 - start, three_targets());
    os::replace_file(file, text);
    return file;
}

// What `ls` prints of a folder on the image's root file system.
std::string look_into(const os::Path& raw, const std::string& request) {
    const auto table = disk::read_partition_table(raw);
    std::uint64_t offset = 0;
    base::ByteCount largest;
    for (const auto& partition : table->partitions) {
        if (partition.size > largest) {
            largest = partition.size;
            offset = partition.start.bytes();
        }
    }
    return os::run({.argv = {"debugfs",
                             "-R",
                             request,
                             fmt::format("{}?offset={}", raw.string(), offset)}},
                   base::Cancellation())
        .out;
}

class GoldenImage : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        ingot_ = new Ingot();
        ingot_->borrow_base_image();
        outcome_ = new Outcome(ingot_->build(write_golden_template(*ingot_)));
    }

    static void TearDownTestSuite() {
        delete outcome_;
        delete ingot_;
    }

    [[nodiscard]] static boost::json::value show(const std::string& id) {
        const auto shown = ingot_->run({"image", "show", id});
        EXPECT_EQ(shown.exit_code, 0) << shown.err;
        return base::parse_own_json(shown.out, "image show");
    }

    [[nodiscard]] static os::Path exported(const std::string& format) {
        const auto file = ingot_->folder() / ("exported." + format);
        if (!std::filesystem::exists(file)) {
            const auto done =
                ingot_->run({"image", "export", "g/d", "--format", format, file.string()});
            EXPECT_EQ(done.exit_code, 0) << done.err;
        }
        return file;
    }

    static Ingot* ingot_;
    static Outcome* outcome_;
};

Ingot* GoldenImage::ingot_ = nullptr;
Outcome* GoldenImage::outcome_ = nullptr;

TEST_F(GoldenImage, IsBuiltAndPublishedToEveryTarget) {
    ASSERT_EQ(outcome_->exit_code, 0) << outcome_->out;
    EXPECT_EQ(show("g/d").at("id").as_string(), std::string(kGallery) + "/versions/3.0.0");
    EXPECT_EQ(show("m").at("kind").as_string(), "managedImage");
    EXPECT_EQ(show("g/d").at("source").as_string(), "Debian:debian-12:12:12.0.1");
    EXPECT_EQ(show("g/d").at("tags").at("a").as_string(), "b");
    EXPECT_EQ(show("g/d").at("digest"), show("m").at("digest"));
}

TEST_F(GoldenImage, IsBuiltByAnOrdinaryUserWithSudo) {
    EXPECT_THAT(outcome_->out, HasSubstr(R"("stream":"stdout","text":"packer")"));
    EXPECT_THAT(outcome_->out, HasSubstr(R"("stream":"stdout","text":"root")"));
    EXPECT_THAT(outcome_->out, HasSubstr(R"("stream":"stderr","text":"noise")"));
}

TEST_F(GoldenImage, HasARootThatGrewWithTheDisk) {
    EXPECT_THAT(outcome_->out, testing::ContainsRegex(R"re("text":" *6G")re"));
    EXPECT_EQ(show("g/d").at("virtualSizeBytes").as_int64(), std::int64_t{6} << 30);
}

TEST_F(GoldenImage, LeavesNoProcessAndNoScratch) {
    EXPECT_THAT(ingot_->processes(), IsEmpty());
    EXPECT_THAT(ingot_->leftovers(), IsEmpty());
}

TEST_F(GoldenImage, CarriesNoIdentityOfItsBuild) {
    const auto raw = exported("raw");
    EXPECT_THAT(look_into(raw, "cat /etc/built"), HasSubstr("built"));
    EXPECT_THAT(look_into(raw, "cat /etc/file.txt"), HasSubstr("from a file customizer"));
    EXPECT_EQ(look_into(raw, "cat /etc/machine-id"), "");
    EXPECT_THAT(look_into(raw, "ls -p /etc/ssh"), testing::Not(HasSubstr("ssh_host_")));
    EXPECT_THAT(look_into(raw, "ls -p /home"), testing::Not(HasSubstr("packer")));
    for (const char* file : {"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/subuid"}) {
        EXPECT_THAT(look_into(raw, fmt::format("cat {}", file)), testing::Not(HasSubstr("packer")))
            << file;
    }
    EXPECT_THAT(look_into(raw, "ls -p /etc/sudoers.d"), testing::Not(HasSubstr("ingot")));
    EXPECT_THAT(look_into(raw, "ls -p /root"), testing::Not(HasSubstr(".bash_history")));
    EXPECT_THAT(look_into(raw, "ls -p /var/lib/cloud"), testing::Not(HasSubstr("instance")));
}

TEST_F(GoldenImage, HasACleanFileSystem) {
    const auto raw = exported("raw");
    const auto state = look_into(raw, "show_super_stats -h");
    EXPECT_THAT(state, testing::ContainsRegex("Filesystem state: +clean"));
    EXPECT_THAT(state, testing::Not(HasSubstr("needs_recovery")));
}

TEST_F(GoldenImage, HasAVhdThatIndependentToolsRead) {
    std::string vhd;
    for (const auto& entry : std::filesystem::directory_iterator(ingot_->state() / "vhds")) {
        vhd = entry.path().string();
    }
    EXPECT_THAT(disk::verify_fixed_vhd(vhd), IsEmpty());
    const auto info = os::run_checked(
        {.argv = {"qemu-img", "info", "--output=json", "-f", "vpc", vhd}}, base::Cancellation());
    EXPECT_THAT(info, HasSubstr("\"virtual-size\": 6442450944"));
    EXPECT_EQ(
        os::run(
            {.argv =
                 {"qemu-img", "compare", "-f", "vpc", "-F", "raw", vhd, exported("raw").string()}},
            base::Cancellation())
            .status.code,
        0);
}

TEST_F(GoldenImage, IsExportedAsQcow2WithTheSameContent) {
    EXPECT_EQ(os::run({.argv = {"qemu-img",
                                "compare",
                                "-f",
                                "qcow2",
                                "-F",
                                "raw",
                                exported("qcow2").string(),
                                exported("raw").string()}},
                      base::Cancellation())
                  .status.code,
              0);
}

TEST_F(GoldenImage, BootsAsAUsersMachineDoes) {
    const auto booted = ingot_->run({"image",
                                     "boot",
                                     "g/d",
                                     "--command",
                                     "cat /etc/built; wc -c </etc/machine-id; cloud-init status"});
    ASSERT_EQ(booted.exit_code, 0) << booted.out << booted.err;
    EXPECT_EQ(booted.out, "built\n33\nstatus: done\n");
    EXPECT_THAT(ingot_->processes(), IsEmpty());
}

TEST_F(GoldenImage, IsASourceForTheNextAndIsValidatedInAFreshMachine) {
    const auto file = ingot_->folder() / "chained.json";
    os::replace_file(file,
                     fmt::format(R"({{
      "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2022-07-01",
      "name": "chained", "location": "westus2",
      "identity": {{"type": "UserAssigned", "userAssignedIdentities": {{"/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {{}}}}}},
      "properties": {{
        "source": {{"type": "SharedImageVersion", "imageVersionId": "{0}/versions/latest"}},
        "customize": [{{"type": "Shell", "inline": ["cat /etc/built", "echo child | sudo tee /etc/child", "sed 's/^/while built: /' /proc/sys/kernel/randomize_va_space"]}}],
        "validate": {{"inVMValidations": [
           {{"type": "Shell", "name": "there", "inline": ["grep child /etc/child", "test ! -e /tmp/DeprovisioningScript.sh", "sed 's/^/as a user has it: /' /proc/sys/kernel/randomize_va_space"]}},
           {{"type": "Shell", "name": "not there", "inline": ["echo looking; test -e /etc/missing"]}}]}},
        "distribute": [{{"type": "SharedImage", "galleryImageId": "{0}", "runOutputName": "o", "replicationRegions": ["westus2"]}}]}}}})",
                                 kGallery));
    const auto outcome = ingot_->build(file);
    EXPECT_EQ(outcome.exit_code, 8) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr(std::string(kGallery) + "/versions/3.0.0"));
    EXPECT_THAT(outcome.out, HasSubstr(R"("step":"validate[0]","time")"));
    EXPECT_THAT(outcome.out, HasSubstr("looking"));
    // Decision 0013: fixed addresses while an image is built under emulation, and not in the image.
    const bool emulated = outcome.out.find("emulation") != std::string::npos;
    EXPECT_THAT(outcome.out, HasSubstr(emulated ? "while built: 0" : "while built: 2"));
    EXPECT_THAT(outcome.out, HasSubstr("as a user has it: 2"));
    const auto listed = ingot_->run({"image", "list", "--output", "json"});
    EXPECT_EQ(base::parse_own_json(listed.out, "image list").as_array().size(), 3U)
        << "nothing of a run that failed validation may be listed";
    EXPECT_THAT(ingot_->leftovers(), IsEmpty());
}

TEST_F(GoldenImage, CannotBePublishedTwiceUnderOneNumber) {
    const auto file = ingot_->write_template("again", R"([{"type": "Shell", "inline": ["true"]}])");
    auto text = os::read_file(file);
    const auto start = text.find("[{\"type\": \"ManagedImage\"");
    text.replace(start,
                 text.find("}]", start) + 2 - start,
                 fmt::format(R"([{{"type": "SharedImage", "galleryImageId": "{}/versions/3.0.0",
                   "runOutputName": "o", "replicationRegions": ["westus2"]}}])",
                             kGallery));
    os::replace_file(file, text);
    const auto outcome = ingot_->build(file);
    EXPECT_EQ(outcome.exit_code, 7) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("ImageVersionExists"));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("\"boot\"")));
}

TEST_F(GoldenImage, IsGoneWithItsBytesWhenDeleted) {
    for (const char* id : {"g/d", "m"}) {
        EXPECT_EQ(ingot_->run({"image", "delete", id}).exit_code, 0);
    }
    EXPECT_EQ(ingot_->run({"image", "show", "g/d"}).exit_code, 11);
}

}  // namespace
}  // namespace ingot::e2e
