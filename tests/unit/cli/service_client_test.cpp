// SPDX-License-Identifier: Apache-2.0
// Against a server in this process, on a Unix socket: nothing leaves it.
#include "cli/remote/service_client.h"

#include "base/error.h"
#include "cli/remote/service_error.h"
#include "http/server.h"
#include "os/files.h"

#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

using ::testing::ElementsAre;

// What the server answers, as a plain value.
struct Canned {
    int status;
    std::string body;
    http::Headers headers{};
};

Canned json(int status, std::string body, http::Headers headers = {}) {
    return {status, std::move(body), std::move(headers)};
}

class Service : public ::testing::Test {
  protected:
    Service()
        : server_({.unix_sockets = {{.path = socket()}}},
                  [this](http::Request&& request) { return answer(request); }) {}

    [[nodiscard]] os::Path socket() const { return scratch_.path() / folder_ / "s.sock"; }

    [[nodiscard]] ServiceClient client(std::optional<Credentials> credentials = {}) const {
        return {{.url = "http://localhost",
                 .unix_socket = socket(),
                 .credentials = std::move(credentials)},
                scope_};
    }

    // One after another; the last one stays.
    void serve(const std::string& target, std::deque<Canned> replies) {
        const std::lock_guard lock(mutex_);
        replies_[target] = std::move(replies);
    }

    [[nodiscard]] std::vector<std::string> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

    std::vector<std::string> tokens_;
    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();

  private:
    http::Response answer(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request.method + " " + request.target);
        tokens_.emplace_back(request.headers.find("Authorization").value_or(""));
        auto& replies = replies_[request.target];
        if (replies.empty()) {
            return {.status = 404, .body = R"({"error":{"code":"NotCanned","message":"no"}})"};
        }
        const auto reply = replies.front();
        if (replies.size() > 1) {
            replies.pop_front();
        }
        return {.status = reply.status, .headers = reply.headers, .body = reply.body};
    }

    std::string made_folder() {
        // Longer than the kernel takes for a socket.
        const std::string name(120, 'd');
        os::make_folders(scratch_.path() / name);
        return name;
    }

    std::string folder_ = made_folder();
    base::Cancellation scope_;
    mutable std::mutex mutex_;
    std::map<std::string, std::deque<Canned>> replies_;
    std::vector<std::string> asked_;
    http::Server server_;
};

TEST_F(Service, ListsToTheLastPageWhereverTheServerThinksItIs) {
    serve("/a?api-version=1", {json(200, R"({"value":[1,2],"nextLink":"https://x:1/b?page=2"})")});
    serve("/b?page=2", {json(200, R"({"value":[3]})")});
    EXPECT_EQ(client().list("/a", "1"), (boost::json::array{1, 2, 3}));
}

TEST_F(Service, EscapesWhatPeopleType) {
    serve("/a/b%20c%3F?api-version=1&%24filter=x%20eq%20%27y%27", {json(200, R"({"value":[]})")});
    EXPECT_TRUE(client().list("/a/b c?", "1", {{"$filter", "x eq 'y'"}}).empty());
}

TEST_F(Service, FollowsAnOperationToItsFailure) {
    serve("/t?api-version=1",
          {json(201, "{}", {{"Azure-AsyncOperation", "https://elsewhere/op?api-version=1"}})});
    serve("/op?api-version=1",
          {json(200,
                R"({"status":"Failed","error":{"code":"BadSource","message":"no such image"}})")});
    auto service = client();
    const auto answer = service.put("/t", "1", {});
    try {
        service.finish(answer);
        FAIL() << "it should have failed";
    } catch (const ServiceError& error) {
        EXPECT_EQ(error.code(), "BadSource");
        EXPECT_EQ(error.message(), "no such image");
    }
}

TEST_F(Service, HasFinishedWhatBeganNoOperation) {
    serve("/t?api-version=1", {json(200, "")});
    auto service = client();
    service.finish(service.remove("/t", "1"));
    EXPECT_THAT(asked(), ElementsAre("DELETE /t?api-version=1"));
}

TEST_F(Service, SaysThatThereWasNothingToRemove) {
    serve("/t?api-version=1", {json(204, "")});
    auto service = client();
    EXPECT_THROW(static_cast<void>(service.remove("/t", "1")), ServiceError);
}

TEST_F(Service, GetsANewTokenWhenTheOldOneHasRunOut) {
    serve("/tenant/oauth2/v2.0/token",
          {json(200, R"({"access_token":"first"})"), json(200, R"({"access_token":"second"})")});
    serve("/a?api-version=1", {json(200, "{}"), json(401, "{}"), json(200, R"({"x":1})")});
    auto service = client(Credentials{"tenant", "c", "s"});
    static_cast<void>(service.get("/a", "1"));
    EXPECT_TRUE(service.get("/a", "1").contains("x"));
    EXPECT_THAT(tokens_, ElementsAre("", "Bearer first", "Bearer first", "", "Bearer second"));
}

TEST_F(Service, IsNotAskedForeverWhenItRefusesATokenAtOnce) {
    serve("/tenant/oauth2/v2.0/token", {json(200, R"({"access_token":"t"})")});
    serve("/a?api-version=1",
          {json(401, R"({"error":{"code":"AuthenticationFailed","message":"m"}})")});
    auto service = client(Credentials{"tenant", "c", "s"});
    EXPECT_THROW(static_cast<void>(service.get("/a", "1")), ServiceError);
    EXPECT_EQ(asked().size(), 2U);
}

TEST_F(Service, WhoseOnlySubscriptionIsMeant) {
    serve("/subscriptions?api-version=2022-12-01",
          {json(200, R"({"value":[{"subscriptionId":"only"}]})")});
    EXPECT_EQ(client().subscription(), "only");
}

TEST_F(Service, StreamsWhatItSendsAndKeepsWhatItRefuses) {
    serve("/log?api-version=1", {json(200, "line\n")});
    std::string taken;
    auto service = client();
    service.stream("/log", "1", {}, [&](std::string_view bytes) { taken += bytes; });
    EXPECT_EQ(taken, "line\n");
    try {
        service.stream("/none", "1", {}, [&](std::string_view bytes) { taken += bytes; });
        FAIL() << "it should have failed";
    } catch (const ServiceError& error) {
        EXPECT_EQ(error.code(), "NotCanned");
    }
    EXPECT_EQ(taken, "line\n");
}

TEST_F(Service, ThatIsNotThereIsNamed) {
    ServiceClient service({.url = "http://localhost", .unix_socket = "/nowhere.sock"},
                          base::Cancellation());
    try {
        static_cast<void>(service.get("/a", "1"));
        FAIL() << "it should have failed";
    } catch (const ServiceError& error) {
        EXPECT_EQ(error.code(), "ConnectionFailed");
        EXPECT_NE(error.message().find("unix:/nowhere.sock"), std::string::npos);
    }
}

}  // namespace
}  // namespace ingot::cli
