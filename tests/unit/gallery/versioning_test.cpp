// SPDX-License-Identifier: Apache-2.0
#include "gallery/versioning.h"

#include "base/error.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::gallery {
namespace {

std::vector<VersionNumber> numbers(std::initializer_list<const char*> texts) {
    std::vector<VersionNumber> result;
    for (const auto* text : texts) {
        result.push_back(VersionNumber::parse(text).value());
    }
    return result;
}

base::Timestamp at(const char* time) {
    return base::from_rfc3339(time).value();
}

std::string latest(const std::vector<VersionNumber>& existing, std::optional<int> major) {
    return next_latest(existing, major).to_string();
}

// The service's documentation of versioning works through exactly these.
TEST(LatestScheme, NumbersAsTheDocumentedExample) {
    const auto existing = numbers(
        {"0.1.1", "0.1.2", "1.0.0", "1.0.1", "1.1.0", "1.1.1", "1.2.0", "2.0.0", "2.0.1", "2.1.0"});
    EXPECT_EQ(latest(existing, std::nullopt), "2.1.1");
    EXPECT_EQ(latest(existing, 2), "2.1.1");
    EXPECT_EQ(latest(existing, 1), "1.2.1");
    EXPECT_EQ(latest(existing, 0), "0.1.3");
    EXPECT_EQ(latest(existing, -1), "2.1.1");
}

TEST(LatestScheme, ComparesNumbersNotText) {
    EXPECT_EQ(latest(numbers({"1.10.0", "1.9.0"}), std::nullopt), "1.10.1");
}

TEST(LatestScheme, StartsAnEmptyDefinitionOrMajor) {
    EXPECT_EQ(latest({}, std::nullopt), "0.0.1");
    EXPECT_EQ(latest({}, 0), "0.0.1");
    EXPECT_EQ(latest({}, 3), "3.0.0");
    EXPECT_EQ(latest(numbers({"4.1.0"}), 3), "3.0.0");
}

TEST(LatestScheme, RefusesToWrapAround) {
    const std::vector<VersionNumber> full = {
        {.major = 1, .minor = 0, .patch = std::numeric_limits<std::uint32_t>::max()}};
    EXPECT_THROW((void)next_latest(full, 1), base::Error);
}

TEST(SourceScheme, TakesTheVersionOfUrnsAndIds) {
    EXPECT_EQ(next_from_source({}, "Debian:debian-12:12-gen2:12.0.20260101").to_string(),
              "12.0.20260101");
    EXPECT_EQ(next_from_source({}, "Canonical:ubuntu:server:22.04.202401010").to_string(),
              "22.4.202401010");
    EXPECT_EQ(next_from_source({}, "/x/galleries/G/images/D/versions/1.2.3").to_string(), "1.2.3");
}

TEST(SourceScheme, RaisesThePatchUntilItIsFree) {
    EXPECT_EQ(next_from_source(numbers({"1.2.3", "1.2.4", "9.0.0"}), "a:b:c:1.2.3").to_string(),
              "1.2.5");
}

TEST(SourceScheme, SaysWhatToDoAboutASourceWithoutAVersion) {
    for (const auto* source : {"/x/providers/Microsoft.Compute/images/base",
                               "a:b:c:latest",
                               "a:b:c:1.2",
                               "a:b:c:1.2.3.4",
                               "a:b:c:4294967296.0.0",
                               ""}) {
        try {
            (void)next_from_source({}, source);
            FAIL() << source;
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::InvalidArgument);
            EXPECT_EQ(error.code(), "SourceHasNoVersion");
            EXPECT_THAT(error.message(), testing::HasSubstr("scheme Latest"));
        }
    }
}

TEST(DatedNumbers, FallOnTheDaysOfRecordedVersions) {
    EXPECT_EQ(next_dated({}, at("2019-03-06T02:22:55.000Z")).to_string(), "0.23440.8575");
    EXPECT_EQ(next_dated({}, at("2020-01-28T01:06:41.000Z")).to_string(), "0.23768.4001");
    EXPECT_EQ(next_dated({}, at("2020-12-30T14:39:15.000Z")).to_string(), "0.24105.52755");
    EXPECT_EQ(next_dated({}, at("2022-11-18T11:34:39.999Z")).to_string(), "0.24793.41679");
}

TEST(DatedNumbers, RiseEvenWithinASecondOrWhenTheClockGoesBack) {
    const auto now = at("2022-11-18T11:34:39.000Z");
    EXPECT_EQ(next_dated(numbers({"0.24793.41679"}), now).to_string(), "0.24793.41680");
    EXPECT_EQ(next_dated(numbers({"0.24793.41679", "0.24800.5"}), now).to_string(), "0.24800.6");
    EXPECT_EQ(next_dated(numbers({"1.0.0", "0.3.0"}), now).to_string(), "0.24793.41679");
}

ImageVersion version(std::string definition, const char* number, bool excluded = false) {
    ImageVersion result;
    result.definition_id = std::move(definition);
    result.number = VersionNumber::parse(number).value();
    result.exclude_from_latest = excluded;
    return result;
}

TEST(LatestOf, IsTheHighestThatIsNotExcluded) {
    const std::vector versions = {version("/g/images/D", "1.9.0"),
                                  version("/g/images/d", "1.10.0"),
                                  version("/g/images/D", "2.0.0", true),
                                  version("/g/images/E", "3.0.0")};
    EXPECT_EQ(latest_of(versions, "/G/images/D"), &versions[1]);
    EXPECT_EQ(latest_of(versions, "/g/images/F"), nullptr);
    EXPECT_EQ(latest_of(std::span(versions).subspan(2, 1), "/g/images/D"), nullptr);
}

TEST(VersionNumber, ReadsThreeNumbersAndNothingElse) {
    EXPECT_EQ(VersionNumber::parse("0.24105.4294967295")->to_string(), "0.24105.4294967295");
    for (const auto* text : {"",
                             "1",
                             "1.2",
                             "1.2.",
                             "1..3",
                             "1.2.3.4",
                             "-1.2.3",
                             "+1.2.3",
                             " 1.2.3",
                             "1.2.3 ",
                             "1.2.x",
                             "1.2.4294967296",
                             "1,2,3"}) {
        EXPECT_EQ(VersionNumber::parse(text), std::nullopt) << text;
    }
}

TEST(VersionId, SplitsIntoDefinitionAndVersionInAnyCase) {
    const auto reference = split_version_id("/g/images/D/Versions/1.2.3");
    ASSERT_TRUE(reference);
    EXPECT_EQ(reference->definition_id, "/g/images/D");
    EXPECT_EQ(reference->version, "1.2.3");
    EXPECT_FALSE(split_version_id("/g/images/D"));
    EXPECT_EQ(version("/g/images/D", "1.2.3").id(), "/g/images/D/versions/1.2.3");
}

}  // namespace
}  // namespace ingot::gallery
