// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "os/files.h"
#include "sources/catalog.h"
#include "sources/download_locator.h"
#include "sources/host_apt.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::sources {
namespace {

using testing::HasSubstr;

class CatalogTest : public testing::Test {
  protected:
    [[nodiscard]] Catalog load(const std::string& images) const {
        os::replace_file(scratch_.path() / "c.json", "{\n\"images\": " + images + "}");
        return Catalog::load(scratch_.path());
    }

    [[nodiscard]] std::string refusal(const std::string& images) const {
        try {
            static_cast<void>(load(images));
        } catch (const base::Error& error) {
            return error.message();
        }
        return "";
    }

    static std::string image(const std::string& version, const std::string& more) {
        return R"({"publisher": "P", "offer": "O", "sku": "S", "hyperVGeneration": "V1", "version": ")" +
               version + "\", " + more + "}";
    }

    static constexpr const char* kDownload =
        R"("download": {"url": "https://example.invalid/i", "format": "raw", "digest": "00"})";

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
};

TEST_F(CatalogTest, TakesTheHighestVersionAsLatest) {
    const auto catalog =
        load("[" + image("1.9.0", kDownload) + "," + image("1.10.0", kDownload) + "]");
    EXPECT_EQ(catalog.find({"p", "o", "s", "Latest"}).urn(), "P:O:S:1.10.0");
    EXPECT_EQ(catalog.find({"P", "O", "S", "1.9.0"}).version, "1.9.0");
}

TEST_F(CatalogTest, NamesWhatItHoldsWhenAskedForSomethingElse) {
    const auto catalog = load("[" + image("1.0.0", kDownload) + "]");
    try {
        static_cast<void>(catalog.find({"P", "O", "X", "latest"}));
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "PlatformImageNotFound");
        EXPECT_THAT(error.message(), HasSubstr("P:O:S:1.0.0"));
    }
}

TEST_F(CatalogTest, SaysWhereAnEntryIsWrong) {
    const auto said =
        refusal("[" + image("1", R"("download": {"url": "u", "format": "iso"})") + "]");
    EXPECT_THAT(said, HasSubstr("c.json:2:"));
    EXPECT_THAT(said, HasSubstr("images[0].download.format"));
}

TEST_F(CatalogTest, RefusesADownloadThatCannotBeVerified) {
    EXPECT_THAT(refusal("[" + image("1", R"("download": {"url": "u", "format": "raw"})") + "]"),
                HasSubstr("digest or checksumsUrl"));
}

TEST(Catalog, InTheRepositoryIsReadable) {
    const auto catalog = Catalog::load(os::Path(INGOT_SOURCE_DIR) / "catalog");
    EXPECT_EQ(catalog.find({"Debian", "debian-12", "12-gen2", "latest"}).generation,
              arm::HyperVGeneration::V2);
}

TEST(Checksums, AreFoundInBothCommonForms) {
    const std::string hex(64, 'a');
    EXPECT_EQ(find_checksum(hex + "  x.img\n" + std::string(64, 'b') + " *y.img\n", "y.img")->hex,
              std::string(64, 'b'));
    EXPECT_EQ(find_checksum("# comment\nSHA256 (x.img) = " + hex + "\n", "x.img")->hex, hex);
    EXPECT_FALSE(find_checksum(hex + "  other.img\n", "x.img"));
}

TEST(Simplestreams, GiveTheNewestVersionThatHasTheItem) {
    const auto index = boost::json::parse(R"({"products": {"p": {"versions": {
        "20260101": {"items": {"disk1.img": {"path": "a/1.img", "sha256": ")" +
                                          std::string(64, '1') + R"("}}},
        "20260301": {"items": {"disk1.img": {"path": "a/3.img", "sha256": ")" +
                                          std::string(64, '3') + R"("}}},
        "20260401": {"items": {"other": {}}}}}}})");
    Download download;
    download.simplestreams_url = "https://example.invalid/releases/streams/v1/index.json";
    download.simplestreams_product = "p";
    download.simplestreams_item = "disk1.img";
    const auto located = find_in_simplestreams(index, download);
    EXPECT_EQ(located.url, "https://example.invalid/releases/a/3.img");
    EXPECT_EQ(located.version, "20260301");
    EXPECT_EQ(located.checksum.hex, std::string(64, '3'));
    download.simplestreams_product = "q";
    EXPECT_THROW(static_cast<void>(find_in_simplestreams(index, download)), base::Error);
}

TEST(HostApt, KeepsOnlyTheDistributionsOwnStanzasOfTheRelease) {
    const auto selected = select_deb822(
        "# c\nTypes: deb\nURIs: http://m/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
        "Types: deb\nURIs: http://x/\nSuites: bookworm\nComponents: main\nSigned-By: /x.gpg\n\n"
        "Types: deb-src\nURIs: http://m/debian\nSuites: bookworm\n\n"
        "Types: deb\nURIs: http://m/debian\nSuites: trixie\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://off/\nSuites: bookworm\n",
        "bookworm");
    EXPECT_THAT(selected, HasSubstr("http://m/debian"));
    EXPECT_THAT(selected, testing::Not(HasSubstr("http://x/")));
    EXPECT_THAT(selected, testing::Not(HasSubstr("trixie")));
    EXPECT_THAT(selected, testing::Not(HasSubstr("deb-src")));
    EXPECT_THAT(selected, testing::Not(HasSubstr("http://off/")));
}

TEST(HostApt, TurnsOneLineEntriesIntoStanzas) {
    const auto selected = select_one_line(
        "# deb http://no/ bookworm main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://m/debian bookworm-security main contrib # x\n"
        "deb http://m/debian sid main\n",
        "bookworm");
    EXPECT_EQ(selected,
              "Types: deb\nURIs: http://m/debian\nSuites: bookworm-security\n"
              "Components: main contrib\n"
              "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n");
}

}  // namespace
}  // namespace ingot::sources
