// SPDX-License-Identifier: Apache-2.0
// The router with types of no meaning, over the real store.
#include "resources/router.h"

#include "os/files.h"
#include "resources/documents.h"
#include "store/connection_pool.h"
#include "store/resource_store.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::resources {
namespace {

const std::string kGroup = "/subscriptions/s1/resourceGroups/rg";
const std::string kThing = kGroup + "/providers/Test.Things/things/one";

ResourceType thing_type() {
    ResourceType type;
    type.name = "Test.Things/things";
    type.api_versions = {"2022-01-01", "2020-01-01"};
    return type;
}

ResourceType note_type() {
    ResourceType type;
    type.name = "Test.Notes/notes";
    type.api_versions = {"2022-01-01"};
    type.has_location = false;
    type.is_extension = true;
    return type;
}

class RouterTest : public testing::Test {
  protected:
    RouterTest() { write_group(); }

    void write_group(bool deleting = false) {
        Resource group;
        group.id = kGroup;
        group.type = "Microsoft.Resources/resourceGroups";
        group.location = "westus2";
        if (deleting) {
            group.internal["deleting"] = true;
        }
        apply({.writes = {{group, Expectation::anything()}}});
    }

    void apply(const Change& change) { static_cast<void>(store_.apply(change)); }

    Call call(const std::string& verb, const std::string& path) {
        Call call;
        call.verb = verb;
        const auto parsed = RequestPath::parse(path);
        EXPECT_TRUE(parsed.has_value()) << path;
        call.path = parsed.value_or(RequestPath{});
        call.raw_path = path;
        call.api_version = "2022-01-01";
        call.base_url = "https://localhost";
        call.body = boost::json::object{{"location", "westus2"}};
        return call;
    }

    Answer send(const std::string& verb, const std::string& path) {
        return router().answer(call(verb, path));
    }

    Router router() {
        auto open = document_type(thing_type(), {}, store_);
        open.list_is_open = true;
        open.right = [](const Call& /*call*/, const std::string& usual) {
            return usual == "Test.Things/things/write" ? "Test.Things/make/action" : usual;
        };
        auto child = thing_type();
        child.name = "Test.Things/things/parts";
        auto global = thing_type();
        global.name = "Test.Things/places";
        global.in_group = global.has_location = false;
        return {{open,
                 document_type(child, {}, store_),
                 document_type(global, {}, store_),
                 document_type(note_type(), {}, store_)},
                store_,
                {.may =
                     [this](const auto& /*caller*/, const auto& action, const auto& /*scope*/) {
                         asked_.push_back(action);
                         return allowed_;
                     },
                 .has_subscription = [](const auto& id) { return id == "s1"; },
                 .is_registered = [](const auto&, const auto&) { return true; }}};
    }

