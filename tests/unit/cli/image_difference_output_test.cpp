// SPDX-License-Identifier: Apache-2.0
#include "cli/image_difference_output.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

using base::ByteCount;
using disk::FileType;
using gallery::FileAspect;
using gallery::ImageDifference;
using ::testing::HasSubstr;
using ::testing::Not;

const DifferenceTitle kTitle{"g/d/1.0.0", "g/d/1.1.0"};

gallery::FilePresence presence(const std::string& path,
                               FileType type = FileType::File,
                               std::uint64_t size = 0) {
    return {.path = path, .file = {.type = type, .size = ByteCount(size)}};
}

TEST(DifferenceText, SaysThatNothingDiffers) {
    EXPECT_THAT(to_text(kTitle, {}, {}), HasSubstr("no file differs\n"));
    ImageDifference times;
    times.files.only_times.push_back({.path = "/x"});
    EXPECT_THAT(to_text(kTitle, times, {}), HasSubstr("except 1 in their time (--times)"));
    EXPECT_THAT(to_text(kTitle, times, {.times = true}), HasSubstr("  ~ /x  time\n"));
}

TEST(DifferenceText, PutsAWholeFolderInOneLine) {
    ImageDifference difference;
    difference.files.added = {presence("/opt/app", FileType::Folder),
                              presence("/opt/app/a", FileType::File, 1024),
                              presence("/opt/app/b", FileType::File, 1024),
                              presence("/opt/app-b", FileType::File, 10)};
    difference.files.added[2].counted = false;
    const auto text = to_text(kTitle, difference, {});
    EXPECT_THAT(text, HasSubstr("files: 4 added (1.0 KiB)"));
    EXPECT_THAT(text, HasSubstr("  + /opt/app/  2 inside, 1.0 KiB\n  + /opt/app-b  10 B\n"));
    EXPECT_THAT(to_text(kTitle, difference, {.all = true}), HasSubstr("  + /opt/app/b  1.0 KiB\n"));
}

TEST(DifferenceText, IsCut) {
    ImageDifference difference;
    for (int i = 0; i < 100; ++i) {
        difference.files.removed.push_back(presence(fmt::format("/f{}", i)));
    }
    EXPECT_THAT(to_text(kTitle, difference, {}), HasSubstr("  … and 60 more (--all)\n"));
    EXPECT_THAT(to_text(kTitle, difference, {.all = true}), Not(HasSubstr("more")));
}

TEST(DifferenceText, SaysWhatChanged) {
    ImageDifference difference;
    difference.packages.changed.push_back({{"rpm", "bash", "x86_64", "5.1-1"}, "5.2-1"});
    difference.files.changed.push_back(
        {.partition = 16,
         .path = "/x",
         .before = {.mode = 0644, .size = ByteCount(1)},
         .after = {.mode = 04755, .uid = 7, .size = ByteCount(2)},
         .aspects = {FileAspect::Contents, FileAspect::Mode, FileAspect::Owner}});
    const auto text = to_text(kTitle, difference, {});
    EXPECT_THAT(text, HasSubstr("  ~ bash:x86_64 5.1-1 → 5.2-1\n"));
    EXPECT_THAT(text,
                HasSubstr("  ~ partition 16: /x  1 B → 2 B; mode 0644 → 4755; owner 0:0 → 7:0\n"));
}

TEST(DifferenceText, SaysWhatWasNotReadUnlessItIsTheSame) {
    ImageDifference difference;
    difference.unread.push_back({.number = 15, .reason = "FAT", .same_bytes = true});
    EXPECT_TRUE(difference.empty());
    EXPECT_THAT(to_text(kTitle, difference, {}), Not(HasSubstr("FAT")));
    difference.unread[0].same_bytes = false;
    EXPECT_FALSE(difference.empty());
    EXPECT_THAT(to_text(kTitle, difference, {}), HasSubstr("partition 15 (0 B) differs in bytes"));
}

TEST(DifferenceText, GivesATerminalNothingToObey) {
    EXPECT_EQ(escaped("/plain/ü→𝄞"), "/plain/ü→𝄞");
    EXPECT_EQ(escaped("a\x1b[2J\nb\x7f"), "a\\x1b[2J\\x0ab\\x7f");
    EXPECT_EQ(escaped("\xc2\x9b"), "\\xc2\\x9b");           // CSI in one character
    EXPECT_EQ(escaped("\xff\xc3"), "\\xff\\xc3");           // no UTF-8
    EXPECT_EQ(escaped("\xe0\x80\x80"), "\\xe0\\x80\\x80");  // overlong
    EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
    EXPECT_EQ(escaped("back\\slash"), "back\\x5cslash");
}

TEST(DifferenceJson, IsComplete) {
    ImageDifference difference;
    difference.bytes = {ByteCount(10), ByteCount(20), ByteCount(5), ByteCount(15)};
    for (int i = 0; i < 100; ++i) {
        difference.files.added.push_back(presence(fmt::format("/f{}", i)));
    }
    difference.files.only_times.push_back({.path = "/t"});
    difference.files.added[0].file.mode = 04755;
    const auto json = to_json(kTitle, difference);
    EXPECT_TRUE(json.at("differs").as_bool());
    EXPECT_EQ(json.at("files").at("added").as_array().size(), 100U);
    EXPECT_EQ(json.at("files").at("added").at(0).at("mode").as_string(), "4755");
    EXPECT_EQ(json.at("files").at("onlyTimes").at(0).at("path").as_string(), "/t");
    EXPECT_EQ(json.at("bytes").at("new").to_number<int>(), 5);
    EXPECT_EQ(json.at("before").as_string(), "g/d/1.0.0");
}

}  // namespace
}  // namespace ingot::cli
