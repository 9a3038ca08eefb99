// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/service_address.h"

#include "base/error.h"
#include "daemon/service_files.h"
#include "os/unix_socket.h"

#include <filesystem>
#include <map>

#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

class WhichService : public ::testing::Test {
  protected:
    [[nodiscard]] ServiceAddress find(const ServiceOptions& options = {}) const {
        return find_service(settings_, options, environment());
    }

    [[nodiscard]] std::string code_of(const ServiceOptions& options = {}) const {
        try {
            static_cast<void>(find(options));
            return "";
        } catch (const base::Error& error) {
            return error.code();
        }
    }

    [[nodiscard]] Environment environment() const {
        return [this](const char* name) {
            const auto found = variables_.find(name);
            return found == variables_.end() ? std::string() : found->second;
        };
    }

    void sign_in_by_environment() {
        variables_["AZURE_TENANT_ID"] = "tenant";
        variables_["AZURE_CLIENT_ID"] = "client";
        variables_["AZURE_CLIENT_SECRET"] = "secret";
    }

    void start_service() {
        const daemon::ServiceFiles files(state());
        files.keep({"own-tenant", "own-subscription", "own-client", "own-secret"});
        files.keep_address("https://localhost:8443");
        listener_ = os::listen_unix(files.socket());
    }

    [[nodiscard]] os::Path state() const { return scratch_.path() / "state"; }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    Settings settings_{build::StateFolder(scratch_.path() / "state"), {}, {}, {}};
    std::map<std::string, std::string> variables_;
    os::Fd listener_;
};

TEST_F(WhichService, IsNoneWithoutAnyAndNoFolderIsMade) {
    EXPECT_EQ(code_of(), "NoService");
    EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(WhichService, IsTheOneOnTheStateFolderByItsSocket) {
    start_service();
    const auto found = find();
    EXPECT_EQ(found.unix_socket, state() / "service/ingot.sock");
    EXPECT_EQ(found.subscription, "own-subscription");
    EXPECT_FALSE(found.credentials);
}

TEST_F(WhichService, IsNoneWhereNobodyListensAnyMore) {
    start_service();
    listener_.reset();
    EXPECT_EQ(code_of(), "NoService");
}

TEST_F(WhichService, IsTheNamedOneBeforeAllOthers) {
    start_service();
    sign_in_by_environment();
    variables_["INGOT_SERVICE"] = "https://b:1";
    variables_["INGOT_ENDPOINT"] = "https://c:1";
    EXPECT_EQ(find({.service = "https://a:1/"}).url, "https://a:1");
    EXPECT_EQ(find().url, "https://b:1");
    variables_.erase("INGOT_SERVICE");
    EXPECT_EQ(find().url, "https://c:1");
}

TEST_F(WhichService, IsNotChosenForLocalVerbsByTheEndpointThatSdksUse) {
    variables_["INGOT_ENDPOINT"] = "https://c:1";
    EXPECT_FALSE(names_service({}, environment()));
    EXPECT_TRUE(names_service({.service = "https://a:1"}, environment()));
    variables_["INGOT_SERVICE"] = "https://b:1";
    EXPECT_TRUE(names_service({}, environment()));
}

TEST_F(WhichService, WantsCredentialsForAnAddress) {
    EXPECT_EQ(code_of({.service = "https://a:1"}), "NoCredentials");
    sign_in_by_environment();
    variables_["AZURE_SUBSCRIPTION_ID"] = "s";
    variables_["SSL_CERT_FILE"] = "/ca.pem";
    const auto found = find({.service = "https://a:1"});
    ASSERT_TRUE(found.credentials);
    EXPECT_EQ(found.credentials->client_secret, "secret");
    EXPECT_EQ(found.subscription, "s");
    EXPECT_EQ(found.authorities, "/ca.pem");
}

TEST_F(WhichService, SignsInAsTheAdministratorAtItsOwnAddressOnly) {
    start_service();
    const auto found = find({.service = "https://localhost:8443"});
    ASSERT_TRUE(found.credentials);
    EXPECT_EQ(found.credentials->client_id, "own-client");
    EXPECT_EQ(found.authorities, state() / "service/ca.pem");
    EXPECT_EQ(code_of({.service = "https://elsewhere:8443"}), "NoCredentials");
}

TEST_F(WhichService, SendsNoSecretsInClear) {
    sign_in_by_environment();
    EXPECT_EQ(code_of({.service = "http://example.org:8443"}), "InvalidServiceAddress");
    EXPECT_EQ(code_of({.service = "example.org"}), "InvalidServiceAddress");
    EXPECT_EQ(find({.service = "http://127.0.0.1:1"}).url, "http://127.0.0.1:1");
}

TEST_F(WhichService, TakesASubscriptionFromTheCommandLineFirst) {
    start_service();
    EXPECT_EQ(find({.subscription = "other"}).subscription, "other");
}

}  // namespace
}  // namespace ingot::cli
