// SPDX-License-Identifier: Apache-2.0
#include "resources/documents.h"

#include "base/error.h"
#include "base/json.h"
#include "os/files.h"
#include "store/connection_pool.h"
#include "store/resource_store.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::resources {
namespace {

const std::string kCollection = "/subscriptions/s1/resourceGroups/rg/providers/Test.Things/things";

class DocumentsTest : public testing::Test {
  protected:
    DocumentsTest() {
        ResourceType type;
        type.name = "Test.Things/things";
        type_ = document_type(type, {}, store_);
    }

    static Call call(const std::string& path, const std::string& body = "") {
        Call call;
        call.path = RequestPath::parse(path).value();
        call.raw_path = path;
        call.api_version = "2022-01-01";
        call.base_url = "https://localhost";
        if (!body.empty()) {
            call.body = base::parse_own_json(body, "a test's body");
        }
        return call;
    }

    Answer put(const std::string& name, const std::string& body = R"({"location": "local"})") {
        return type_.put(call(kCollection + "/" + name, body));
    }

    Answer list(std::map<std::string, std::string, std::less<>> query) {
        auto request = call(kCollection);
        request.query = std::move(query);
        return type_.list(request);
    }

    static std::vector<std::string> names_in(const Answer& answer) {
        std::vector<std::string> names;
        for (const auto& entry : answer.body.at("value").as_array()) {
            names.emplace_back(entry.at("name").as_string());
        }
        return names;
    }

    static std::string next_link_of(const Answer& answer) {
        const auto* link = answer.body.as_object().if_contains("nextLink");
        return link == nullptr ? "" : std::string(link->as_string());
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    store::ConnectionPool pool_{(folder_.path() / "state.db").string()};
    store::ResourceStore store_{pool_};
    ResourceType type_;
};

TEST_F(DocumentsTest, PagesWithTheRestOfTheQueryAndAnEncodedToken) {
    for (const auto* name : {"a&b", "b c", "c"}) {
        static_cast<void>(put(name));
    }
    const auto first = list({{"$top", "2"}, {"$filter", "x eq 'y'"}, {"api-version", "old"}});
    EXPECT_EQ(names_in(first), (std::vector<std::string>{"a&b", "b c"}));
    EXPECT_EQ(next_link_of(first),
              "https://localhost" + kCollection +
                  "?$filter=x%20eq%20%27y%27&$skipToken=/subscriptions/s1/resourcegroups/rg/"
                  "providers/test.things/things/b%20c&$top=2&api-version=2022-01-01");
    const auto rest = list({{"$top", "2"}, {"$skiptoken", key_of(kCollection + "/b c")}});
    EXPECT_EQ(names_in(rest), std::vector<std::string>{"c"});
    EXPECT_EQ(next_link_of(rest), "");
}

TEST_F(DocumentsTest, RefusesATopThatIsNoNumber) {
    for (const auto* top : {"abc", "0", "-1", "2x", "1.5"}) {
        EXPECT_THROW(static_cast<void>(list({{"$top", top}})), base::Error) << top;
    }
    EXPECT_EQ(names_in(list({{"$top", "99999"}})).size(), 0U);
}

TEST_F(DocumentsTest, PagesEntriesFromElsewhere) {
    auto request = call(kCollection);
    request.query["$top"] = "1";
    std::vector<ListEntry> entries;
    for (const auto* key : {"a", "b"}) {
        entries.push_back({key, {{"name", key}}});
    }
    EXPECT_EQ(names_in(page_of(request, entries)), std::vector<std::string>{"a"});
    EXPECT_NE(next_link_of(page_of(request, entries)), "");
    request.query["$skiptoken"] = "A";
    EXPECT_EQ(names_in(page_of(request, entries)), std::vector<std::string>{"b"});
    EXPECT_EQ(next_link_of(page_of(request, entries)), "");
}

TEST_F(DocumentsTest, LeavesEntriesOutOfAPageAndFillsItAllTheSame) {
    for (const auto* name : {"a", "b", "c"}) {
        static_cast<void>(put(name));
    }
    auto request = call(kCollection);
    request.query["$top"] = "2";
    const auto page = list_page(
        request,
        type_,
        store_,
        {},
        [](const Resource& resource) { return resource.document(); },
        [](const Resource& resource) { return resource.name() != "a"; });
    EXPECT_EQ(names_in(page), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(next_link_of(page), "");
}

TEST_F(DocumentsTest, AnswersTwoWritersOfOneNameInTurn) {
    std::atomic<int> good = 0;
    const auto write = [&](const std::string& value) {
        for (int i = 0; i < 20; ++i) {
            const auto status =
                put("one", R"({"location": "local", "properties": {"by": ")" + value + R"("}})")
                    .status;
            good += status == 200 || status == 201 ? 1 : 0;
        }
    };
    std::thread other(write, "other");
    write("this");
    other.join();
    EXPECT_EQ(good, 40);
}

TEST_F(DocumentsTest, LosesNoPatchOfTwoWriters) {
    static_cast<void>(put("one"));
    const auto patch = [&](const std::string& prefix) {
        for (int i = 0; i < 10; ++i) {
            const auto body = R"({"properties": {")" + prefix + std::to_string(i) + R"(": true}})";
            static_cast<void>(type_.patch(call(kCollection + "/one", body)));
        }
    };
    std::thread other(patch, "a");
    patch("b");
    other.join();
    EXPECT_EQ(store_.find(key_of(kCollection + "/one"))->properties().size(), 20U);
}

TEST_F(DocumentsTest, DoesNotWriteAgainAgainstThePreconditionOfAClient) {
    static_cast<void>(put("one"));
    auto request = call(kCollection + "/one", R"({"location": "local"})");
    request.if_match = "\"stale\"";
    try {
        static_cast<void>(type_.put(request));
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::PreconditionFailed);
    }
}

TEST_F(DocumentsTest, RefusesTagsThatAreNoStrings) {
    for (const auto* tags : {"[]", "\"x\"", R"({"a": 1})", R"({"a": null})"}) {
        const auto body = std::string(R"({"location": "local", "tags": )") + tags + "}";
        EXPECT_THROW(static_cast<void>(put("one", body)), base::Error) << tags;
    }
}

}  // namespace
}  // namespace ingot::resources