    static std::string code_of(const Answer& answer) {
        const auto* error =
            answer.body.is_object() ? answer.body.get_object().if_contains("error") : nullptr;
        return error == nullptr ? "" : std::string(error->at("code").as_string());
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    store::ConnectionPool pool_{(folder_.path() / "state.db").string()};
    store::ResourceStore store_{pool_};
    bool allowed_ = true;
    std::vector<std::string> asked_;
};

TEST_F(RouterTest, TakesAResourceOfAGroupOnlyInAGroup) {
    EXPECT_EQ(send("PUT", kThing).status, 201);
    const auto at_tenant = send("PUT", "/providers/Test.Things/things/one");
    EXPECT_EQ(at_tenant.status, 404);
    EXPECT_EQ(code_of(at_tenant), "MissingSubscription");
    EXPECT_EQ(send("PUT", "/subscriptions/s1/providers/Test.Things/things/one").status, 404);
    EXPECT_EQ(send("PUT", kThing + "/providers/Test.Things/things/two").status, 404);
    EXPECT_EQ(send("GET", "/subscriptions/s1/providers/Test.Things/things").status, 200);
    EXPECT_EQ(store_.list({.type = "Test.Things/things"}).size(), 1U);
}

TEST_F(RouterTest, TakesAnExtensionOnAnyScope) {
    EXPECT_EQ(send("PUT", kThing).status, 201);
    for (const auto& scope : {std::string(), std::string("/subscriptions/s1"), kGroup, kThing}) {
        EXPECT_EQ(send("PUT", scope + "/providers/Test.Notes/notes/n").status, 201) << scope;
    }
}

TEST_F(RouterTest, RefusesAnExtensionInAGroupThatIsNot) {
    EXPECT_EQ(
        code_of(send("PUT", "/subscriptions/s1/resourceGroups/none/providers/Test.Notes/notes/n")),
        "ResourceGroupNotFound");
}

TEST_F(RouterTest, SaysThatTheGroupOfAListIsNotThere) {
    const auto list =
        send("GET", "/subscriptions/s1/resourceGroups/none/providers/Test.Things/things");
    EXPECT_EQ(list.status, 404);
    EXPECT_EQ(code_of(list), "ResourceGroupNotFound");
}

TEST_F(RouterTest, MakesNothingInAGroupThatIsBeingRemoved) {
    EXPECT_EQ(send("PUT", kThing).status, 201);
    write_group(true);
    const auto refused = send("PUT", kGroup + "/providers/Test.Things/things/two");
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(code_of(refused), "ResourceGroupBeingDeleted");
    EXPECT_EQ(send("DELETE", kThing).status, 200);
}

TEST_F(RouterTest, RemovesWithAResourceWhatStandsOnIt) {
    const auto note = kThing + "/providers/Test.Notes/notes/n";
    const auto other = kThing + "more/providers/Test.Notes/notes/n";
    EXPECT_EQ(send("PUT", kThing).status, 201);
    EXPECT_EQ(send("PUT", kThing + "more").status, 201);
    EXPECT_EQ(send("PUT", note).status, 201);
    EXPECT_EQ(send("PUT", other).status, 201);
    EXPECT_EQ(send("DELETE", kThing).status, 200);
    EXPECT_EQ(send("GET", note).status, 404);
    EXPECT_EQ(send("GET", other).status, 200);
}

TEST_F(RouterTest, AsksForTheRightThatATypeNames) {
    static_cast<void>(send("PUT", kThing));
    static_cast<void>(send("GET", kThing));
    EXPECT_EQ(asked_,
              (std::vector<std::string>{"Test.Things/make/action", "Test.Things/things/read"}));
}

TEST_F(RouterTest, AsksForNoRightToAnOpenListButToItsEntries) {
    EXPECT_EQ(send("PUT", kThing).status, 201);
    allowed_ = false;
    EXPECT_EQ(send("GET", kGroup + "/providers/Test.Things/things").status, 200);
    EXPECT_EQ(send("GET", kThing).status, 403);
    EXPECT_EQ(send("PUT", kThing).status, 403);
}

TEST_F(RouterTest, RefusesAnUnknownSubscription) {
    EXPECT_EQ(code_of(send("GET", "/subscriptions/s2/providers/Test.Things/things")),
              "SubscriptionNotFound");
}

TEST_F(RouterTest, MakesTheCallOfAResourceInItsNewestVersion) {
    auto cause = call("DELETE", kGroup);
    cause.caller.object_id = "me";
    cause.if_match = "x";
    cause.api_version = "2019-01-01";
    cause.query["$filter"] = "x";
    const auto all = router();
    const auto request = all.request_for(kThing, "DELETE", cause);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->type->name, "Test.Things/things");
    EXPECT_EQ(request->call.api_version, "2022-01-01");
    EXPECT_EQ(request->call.caller.object_id, "me");
    EXPECT_EQ(request->call.path.key(), key_of(kThing));
    EXPECT_EQ(request->call.if_match, "");
    EXPECT_TRUE(request->call.query.empty());
    EXPECT_FALSE(request->call.body.has_value());
    EXPECT_FALSE(all.request_for(kGroup + "/providers/Test.Else/x/y", "GET", cause).has_value());
}

}  // namespace
}  // namespace ingot::resources
