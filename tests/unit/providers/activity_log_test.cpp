// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/surroundings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kLog =
    kSub + "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01";

base::Timestamp minute(int number) {
    return base::from_rfc3339("2026-11-20T09:00:00Z").value() + std::chrono::minutes(number);
}

class ActivityLogTest : public testing::Test {
  protected:
    ActivityLogTest() {
        resources::Change change;
        change.activities.push_back(entry(1, "a", "Test.Things/things/write", "Succeeded"));
        change.activities.push_back(entry(2, "b", "Test.Things/things/write", "Failed"));
        change.activities.push_back(entry(3, "a", "Test.Things/things/run/action", "Succeeded"));
        static_cast<void>(around_.world.resources.apply(change));
    }

    static resources::Activity entry(int at_minute,
                                     const std::string& group,
                                     const std::string& action,
                                     const std::string& status) {
        return {.time = minute(at_minute),
                .caller = "someone-" + group,
                .action = action,
                .resource_id = thing_id(group, "one"),
                .correlation_id = "correlation-" + std::to_string(at_minute),
                .status = status};
    }

    std::vector<std::string> list(const std::string& filter) {
        const auto answer = around_.world.get(kLog +
                                              "&$filter=eventTimestamp le "
                                              "'2026-11-20T10:00:00Z'" +
                                              filter);
        EXPECT_EQ(answer.status, 200) << error_message(answer);
        if (answer.status != 200) {
            return {};
        }
        std::vector<std::string> found;
        for (const auto& one : answer.body.at("value").as_array()) {
            found.emplace_back(one.at("correlationId").as_string());
        }
        return found;
    }

    Surroundings around_;
};

using Found = std::vector<std::string>;

TEST_F(ActivityLogTest, ListsWhatWasDoneNewestFirst) {
    EXPECT_EQ(list(""), (Found{"correlation-3", "correlation-2", "correlation-1"}));
}

TEST_F(ActivityLogTest, FiltersAsAzAsks) {
    EXPECT_EQ(list(" and eventTimestamp ge 2026-11-20T09:01:30Z and resourceGroupName eq 'A'"),
              Found{"correlation-3"});
    EXPECT_EQ(list(" and eventTimestamp ge '2026-11-20T09:02:00.000000+00:00'"),
              (Found{"correlation-3", "correlation-2"}));
    EXPECT_EQ(list(" and resourceUri eq '" + base::to_lower(thing_id("b", "one")) + "'"),
              Found{"correlation-2"});
    EXPECT_EQ(list(" and correlationId eq 'CORRELATION-1'"), Found{"correlation-1"});
    EXPECT_EQ(list(" and status eq 'failed'"), Found{"correlation-2"});
    EXPECT_EQ(list(" and caller eq 'someone-b'"), Found{"correlation-2"});
    EXPECT_EQ(list(" and resourceProvider eq 'test.things'").size(), 3U);
    EXPECT_EQ(list(" and resourceProvider eq 'Microsoft.Compute'"), Found{});
}

TEST_F(ActivityLogTest, ShowsAnEntryAsMonitorDoes) {
    const auto answer = around_.world.get(kLog + "&$filter=correlationId eq 'correlation-3'");
    const std::string entry = "value.0.";
    EXPECT_EQ(text_at(answer, entry + "operationName.value"), "Test.Things/things/run/action");
    EXPECT_EQ(text_at(answer, entry + "authorization.scope"), thing_id("a", "one"));
    EXPECT_EQ(text_at(answer, entry + "caller"), "someone-a");
    EXPECT_EQ(text_at(answer, entry + "status.value"), "Succeeded");
    EXPECT_EQ(text_at(answer, entry + "eventTimestamp"), "2026-11-20T09:03:00.000Z");
    EXPECT_EQ(text_at(answer, entry + "resourceGroupName"), "a");
    EXPECT_EQ(text_at(answer, entry + "resourceId"), thing_id("a", "one"));
    EXPECT_EQ(text_at(answer, entry + "resourceType.value"), "Test.Things/things");
    EXPECT_EQ(text_at(answer, entry + "resourceProviderName.value"), "Test.Things");
    EXPECT_EQ(text_at(answer, entry + "subscriptionId"), kSubscription);
    EXPECT_EQ(text_at(answer, entry + "level"), "Informational");
    EXPECT_EQ(text_at(answer, entry + "eventDataId").size(), 36U);
}

TEST_F(ActivityLogTest, HoldsWhatRequestsDid) {
    around_.make_group("rg");
    const auto answer = around_.world.get(kLog + "&$filter=resourceGroupName eq 'rg'");
    EXPECT_EQ(text_at(answer, "value.0.operationName.value"),
              "Microsoft.Resources/subscriptions/resourceGroups/write");
    EXPECT_EQ(text_at(answer, "value.0.caller"), "root");
}

TEST_F(ActivityLogTest, ComesInPages) {
    resources::Change change;
    for (int i = 0; i < 1001; ++i) {
        change.activities.push_back(entry(-i, "many", "Test.Things/things/write", "Succeeded"));
    }
    static_cast<void>(around_.world.resources.apply(change));
    for (const auto* filter : {"resourceGroupName eq 'many'", "caller eq 'someone-many'"}) {
        const auto page = around_.world.get(kLog + "&$filter=" + filter);
        EXPECT_EQ(at(page.body, "value").as_array().size(), 1000U);
        EXPECT_NE(text_at(page, "nextLink").find("$skipToken=1000"), std::string::npos);
        const auto rest = around_.world.get(kLog + "&$skipToken=1000&$filter=" + filter);
        EXPECT_EQ(at(rest.body, "value").as_array().size(), 1U) << filter;
        EXPECT_EQ(text_at(rest, "nextLink"), "");
    }
}

TEST_F(ActivityLogTest, RefusesOtherFilters) {
    for (const auto* filter : {"eventTimestamp ge yesterday",
                               "eventTimestamp ge '2026-11-20T09:00:00+02:00'",
                               "eventTimestamp gt '2026-11-20T09:00:00Z'",
                               "level eq 'x'",
                               "caller ne 'x'"}) {
        const auto refused = around_.world.get(kLog + "&$filter=" + filter);
        EXPECT_EQ(refused.status, 400) << filter;
        EXPECT_EQ(error_code(refused), "InvalidFilterInQueryString") << filter;
    }
    EXPECT_EQ(around_.world.get(kLog + "&$skipToken=x").status, 400);
}

TEST_F(ActivityLogTest, TakesARightAtTheSubscription) {
    around_.grant(kAlice, identity::kReaderRole, group_id("a"));
    around_.grant(kBob, identity::kReaderRole, kSub);
    around_.as(kAlice);
    EXPECT_EQ(around_.world.get(kLog).status, 403);
    around_.as(kBob);
    EXPECT_EQ(around_.world.get(kLog).status, 200);
}

}  // namespace
}  // namespace ingot::providers
