// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/packages.h"

#include "gallery/difference/dpkg_status.h"
#include "gallery/difference/rpm_header.h"
#include "os/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::gallery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Package dpkg(const std::string& name, const std::string& version) {
    return {"dpkg", name, "amd64", version};
}

Package rpm(const std::string& name, const std::string& version) {
    return {"rpm", name, "x86_64", version};
}

TEST(Packages, ComeGoAndChange) {
    const auto difference =
        compare_packages({dpkg("kept", "1"), dpkg("old", "1"), dpkg("up", "1")},
                         {dpkg("up", "2"), dpkg("new", "1"), dpkg("kept", "1")});
    EXPECT_THAT(difference.added, ElementsAre(dpkg("new", "1")));
    EXPECT_THAT(difference.removed, ElementsAre(dpkg("old", "1")));
    EXPECT_THAT(difference.changed, ElementsAre(PackageChange{dpkg("up", "1"), "2"}));
}

TEST(Packages, OfTwoArchitecturesAreTwo) {
    const Package other{"dpkg", "libc6", "i386", "1"};
    const auto difference = compare_packages({dpkg("libc6", "1")}, {dpkg("libc6", "1"), other});
    EXPECT_THAT(difference.added, ElementsAre(other));
    EXPECT_TRUE(difference.removed.empty() && difference.changed.empty());
}

TEST(Packages, InSeveralVersionsAreAddedAndRemoved) {
    const auto three =
        compare_packages({rpm("kernel", "1"), rpm("kernel", "2")},
                         {rpm("kernel", "1"), rpm("kernel", "2"), rpm("kernel", "3")});
    EXPECT_THAT(three.added, ElementsAre(rpm("kernel", "3")));
    EXPECT_THAT(three.changed, IsEmpty());
    const auto rotated = compare_packages({rpm("kernel", "1"), rpm("kernel", "2")},
                                          {rpm("kernel", "2"), rpm("kernel", "3")});
    EXPECT_THAT(rotated.changed, ElementsAre(PackageChange{rpm("kernel", "1"), "3"}));
    const auto replaced =
        compare_packages({rpm("kernel", "1"), rpm("kernel", "2")}, {rpm("kernel", "3")});
    EXPECT_THAT(replaced.removed, ElementsAre(rpm("kernel", "1"), rpm("kernel", "2")));
    EXPECT_THAT(replaced.added, ElementsAre(rpm("kernel", "3")));
}

TEST(DpkgStatus, ListsWhatHasFiles) {
    const auto packages = parse_dpkg_status(
        "Package: adduser\nStatus: install ok installed\nArchitecture: all\nVersion: 3.134\n"
        "Description: add\n Package: not-a-field\n .\n Version: 9\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"
        "Package: half\nStatus: install ok half-configured\nArchitecture: amd64\nVersion: 1:2-3\n\n"
        "\n\nStatus: install ok installed\nVersion: 1\n\n"
        "package: last\nSTATUS: hold ok installed\nVersion: 7");
    EXPECT_THAT(packages,
                ElementsAre(Package{"dpkg", "adduser", "all", "3.134"},
                            Package{"dpkg", "half", "amd64", "1:2-3"},
                            Package{"dpkg", "last", "", "7"}));
}

TEST(DpkgStatus, PassesOverWhatIsNoParagraph) {
    EXPECT_THAT(parse_dpkg_status(""), IsEmpty());
    EXPECT_THAT(parse_dpkg_status("\n\n\n"), IsEmpty());
    EXPECT_THAT(parse_dpkg_status(std::string("\0\xff:\0\n: :\n", 9)), IsEmpty());
}

std::string big_endian(std::uint32_t number) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes += static_cast<char>(number >> shift & 0xFFU);
    }
    return bytes;
}

struct Entry {
    std::uint32_t tag;
    std::uint32_t type;
    std::uint32_t offset;
};

std::string header(const std::vector<Entry>& entries, const std::string& data) {
    auto blob = big_endian(static_cast<std::uint32_t>(entries.size()));
    blob += big_endian(static_cast<std::uint32_t>(data.size()));
    for (const auto& entry : entries) {
        blob += big_endian(entry.tag);
        blob += big_endian(entry.type);
        blob += big_endian(entry.offset);
        blob += big_endian(1);
    }
    return blob + data;
}

const std::vector<Entry> kBash = {{1000, 6, 0}, {1001, 6, 5}, {1002, 6, 9}, {1022, 6, 16}};
const std::string kBashData("bash\0005.2\0001.fc38\0x86_64\0", 23);

TEST(RpmHeader, NamesThePackage) {
    EXPECT_EQ(parse_rpm_header(header(kBash, kBashData)),
              (Package{"rpm", "bash", "x86_64", "5.2-1.fc38"}));
}

// As rpm 4.18 wrote it, out of the Packages table of a database.
TEST(RpmHeader, OfARealDatabaseIsRead) {
    const auto blob = os::read_file(INGOT_TEST_DATA "/rpm/ingot-sample.header");
    EXPECT_EQ(parse_rpm_header(blob), (Package{"rpm", "ingot-sample", "noarch", "2:1.4-3.el9"}));
}

TEST(RpmHeader, PutsTheEpochFirst) {
    auto entries = kBash;
    entries.push_back({1003, 4, static_cast<std::uint32_t>(kBashData.size())});
    const auto package = parse_rpm_header(header(entries, kBashData + big_endian(2)));
    ASSERT_TRUE(package);
    EXPECT_EQ(package->version, "2:5.2-1.fc38");
}

TEST(RpmHeader, ReadsNothingOutsideTheBlob) {
    const auto sound = header(kBash, kBashData);
    for (std::size_t length = 0; length < sound.size(); ++length) {
        EXPECT_FALSE(parse_rpm_header(sound.substr(0, length))) << length;
    }
    EXPECT_FALSE(parse_rpm_header(big_endian(0xFFFFFFFF) + big_endian(0xFFFFFFFF) + "x"));
    EXPECT_FALSE(parse_rpm_header(header({{1000, 6, 4000}}, "bash")));
    EXPECT_FALSE(parse_rpm_header(header({{1000, 6, 0}}, "unended")));
    EXPECT_FALSE(parse_rpm_header(header({{1000, 4, 0}}, kBashData)));  // not a string
}

}  // namespace
}  // namespace ingot::gallery
