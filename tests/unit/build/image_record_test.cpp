// SPDX-License-Identifier: Apache-2.0
#include "build/layers/image_record.h"

#include <gtest/gtest.h>

namespace ingot::build {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::hours kHoweverOld{24 * 36500};

class ImageRecordsTest : public testing::Test {
  protected:
    static ImageRecord record(std::chrono::seconds age = 0s) {
        return {.content = {.digest = base::sha256("disk"),
                            .virtual_size = base::ByteCount::gib(30),
                            .data_size = base::ByteCount::mib(700),
                            .generation = arm::HyperVGeneration::V2,
                            .os_type = "Linux"},
                .born = base::now() - age,
                .validated = {base::sha256("v0"), base::sha256("v1")}};
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    ImageRecords records_{folder_.path() / "images"};
    base::Sha256Digest key_ = base::sha256("key");
};

TEST_F(ImageRecordsTest, AreFoundAsTheyWereKept) {
    EXPECT_FALSE(records_.find(key_, kHoweverOld));
    records_.keep(key_, record());
    const auto found = records_.find(key_, kHoweverOld).value();
    EXPECT_EQ(found.content.digest, record().content.digest);
    EXPECT_EQ(found.content.virtual_size, record().content.virtual_size);
    EXPECT_EQ(found.content.data_size, record().content.data_size);
    EXPECT_EQ(found.content.generation, arm::HyperVGeneration::V2);
    EXPECT_EQ(found.content.os_type, "Linux");
    EXPECT_EQ(found.validated, record().validated);
    EXPECT_EQ(records_.count(), 1U);
}

TEST_F(ImageRecordsTest, AreReplaced) {
    records_.keep(key_, record());
    auto other = record();
    other.content.digest = base::sha256("other");
    records_.keep(key_, other);
    EXPECT_EQ(records_.find(key_, kHoweverOld)->content.digest, other.content.digest);
    EXPECT_EQ(records_.count(), 1U);
}

TEST_F(ImageRecordsTest, GrowTooOld) {
    records_.keep(key_, record(100s));
    EXPECT_TRUE(records_.find(key_, 110s));
    EXPECT_FALSE(records_.find(key_, 90s));
}

TEST_F(ImageRecordsTest, ThatCannotBeReadAreNone) {
    records_.keep(key_, record());
    const auto file = folder_.path() / "images" / (key_.hex() + ".json");
    const auto text = os::read_file(file);
    for (const auto& damaged :
         {std::string(), text.substr(0, text.size() / 2), std::string("[]"), std::string("{}")}) {
        os::replace_file(file, damaged);
        EXPECT_FALSE(records_.find(key_, kHoweverOld)) << damaged;
    }
}

TEST_F(ImageRecordsTest, AreForgottenByAgeWithWhatCannotBeRead) {
    records_.keep(base::sha256("old"), record(100s));
    records_.keep(base::sha256("new"), record());
    os::replace_file(folder_.path() / "images" / "no key.json", "{}");
    records_.forget(base::now() - 50s);
    EXPECT_FALSE(records_.find(base::sha256("old"), kHoweverOld));
    EXPECT_TRUE(records_.find(base::sha256("new"), kHoweverOld));
    EXPECT_EQ(records_.count(), 1U);
}

}  // namespace
}  // namespace ingot::build
