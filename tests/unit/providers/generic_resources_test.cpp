// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/surroundings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

using Names = std::vector<std::string>;

const std::string kAll = kSub + "/resources";

class GenericResourcesTest : public testing::Test {
  protected:
    GenericResourcesTest() {
        around_.make_group("a");
        around_.make_group("b");
        around_.world.put(thing_id("a", "one"),
                          R"({"location": "westus2", "tags": {"team": "x"}, "kind": "small",
                             "properties": {"secret": 1, "provisioningState": "Failed"}})");
        around_.make(thing_id("a", "one/parts/p"));
        around_.world.put(thing_id("a", "one/proxies/q"), "{}");
        around_.world.put(thing_id("b", "one"), R"({"location": "eastus", "tags": {"team": "y"}})");
        around_.make(group_id("b") + "/providers/Test.Things/runners/r");
        around_.grant(kBob, identity::kReaderRole, thing_id("b", "one"));
    }

    Names list(const std::string& filter, const std::string& url = kAll) {
        const auto answer = around_.world.get(url + "?$filter=" + filter);
        EXPECT_EQ(answer.status, 200) << filter << error_message(answer);
        return answer.status == 200 ? names_in(answer.body) : Names();
    }

    Surroundings around_;
};

TEST_F(GenericResourcesTest, AreThoseWithALocation) {
    EXPECT_EQ(names_in(around_.world.get(kAll).body), (Names{"one", "one/p", "r", "one"}))
        << "in the order of their ids";
    EXPECT_EQ(names_in(around_.world.get(group_id("A") + "/resources").body),
              (Names{"one", "one/p"}));
    EXPECT_EQ(error_code(around_.world.get(group_id("none") + "/resources")),
              "ResourceGroupNotFound");
}

TEST_F(GenericResourcesTest, ShowWhatAllHaveAndNoProperties) {
    const auto entry = at(around_.world.get(kAll).body, "value.0");
    EXPECT_EQ(entry,
              (boost::json::value{{"id", thing_id("a", "one")},
                                  {"name", "one"},
                                  {"type", "Test.Things/things"},
                                  {"location", "westus2"},
                                  {"tags", {{"team", "x"}}},
                                  {"kind", "small"}}));
}

TEST_F(GenericResourcesTest, AreFilteredAsAzAsks) {
    EXPECT_EQ(list("resourceGroup eq 'B'"), (Names{"r", "one"}));
    EXPECT_EQ(list("resourceGroup eq 'a' and name eq 'ONE' and resourceType eq "
                   "'test.things/things'"),
              Names{"one"});
    EXPECT_EQ(list("name eq 'one/p'"), Names{"one/p"});
    EXPECT_EQ(list("resourceType eq 'Test.Things/runners'"), Names{"r"});
    EXPECT_EQ(list("tagname eq 'team'"), (Names{"one", "one"}));
    EXPECT_EQ(list("tagname eq 'team' and tagvalue eq 'y'"), Names{"one"});
    EXPECT_EQ(list("location eq 'East US'"), Names{"one"});
    EXPECT_EQ(list("resourceGroup eq 'none'"), Names{});
    EXPECT_EQ(list("resourceGroup eq 'b'", group_id("a") + "/resources"), Names{});
    EXPECT_EQ(list("resourceGroup eq 'A'", group_id("a") + "/resources"), (Names{"one", "one/p"}));
}

TEST_F(GenericResourcesTest, RefuseOtherFiltersByNamingTheirs) {
    for (const auto* filter : {"name ne 'x'",
                               "substringof('o', name)",
                               "startswith(tagName, 'o')",
                               "name eq 'a' or name eq 'b'",
                               "tagvalue eq 'x'",
                               "plan eq 'x'",
                               "name eq ''",
                               "name eq one two",
                               "1 eq 1; drop table"}) {
        const auto refused = around_.world.get(kAll + "?$filter=" + filter);
        EXPECT_EQ(refused.status, 400) << filter;
        EXPECT_EQ(error_code(refused), "InvalidFilterInQueryString") << filter;
        EXPECT_NE(error_message(refused).find("resourceGroup eq 'name'"), std::string::npos);
    }
}

TEST_F(GenericResourcesTest, AreExpandedOnDemand) {
    const auto answer =
        around_.world.get(kAll + "?$expand=createdTime,changedTime,provisioningState");
    EXPECT_FALSE(text_at(answer, "value.0.createdTime").empty());
    EXPECT_FALSE(text_at(answer, "value.0.changedTime").empty());
    EXPECT_EQ(text_at(answer, "value.0.provisioningState"), "Failed");
    EXPECT_EQ(text_at(answer, "value.1.provisioningState"), "Succeeded");
    const auto refused = around_.world.get(kAll + "?$expand=createdTime,everything");
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(error_message(refused).find("changedTime"), std::string::npos);
}

TEST_F(GenericResourcesTest, ComeInPages) {
    const auto first =
        around_.world.get(kAll + "?$top=3&$filter=resourceType eq 'Test.Things/things'");
    EXPECT_EQ(names_in(first.body), (Names{"one", "one"}));
    EXPECT_EQ(text_at(first, "nextLink"), "");
    const auto page = around_.world.get(kAll + "?$top=3");
    EXPECT_EQ(names_in(page.body).size(), 3U);
    const auto next = text_at(page, "nextLink");
    ASSERT_NE(next.find("$skipToken="), std::string::npos);
    const auto rest = around_.world.get(next.substr(next.find(kSub)));
    EXPECT_EQ(names_in(rest.body), Names{"one"});
    EXPECT_EQ(text_at(rest, "value.0.id"), thing_id("b", "one"));
    EXPECT_EQ(around_.world.get(kAll + "?$top=x").status, 400);
}

TEST_F(GenericResourcesTest, AreThoseThatTheCallerMayRead) {
    around_.as(kBob);
    const auto answer = around_.world.get(kAll);
    EXPECT_EQ(names_in(answer.body), Names{"one"});
    EXPECT_EQ(text_at(answer, "value.0.id"), thing_id("b", "one"));
    EXPECT_EQ(around_.world.get(group_id("a") + "/resources").status, 403);
    around_.as(kAlice);
    EXPECT_EQ(around_.world.get(kAll).status, 403);
}

}  // namespace
}  // namespace ingot::providers
