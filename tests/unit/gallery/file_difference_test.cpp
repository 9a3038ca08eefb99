// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/file_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::gallery {
namespace {

using disk::FileNode;
using disk::FileTree;
using disk::FileType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Contents stand in the nodes, so that no disk is needed.
FileNode file(const std::string& contents) {
    return {.type = FileType::File,
            .mode = 0644,
            .size = base::ByteCount(contents.size()),
            .inline_contents = contents};
}

FileNode folder() {
    return {.type = FileType::Folder, .mode = 0755};
}

// `names` in the order of is_before.
FileTree tree(const std::vector<std::pair<std::string, FileNode>>& names) {
    FileTree made;
    for (const auto& [path, node] : names) {
        made.names.push_back({path, made.nodes.size()});
        made.nodes.push_back(node);
    }
    return made;
}

FileDifference compare(const FileTree& before,
                       const FileTree& after,
                       const std::vector<std::string>& excluded = {}) {
    return compare_trees(
        {before, -1}, {after, -1}, CommonChunks({}, {}), excluded, base::Cancellation());
}

std::vector<FileAspect> aspects(const FileNode& before, const FileNode& after) {
    const auto difference = compare(tree({{"/x", before}}), tree({{"/x", after}}));
    return difference.changed.empty() ? std::vector<FileAspect>() : difference.changed[0].aspects;
}

TEST(FileDifference, NamesComeAndGo) {
    const auto difference =
        compare(tree({{"/", folder()}, {"/a", file("1")}, {"/b", file("22")}}),
                tree({{"/", folder()}, {"/b", file("22")}, {"/c", file("333")}}));
    ASSERT_EQ(difference.removed.size(), 1U);
    EXPECT_EQ(difference.removed[0].path, "/a");
    ASSERT_EQ(difference.added.size(), 1U);
    EXPECT_EQ(difference.added[0].path, "/c");
    EXPECT_EQ(difference.added[0].file.size, base::ByteCount(3));
    EXPECT_THAT(difference.changed, IsEmpty());
}

TEST(FileDifference, IsInWhatAFileIsAndHolds) {
    EXPECT_THAT(aspects(file("same"), file("same")), IsEmpty());
    EXPECT_THAT(aspects(file("same"), file("some")), ElementsAre(FileAspect::Contents));
    EXPECT_THAT(aspects(file("x"), folder()), ElementsAre(FileAspect::Type));
    auto other = file("same");
    other.mode = 04755;
    other.gid = 7;
    other.attributes["security.capability"] = "\1";
    EXPECT_THAT(aspects(file("same"), other),
                ElementsAre(FileAspect::Mode, FileAspect::Owner, FileAspect::Attributes));
    const FileNode here{.type = FileType::Link, .link_target = "here"};
    const FileNode there{.type = FileType::Link, .link_target = "elsewhere"};
    EXPECT_THAT(aspects(here, there), ElementsAre(FileAspect::LinkTarget));
    const FileNode null{.type = FileType::CharacterDevice, .device = 0x103};
    const FileNode zero{.type = FileType::CharacterDevice, .device = 0x105};
    EXPECT_THAT(aspects(null, zero), ElementsAre(FileAspect::Device));
}

TEST(FileDifference, IsNotInATimeAlone) {
    auto later = file("same");
    later.modified = 1700000000;
    const auto difference = compare(tree({{"/x", file("same")}}), tree({{"/x", later}}));
    EXPECT_TRUE(difference.empty());
    ASSERT_EQ(difference.only_times.size(), 1U);
    EXPECT_EQ(difference.only_times[0].after.modified, 1700000000);
}

TEST(FileDifference, CountsHardLinksOnce) {
    auto after = tree({{"/one", file("12345")}});
    after.names.push_back({"/two", 0});
    const auto difference = compare({}, after);
    ASSERT_EQ(difference.added.size(), 2U);
    EXPECT_TRUE(difference.added[0].counted);
    EXPECT_FALSE(difference.added[1].counted);
}

TEST(FileDifference, IsBlindToWhatIsExcluded) {
    const auto before = tree({{"/etc/machine-id", file("a")}, {"/var/log/x/y", file("a")}});
    const auto after = tree({{"/etc/machine-id", file("b")}, {"/var/lib", folder()}});
    EXPECT_TRUE(compare(before, after, {"/etc/machine-*", "/var/log", "/var/lib"}).empty());
    const auto difference = compare(before, after, {"/var"});
    EXPECT_EQ(difference.changed.size(), 1U);
    EXPECT_TRUE(difference.added.empty() && difference.removed.empty());
    EXPECT_FALSE(is_excluded("/variable", {"/var"}));
    EXPECT_FALSE(is_excluded("/a/b/c", {"/a/*/d"}));
}

TEST(CommonChunks, HoldOnlyWhatIsTheSameAtTheSamePlace) {
    const auto chunk = disk::kChunkSize.bytes();
    const auto x = base::sha256("x");
    const auto y = base::sha256("y");
    const CommonChunks common({base::ByteCount(5 * chunk), {{0, x}, {1, x}, {3, y}}},
                              {base::ByteCount(5 * chunk), {{0, x}, {1, y}, {4, y}}});
    EXPECT_TRUE(common.hold(0, chunk));
    EXPECT_FALSE(common.hold(0, chunk + 1));
    EXPECT_FALSE(common.hold(chunk, 1));
    EXPECT_TRUE(common.hold(2 * chunk, chunk));  // both have nothing there
    EXPECT_FALSE(common.hold(3 * chunk, 1));
    EXPECT_FALSE(common.hold(4 * chunk, 1));
    EXPECT_FALSE(common.hold(9 * chunk, 1));
}

}  // namespace
}  // namespace ingot::gallery
