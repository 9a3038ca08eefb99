// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/image_difference.h"

#include "support/ext_disk.h"

#include <memory>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

namespace ingot::gallery {
namespace {

using base::ByteCount;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string status_of(const std::string& version) {
    return fmt::format(
        "Package: web\nStatus: install ok installed\nArchitecture: amd64\n"
        "Version: {}\n\n",
        version);
}

std::vector<std::string> paths(const std::vector<FilePresence>& files) {
    std::vector<std::string> list;
    for (const auto& file : files) {
        list.push_back(file.path);
    }
    return list;
}

std::vector<std::string> paths(const std::vector<FileChange>& files) {
    std::vector<std::string> list;
    for (const auto& file : files) {
        list.push_back(file.path);
    }
    return list;
}

class ImageDifferenceOf : public ::testing::Test {
  protected:
    // What both have.
    void SetUp() override {
        for (const auto* side : {&a_, &b_}) {
            side->put("etc/hostname", "guest");
            side->put("usr/bin/true", std::string(300'000, 't'));
            side->put("var/lib/dpkg/status", status_of("1.0"));
        }
    }

    void make() const {
        a_.make();
        b_.make();
    }

    // Everything has the time of its making, so it is excluded by being no difference.
    ImageDifference compare(const std::vector<std::string>& excluded = {}) const {
        return compare_disks({a_.disk()}, {b_.disk()}, excluded, base::Cancellation());
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    tests::ExtDisk a_{scratch_.path(), "a"};
    tests::ExtDisk b_{scratch_.path(), "b"};
};

TEST_F(ImageDifferenceOf, ADiskAndItselfIsEmpty) {
    a_.make();
    const auto difference = compare_disks({a_.disk()}, {a_.disk()}, {}, base::Cancellation());
    EXPECT_TRUE(difference.empty());
    EXPECT_THAT(difference.files.only_times, IsEmpty());
    EXPECT_EQ(difference.bytes.added, ByteCount(0));
    EXPECT_EQ(difference.bytes.shared, difference.bytes.after);
}

TEST_F(ImageDifferenceOf, TheSameFilesElsewhereIsEmpty) {
    a_.put("first", std::string(50'000, 'f'));  // shifts what comes after
    a_.make();
    b_.make();
    const auto difference = compare({"/first"});
    EXPECT_TRUE(difference.empty()) << ::testing::PrintToString(paths(difference.files.changed));
}

TEST_F(ImageDifferenceOf, FilesIsInWhatChanged) {
    a_.put("gone", "x");
    b_.put("new/file", "12345");
    std::filesystem::create_hard_link(b_.at("new/file"), b_.at("new/name"));
    b_.put("etc/hostname", "other");  // of the same length
    ASSERT_EQ(::chmod(b_.at("usr/bin/true").c_str(), 04755), 0);
    make();
    const auto difference = compare();
    EXPECT_THAT(paths(difference.files.removed), ElementsAre("/gone"));
    EXPECT_THAT(paths(difference.files.added), ElementsAre("/new", "/new/file", "/new/name"));
    EXPECT_FALSE(difference.files.added[2].counted);
    ASSERT_THAT(paths(difference.files.changed), ElementsAre("/etc/hostname", "/usr/bin/true"));
    EXPECT_THAT(difference.files.changed[0].aspects, ElementsAre(FileAspect::Contents));
    EXPECT_THAT(difference.files.changed[1].aspects, ElementsAre(FileAspect::Mode));
    EXPECT_GT(difference.bytes.added, ByteCount(0));
    EXPECT_GT(difference.bytes.shared, ByteCount(0));
    EXPECT_EQ(difference.bytes.added + difference.bytes.shared, difference.bytes.after);
}

TEST_F(ImageDifferenceOf, ACapabilityIsFound) {
    make();
    b_.debugfs("ea_set usr/bin/true security.capability abcdefgh");
    const auto difference = compare();
    ASSERT_THAT(paths(difference.files.changed), ElementsAre("/usr/bin/true"));
    EXPECT_THAT(difference.files.changed[0].aspects, ElementsAre(FileAspect::Attributes));
}

TEST_F(ImageDifferenceOf, DebianPackagesIsTold) {
    b_.put("var/lib/dpkg/status", status_of("1.1"));
    make();
    const auto difference = compare();
    EXPECT_THAT(difference.packages_unread, IsEmpty());
    ASSERT_EQ(difference.packages.changed.size(), 1U);
    EXPECT_EQ(difference.packages.changed[0].version_after, "1.1");
}

// A header that names a package and nothing else.
std::string rpm_header(const std::string& name) {
    const std::string data = name + '\0' + "1.0" + '\0' + "1" + '\0';
    const auto number = [](std::size_t n) {
        return std::string{'\0', '\0', static_cast<char>(n >> 8U), static_cast<char>(n & 0xFFU)};
    };
    std::string blob = number(3) + number(data.size());
    std::size_t offset = 0;
    for (const std::size_t tag : {1000, 1001, 1002}) {
        blob += number(tag) + number(6) + number(offset) + number(1);
        offset = data.find('\0', offset) + 1;
    }
    return blob + data;
}

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};

// In the mode of a write-ahead log, as rpm's are. As long as what is returned lives, the rows are
// in the log only.
std::unique_ptr<sqlite3, CloseDatabase> write_rpm_database(const os::Path& path,
                                                           const std::vector<std::string>& names) {
    os::make_folders(path.parent_path());
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database,
                           "PRAGMA journal_mode = WAL; CREATE TABLE Packages (hnum INTEGER "
                           "PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)",
                           nullptr,
                           nullptr,
                           nullptr),
              SQLITE_OK);
    for (const auto& name : names) {
        const auto blob = rpm_header(name);
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(
                      database, "INSERT INTO Packages (blob) VALUES (?)", -1, &statement, nullptr),
                  SQLITE_OK);
        sqlite3_bind_blob(statement, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC);
        EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
        sqlite3_finalize(statement);
    }
    return std::unique_ptr<sqlite3, CloseDatabase>(database);
}

TEST_F(ImageDifferenceOf, RpmPackagesIsTold) {
    write_rpm_database(a_.at("usr/lib/sysimage/rpm/rpmdb.sqlite"), {"bash"}).reset();
    write_rpm_database(b_.at("usr/lib/sysimage/rpm/rpmdb.sqlite"), {"bash", "nginx"}).reset();
    make();
    const auto difference = compare();
    EXPECT_THAT(difference.packages_unread, IsEmpty());
    EXPECT_THAT(difference.packages.added, ElementsAre(Package{"rpm", "nginx", "", "1.0-1"}));
}

// rpm leaves it so more often than not.
TEST_F(ImageDifferenceOf, RpmPackagesInAWriteAheadLogIsTold) {
    const auto database = write_rpm_database(b_.at("var/lib/rpm/rpmdb.sqlite"), {"bash"});
    make();
    const auto difference = compare();
    EXPECT_THAT(difference.packages_unread, IsEmpty());
    EXPECT_THAT(difference.packages.added, ElementsAre(Package{"rpm", "bash", "", "1.0-1"}));
}

TEST_F(ImageDifferenceOf, RpmDatabasesThatAreNotReadSaysSo) {
    a_.put("var/lib/rpm/Packages", "BDB");
    b_.put("var/lib/rpm/rpmdb.sqlite", "this is no database at all");
    make();
    const auto difference = compare();
    ASSERT_EQ(difference.packages_unread.size(), 2U);
    EXPECT_THAT(difference.packages_unread[0],
                HasSubstr("first image: the rpm database /var/lib/rpm/Packages is in Berkeley DB"));
    EXPECT_THAT(difference.packages_unread[1],
                HasSubstr("second image: the rpm database: rpmdb.sqlite cannot be read"));
    EXPECT_TRUE(difference.packages.empty());
}

constexpr auto kRootStart = ByteCount::mib(4);
constexpr auto kPartitions = "1 : start=4MiB,size=8MiB\n15 : start=1MiB,size=2MiB,type=U\n";

TEST_F(ImageDifferenceOf, PartitionsIsOfTheirRoots) {
    b_.put("etc/new", "x");
    for (const auto* side : {&a_, &b_}) {
        side->partition(ByteCount::mib(16), kPartitions);
        side->make_in_partition(kRootStart);
    }
    b_.write(ByteCount::mib(2).bytes(), "the boot loader");
    const auto difference = compare();
    EXPECT_THAT(paths(difference.files.added), ElementsAre("/etc/new"));
    EXPECT_EQ(difference.files.added[0].partition, 0U);
    ASSERT_EQ(difference.unread.size(), 1U);
    EXPECT_EQ(difference.unread[0].number, 15U);
    EXPECT_FALSE(difference.unread[0].same_bytes);
}

TEST_F(ImageDifferenceOf, AFileSystemThatIsNotReadStillTellsBytes) {
    a_.partition(ByteCount::mib(16), kPartitions);
    a_.make_in_partition(kRootStart);
    b_.partition(ByteCount::mib(16), kPartitions);
    b_.write(kRootStart.bytes(), "XFSB and so on");
    const auto difference = compare();
    ASSERT_EQ(difference.unread.size(), 2U);
    EXPECT_EQ(difference.unread[0].number, 1U);
    EXPECT_EQ(difference.unread[0].reason,
              "second image: XFS, and only ext2, ext3 and ext4 are read");
    EXPECT_TRUE(difference.unread[1].same_bytes);
    EXPECT_THAT(difference.packages_unread,
                ElementsAre("no root file system could be read in the second image"));
    EXPECT_THAT(difference.files.removed, IsEmpty());
    EXPECT_GT(difference.bytes.after, ByteCount(0));
    EXPECT_FALSE(difference.empty());
}

TEST_F(ImageDifferenceOf, ADamagedFileSystemSaysSo) {
    make();
    b_.write(4096, std::string(2 << 20, '\x5A'));
    const auto difference = compare();
    ASSERT_EQ(difference.unread.size(), 1U);
    EXPECT_THAT(difference.unread[0].reason,
                HasSubstr("second image: the ext file system is damaged"));
}

TEST_F(ImageDifferenceOf, LargeSparseFilesIsFoundWithoutReadingHoles) {
    for (const auto* side : {&a_, &b_}) {
        side->put("sparse", "begin");
        std::filesystem::resize_file(side->at("sparse"), std::uintmax_t{1} << 40U);
    }
    b_.put("shift", std::string(70'000, 's'));  // so that it takes reading
    make();
    EXPECT_TRUE(compare({"/shift"}).empty());
    std::ofstream(b_.at("sparse"), std::ios::in | std::ios::out) << "BEGIN";
    b_.make();
    EXPECT_THAT(paths(compare({"/shift"}).files.changed), ElementsAre("/sparse"));
}

}  // namespace
}  // namespace ingot::gallery
