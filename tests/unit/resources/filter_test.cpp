// SPDX-License-Identifier: Apache-2.0
#include "resources/filter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::resources {
namespace {

std::vector<std::string> parsed(const std::string& text) {
    std::vector<std::string> terms;
    for (const auto& term : parse_filter(text, "nothing")) {
        terms.push_back(term.name + "|" + term.operation + "|" + term.value);
    }
    return terms;
}

TEST(Filter, HasNoTermsWithoutText) {
    EXPECT_TRUE(parsed("").empty());
    EXPECT_TRUE(parsed("  ").empty());
}

TEST(Filter, ReadsWhatAzWrites) {
    EXPECT_EQ(
        parsed("resourceGroup eq 'rg' and name eq 'n' and resourceType eq 'NS/t'"),
        (std::vector<std::string>{"resourcegroup|eq|rg", "name|eq|n", "resourcetype|eq|NS/t"}));
    EXPECT_EQ(parsed("eventTimestamp ge 2026-11-20T09:17:31.5Z and resourceGroupName eq 'rg'"),
              (std::vector<std::string>{"eventtimestamp|ge|2026-11-20T09:17:31.5Z",
                                        "resourcegroupname|eq|rg"}));
}

TEST(Filter, ReadsFunctions) {
    EXPECT_EQ(parsed("atScope() and assignedTo('x-y')"),
              (std::vector<std::string>{"atscope||", "assignedto||x-y"}));
}

TEST(Filter, ReadsAQuoteThatIsWrittenTwice) {
    EXPECT_EQ(parsed("roleName eq 'Tom''s and role' AND type EQ ''"),
              (std::vector<std::string>{"rolename|eq|Tom's and role", "type|eq|"}));
}

class BadFilter : public testing::TestWithParam<std::string> {};

TEST_P(BadFilter, IsRefusedWithWhatIsSupported) {
    try {
        static_cast<void>(parse_filter(GetParam(), "name eq 'x'"));
        FAIL() << GetParam();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::InvalidArgument);
        EXPECT_EQ(error.code(), "InvalidFilterInQueryString");
        EXPECT_NE(error.message().find("name eq 'x'"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(Filter,
                         BadFilter,
                         testing::Values("name",
                                         "name eq",
                                         "name eq 'open",
                                         "name eq 'a' or name eq 'b'",
                                         "name eq 'a' and",
                                         "name eq 'a' name eq 'b'",
                                         "and name eq 'a'",
                                         "(name eq 'a')",
                                         "substringof('a', name)",
                                         "atScope(",
                                         "atScope",
                                         "'a' eq name",
                                         "name eq 'a';drop",
                                         "= 'a'"));

}  // namespace
}  // namespace ingot::resources
