// SPDX-License-Identifier: Apache-2.0
// What every resources::ResourceRepository keeps to.
#include "base/error.h"
#include "contract/store/database_kinds.h"
#include "contract/store/store_samples.h"
#include "resources/request_path.h"
#include "resources/resource_repository.h"
#include "store/resource_store.h"

#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace ingot::store {
namespace {

using resources::Change;
using resources::Expectation;
using resources::Operation;
using resources::OperationStatus;
using resources::Resource;

const std::string kGroup = "/subscriptions/Sub/resourceGroups/Rg";
const std::string kType = "Microsoft.VirtualMachineImages/imageTemplates";

std::string id_of(const std::string& name, const std::string& group = kGroup) {
    return group + "/providers/" + kType + "/" + name;
}

Resource sample_resource(const std::string& id) {
    return {.id = id,
            .type = kType,
            .location = "westus",
            .tags = {{"Team", "images \"\xc3\xa4\""}},
            .body = {{"properties", {{"text", "a\nb"}, {"count", 3}, {"none", nullptr}}}},
            .internal = {{"secret", "s"}},
            .etag = {},
            .created = sample_time(1),
            .changed = sample_time(2)};
}

Operation sample_operation(const std::string& id, int millisecond = 0) {
    return {.id = id,
            .subscription = "sub",
            .resource_key = "/key",
            .run_id = "",
            .status = OperationStatus::InProgress,
            .started = sample_time(millisecond),
            .ended = std::nullopt,
            .error_code = "",
            .error_message = ""};
}

class ResourceRepositoryContract : public StoreContract<ResourceStore> {
  protected:
    std::string write(const Resource& resource,
                      const Expectation& expectation = Expectation::anything()) {
        Change change;
        change.writes.push_back({resource, expectation});
        return resources_->apply(change);
    }

    void write_all(const std::vector<std::string>& names) {
        for (const auto& name : names) {
            write(sample_resource(id_of(name)));
        }
    }

    std::string names_of(const resources::ResourceFilter& filter) {
        std::string names;
        for (const auto& resource : resources_->list(filter)) {
            names += resource.name() + " ";
        }
        return names;
    }

    static std::string code_thrown_by(const std::function<void()>& body) {
        try {
            body();
        } catch (const base::Error& error) {
            return error.code();
        }
        return "nothing was thrown";
    }

