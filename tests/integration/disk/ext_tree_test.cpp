// SPDX-License-Identifier: Apache-2.0
#include "disk/ext_tree.h"

#include "base/error.h"
#include "support/ext_disk.h"

#include <filesystem>
#include <random>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace ingot::disk {
namespace {

using base::ByteCount;
using base::Cancellation;

class ExtTree : public ::testing::Test {
  protected:
    FileTree read() const {
        auto tree = read_ext_tree(made_.disk(), whole_disk(), scope_);
        EXPECT_TRUE(tree);
        return tree.value_or(FileTree{});
    }

    Extent whole_disk() const { return {0, os::file_length(made_.disk()).bytes()}; }

    std::string contents(const FileTree& tree, const std::string& path) const {
        const auto* file = tree.find(path);
        const auto fd = os::open_file(made_.disk(), O_RDONLY);
        return file == nullptr ? "(none)" : read_whole(fd.get(), *file, ByteCount::mib(64));
    }

    std::string failure() const {
        try {
            (void)read_ext_tree(made_.disk(), whole_disk(), scope_);
            return {};
        } catch (const base::Error& error) {
            return error.code();
        }
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    tests::ExtDisk made_{scratch_.path(), "a: b?c"};
    Cancellation scope_;
};

TEST_F(ExtTree, TellsWhatAStatWouldTell) {
    made_.put("etc/hostname", "guest\n");
    ASSERT_EQ(::chmod(made_.at("etc/hostname").c_str(), 04750), 0);
    std::filesystem::create_symlink("hostname", made_.at("etc/short"));
    std::filesystem::create_symlink(std::string(300, 'l'), made_.at("etc/long"));
    ASSERT_EQ(::mkfifo(made_.at("pipe").c_str(), 0600), 0);
    made_.make();
    made_.debugfs("sif etc/hostname uid 100000");
    made_.debugfs("sif etc/hostname mtime @1700000000");
    const auto tree = read();
    const auto* file = tree.find("/etc/hostname");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(file->type, FileType::File);
    EXPECT_EQ(file->mode, 04750U);
    EXPECT_EQ(file->uid, 100000U);
    EXPECT_EQ(file->modified, 1700000000);
    EXPECT_EQ(file->size, ByteCount(6));
    EXPECT_EQ(contents(tree, "/etc/hostname"), "guest\n");
    EXPECT_EQ(tree.find("/etc/short")->link_target, "hostname");
    EXPECT_EQ(tree.find("/etc/long")->link_target, std::string(300, 'l'));
    EXPECT_EQ(tree.find("/pipe")->type, FileType::Pipe);
    EXPECT_EQ(tree.find("/")->type, FileType::Folder);
    EXPECT_EQ(tree.find("/etc/nothing"), nullptr);
}

TEST_F(ExtTree, CountsAFileOfTwoNamesOnce) {
    made_.put("one", "x");
    std::filesystem::create_hard_link(made_.at("one"), made_.at("two"));
    made_.make();
    const auto tree = read();
    EXPECT_EQ(tree.find("/one"), tree.find("/two"));
    EXPECT_EQ(tree.names.size(), 4U);  // and the root, and lost+found
    EXPECT_EQ(tree.nodes.size(), 3U);
}

TEST_F(ExtTree, ReadsAttributesAsStored) {
    made_.put("ping", "x");
    made_.put("plain", "x");
    made_.make();
    const std::string capability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    os::replace_file(scratch_.path() / "value", capability);
    made_.debugfs(
        fmt::format("ea_set -f {} ping security.capability", (scratch_.path() / "value").string()));
    const auto tree = read();
    EXPECT_THAT(tree.find("/ping")->attributes,
                ::testing::ElementsAre(::testing::Pair("security.capability", capability)));
    EXPECT_TRUE(tree.find("/plain")->attributes.empty());
}

TEST_F(ExtTree, ReadsHolesAsZeros) {
    made_.put("sparse", "begin");
    std::filesystem::resize_file(made_.at("sparse"), 3 << 20);
    std::ofstream(made_.at("sparse"), std::ios::in | std::ios::out | std::ios::ate) << "end";
    made_.make();
    const auto tree = read();
    ASSERT_EQ(tree.find("/sparse")->pieces.size(), 2U);
    EXPECT_EQ(contents(tree, "/sparse"),
              fmt::format("begin{}end", std::string((3 << 20) - 5, '\0')));
}

TEST_F(ExtTree, ReadsFilesThatAreKeptInTheirInode) {
    made_.put("tiny", "inside");
    made_.put("longer", std::string(120, 'i'));
    made_.make({"-t", "ext4", "-O", "inline_data"});
    const auto tree = read();
    EXPECT_TRUE(tree.find("/tiny")->pieces.empty());
    EXPECT_EQ(contents(tree, "/tiny"), "inside");
    EXPECT_EQ(contents(tree, "/longer"), std::string(120, 'i'));
    EXPECT_TRUE(tree.find("/longer")->attributes.empty());
}

TEST_F(ExtTree, ReadsTheBlockMapsOfExt2) {
    std::string many;
    for (int i = 0; i < 200'000; ++i) {
        many += fmt::format("{:06}\n", i);
    }
    made_.put("many", many);
    made_.make({"-t", "ext2", "-b", "1024"});
    EXPECT_EQ(contents(read(), "/many"), many);
}

TEST_F(ExtTree, HoldsTenThousandFilesInTheOrderOfFolders) {
    for (int i = 0; i < 10'000; ++i) {
        made_.put(fmt::format("d{}/f{}", i % 100, i), "x");
    }
    made_.put("d1-beside", "x");
    made_.make({"-t", "ext4", "-N", "12000"}, "64m");
    const auto tree = read();
    EXPECT_EQ(tree.names.size(), 10'103U);
    const auto first = std::find_if(
        tree.names.begin(), tree.names.end(), [](const auto& name) { return name.path == "/d1"; });
    ASSERT_NE(first, tree.names.end());
    for (int i = 1; i <= 100; ++i) {
        EXPECT_TRUE((first + i)->path.starts_with("/d1/")) << (first + i)->path;
    }
    EXPECT_FALSE((first + 101)->path.starts_with("/d1/"));
}

TEST_F(ExtTree, IsFoundWithinAPartition) {
    made_.put("etc/hostname", "guest");
    made_.partition(ByteCount::mib(16), "start=1MiB,size=8MiB\n");
    made_.make_in_partition(ByteCount::mib(1));
    const auto tree =
        read_ext_tree(made_.disk(), {ByteCount::mib(1).bytes(), ByteCount::mib(9).bytes()}, scope_);
    ASSERT_TRUE(tree);
    EXPECT_EQ(contents(*tree, "/etc/hostname"), "guest");
}

TEST_F(ExtTree, IsNothingOnAnotherDisk) {
    made_.partition(ByteCount::mib(16), "start=1MiB\n");
    EXPECT_FALSE(read_ext_tree(made_.disk(), whole_disk(), scope_));
    EXPECT_FALSE(read_ext_tree(made_.disk(), {0, 100}, scope_));
}

TEST_F(ExtTree, IsDamagedIfItIsLargerThanItsPlace) {
    made_.put("x", "x");
    made_.make();
    std::filesystem::resize_file(made_.disk(), 7 << 20);
    EXPECT_EQ(failure(), "FileSystemDamaged");
}

TEST_F(ExtTree, IsNotReadIfItsJournalWantsReplaying) {
    made_.put("x", "x");
    made_.make();
    made_.debugfs("feature needs_recovery");
    EXPECT_EQ(failure(), "FileSystemNotClean");
}

TEST_F(ExtTree, IsDamagedIfAFolderIsInsideItself) {
    made_.put("a/b/x", "x");
    made_.make();
    ASSERT_EQ(failure(), "");
    made_.debugfs("link a a/b/loop");
    EXPECT_EQ(failure(), "FileSystemDamaged");
}

TEST_F(ExtTree, IsDamagedIfFilesShareBlocks) {
    made_.put("one", std::string(5 << 20, '1'));
    made_.put("two", "2");
    made_.make();
    // Its extents for more than the whole of an eight-megabyte disk, twice.
    made_.debugfs("copy_inode one two");
    EXPECT_EQ(failure(), "FileSystemDamaged");
}

TEST_F(ExtTree, EndsWithACancel) {
    made_.put("x", "x");
    made_.make();
    scope_.cancel(base::CancelCause::User);
    EXPECT_THROW((void)read_ext_tree(made_.disk(), whole_disk(), scope_), base::Cancelled);
}

// Without checksums the library has only its own caution.
TEST_F(ExtTree, IsATreeOrAnErrorWhateverIsDamaged) {
    made_.put("etc/hostname", "guest");
    made_.put("usr/lib/file", std::string(100'000, 'f'));
    std::filesystem::create_symlink(std::string(300, 'l'), made_.at("etc/long"));
    made_.make(
        {"-t", "ext4", "-O", "^metadata_csum,^has_journal,^resize_inode", "-b", "1024", "-N", "64"},
        "1m");
    const auto sound = os::read_file(made_.disk());
    std::mt19937 random(17);
    int trees = 0;
    int errors = 0;
    std::vector<std::size_t> places;  // of what says something, and not inside the file
    for (std::size_t at = 1024; at < 49'152; ++at) {
        if (sound[at] != 0 && sound[at] != 'f') {
            places.push_back(at);
        }
    }
    for (int round = 0; round < 1000; ++round) {
        const auto at = places[random() % places.size()];
        made_.write(at, std::string(1 + random() % 4, static_cast<char>(random())));
        try {
            trees += read_ext_tree(made_.disk(), whole_disk(), scope_) ? 1 : 0;
        } catch (const base::Error& error) {
            EXPECT_THAT(error.code(), ::testing::AnyOf("FileSystemDamaged", "FileSystemNotClean"));
            ++errors;
        }
        made_.write(at, sound.substr(at, 4));
    }
    EXPECT_GT(trees, 100);
    EXPECT_GT(errors, 20);
}

}  // namespace
}  // namespace ingot::disk