    Connected<ResourceStore> resources_ = connect();
};

TEST_P(ResourceRepositoryContract, GivesBackAResourceAsItWasWritten) {
    const auto written = sample_resource(id_of("T1"));
    const auto etag = write(written);
    const auto found = connect()->find(resources::key_of(written.id)).value();
    EXPECT_EQ(found.id, written.id);
    EXPECT_EQ(found.type, written.type);
    EXPECT_EQ(found.location, written.location);
    EXPECT_EQ(found.tags, written.tags);
    EXPECT_EQ(boost::json::serialize(found.body), boost::json::serialize(written.body));
    EXPECT_EQ(found.internal, written.internal);
    EXPECT_EQ(found.created, written.created);
    EXPECT_EQ(found.changed, written.changed);
    EXPECT_EQ(found.etag, etag);
    EXPECT_FALSE(etag.empty());
    EXPECT_FALSE(resources_->find("/subscriptions/sub/none"));
}

TEST_P(ResourceRepositoryContract, GivesANewEtagWithEachWrite) {
    const auto resource = sample_resource(id_of("T1"));
    EXPECT_NE(write(resource), write(resource));
    EXPECT_EQ(resources_->list({}).size(), 1U);
}

TEST_P(ResourceRepositoryContract, RefusesToCreateWhatIsThere) {
    const auto resource = sample_resource(id_of("T1"));
    write(resource, Expectation::absent());
    EXPECT_EQ(code_thrown_by([&] { write(resource, Expectation::absent()); }), "ResourceConflict");
}

TEST_P(ResourceRepositoryContract, RefusesToChangeWhatOthersHaveChanged) {
    const auto id = id_of("T1");
    write(sample_resource(id));
    const auto read = resources_->find(resources::key_of(id)).value();
    write(read, Expectation::unchanged(read));
    EXPECT_EQ(code_thrown_by([&] { write(read, Expectation::unchanged(read)); }),
              "PreconditionFailed");
}

TEST_P(ResourceRepositoryContract, CarriesOutAllOrNothing) {
    write_all({"there"});
    Change change;
    change.writes.push_back({sample_resource(id_of("new")), Expectation::absent()});
    change.writes.push_back({sample_resource(id_of("there")), Expectation::absent()});
    change.operations.push_back(sample_operation("op"));
    change.activities.push_back({.time = sample_time(0), .resource_id = id_of("new")});
    EXPECT_EQ(code_thrown_by([&] { resources_->apply(change); }), "ResourceConflict");
    EXPECT_EQ(names_of({}), "there ");
    EXPECT_FALSE(resources_->find_operation("op"));
    EXPECT_TRUE(resources_->activities({}).empty());
}

TEST_P(ResourceRepositoryContract, ListsInTheOrderOfTheBytesOfTheKeys) {
    write_all({"b", "a_", "a-b", "a", "C", "a.b", "aB", "10", "9"});
    EXPECT_EQ(names_of({}), "10 9 a a-b a.b a_ aB b C ");
}

TEST_P(ResourceRepositoryContract, PagesInThatOrder) {
    write_all({"b", "a_", "a-b", "a", "C", "a.b"});
    std::string names;
    std::string after;
    for (int page = 0; page < 3; ++page) {
        const auto found = resources_->list({.after = after, .limit = 2});
        ASSERT_EQ(found.size(), 2U);
        names += found[0].name() + " " + found[1].name() + " ";
        after = resources::key_of(found[1].id);
    }
    EXPECT_EQ(names, "a a-b a.b a_ b C ");
    EXPECT_TRUE(resources_->list({.after = after, .limit = 2}).empty());
}

TEST_P(ResourceRepositoryContract, NarrowsByWhatTheFilterNames) {
    write_all({"one", "two"});
    write(sample_resource(id_of("one", "/subscriptions/Sub/resourceGroups/Other")));
    write(sample_resource(id_of("one", "/subscriptions/Sub2/resourceGroups/Rg")));
    EXPECT_EQ(resources_->list({.subscription = "SUB"}).size(), 3U);
    EXPECT_EQ(names_of({.subscription = "sub", .group = "RG"}), "one two ");
    EXPECT_EQ(resources_->list({.name = "ONE"}).size(), 3U);
    EXPECT_EQ(resources_->list({.type = "microsoft.virtualmachineimages/IMAGETEMPLATES"}).size(),
              4U);
    EXPECT_TRUE(resources_->list({.type = "Microsoft.Compute/images"}).empty());
}

TEST_P(ResourceRepositoryContract, FindsWhatStandsBelowAResourceAndNothingBeside) {
    write_all({"parent",
               "parent/runOutputs/a",
               "parent/runOutputs/b",
               "parent2",
               "parent-x",
               "par_nt/runOutputs/c"});
    EXPECT_EQ(names_of({.below = resources::key_of(id_of("parent"))}), "a b ");
}

TEST_P(ResourceRepositoryContract, FindsTagsBeyondTheFirstPage) {
    auto tagged = sample_resource(id_of("z"));
    tagged.tags = {{"Stage", "prod"}};
    write_all({"a", "b", "c"});
    write(tagged);
    EXPECT_EQ(names_of({.tag_name = "stage", .limit = 1}), "z ");
    EXPECT_EQ(names_of({.tag_name = "stage", .tag_value = "prod"}), "z ");
    EXPECT_EQ(names_of({.tag_name = "stage", .tag_value = "test"}), "");
}

TEST_P(ResourceRepositoryContract, RemovesExactlyWhatIsNamed) {
    write_all({"a", "ab"});
    Change change;
    change.removals.push_back({resources::key_of(id_of("A")), Expectation::anything()});
    resources_->apply(change);
    EXPECT_EQ(names_of({}), "ab ");
}

TEST_P(ResourceRepositoryContract, KeepsOperationsAndWhatBecameOfThem) {
    Change change;
    change.operations = {sample_operation("late", 2), sample_operation("early", 1)};
    auto of_run = sample_operation("of a run");
    of_run.run_id = "run";
    change.operations.push_back(of_run);
    resources_->apply(change);
    auto open = resources_->open_operations();
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(open[0].id + open[1].id, "earlylate");

    open[0].status = OperationStatus::Failed;
    open[0].ended = sample_time(9);
    open[0].error_code = "Code";
    open[0].error_message = "words";
    change.operations = {open[0]};
    resources_->apply(change);
    const auto ended = connect()->find_operation("EARLY").value();
    EXPECT_EQ(ended.status, OperationStatus::Failed);
    EXPECT_EQ(ended.started, sample_time(1));
    EXPECT_EQ(ended.ended, sample_time(9));
    EXPECT_EQ(ended.error_code + ended.error_message, "Codewords");
    EXPECT_EQ(resources_->open_operations().size(), 1U);
}

TEST_P(ResourceRepositoryContract, ListsTheNewestActivitiesFirstAndNoMoreThanAsked) {
    Change change;
    for (const int millisecond : {1, 3, 2}) {
        change.activities.push_back({.time = sample_time(millisecond),
                                     .caller = "me",
                                     .action = "a" + std::to_string(millisecond),
                                     .resource_id = id_of("x"),
                                     .correlation_id = "c",
                                     .status = "Succeeded"});
    }
    resources_->apply(change);
    const auto all = resources_->activities({.subscription = "Sub", .group = "rg"});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].action + all[1].action + all[2].action, "a3a2a1");
    EXPECT_EQ(all[0].resource_id, id_of("x"));
    EXPECT_EQ(resources_->activities({.limit = 2}).size(), 2U);
    EXPECT_EQ(resources_->activities({.from = sample_time(2), .until = sample_time(2)}).size(), 1U);
    EXPECT_TRUE(resources_->activities({.subscription = "other"}).empty());
}

INSTANTIATE_TEST_SUITE_P(Store, ResourceRepositoryContract, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::store
