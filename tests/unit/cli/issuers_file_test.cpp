// SPDX-License-Identifier: Apache-2.0
#include "cli/issuers_file.h"

#include "base/error.h"
#include "http/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

using ::testing::HasSubstr;

class IssuersFile : public ::testing::Test {
  protected:
    [[nodiscard]] std::vector<daemon::TrustedIssuer> read(const std::string& text) const {
        os::replace_file(file(), text);
        return read_issuers(file());
    }

    [[nodiscard]] std::string refusal(const std::string& text) const {
        try {
            static_cast<void>(read(text));
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), "InvalidIssuers");
            return error.message();
        }
        return "no refusal";
    }

    [[nodiscard]] os::Path file() const { return scratch_.path() / "issuers.json"; }

    [[nodiscard]] os::Path authority() const { return scratch_.path() / "ca.pem"; }

  private:
    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
};

TEST_F(IssuersFile, NamesIssuers) {
    const auto issuers = read(R"([{"issuer": "https://a", "audience": "b"},
        {"issuer": "https://c", "audience": "d", "jwksUrl": "https://e", "claim": "sub",
         "claimIsObjectId": true}])");
    ASSERT_EQ(issuers.size(), 2U);
    EXPECT_EQ(issuers[0].issuer, "https://a");
    EXPECT_EQ(issuers[0].claim, "oid");
    EXPECT_TRUE(issuers[0].authority.empty());
    EXPECT_EQ(issuers[1].audience, "d");
    EXPECT_EQ(issuers[1].jwks_url, "https://e");
    EXPECT_EQ(issuers[1].claim, "sub");
    EXPECT_TRUE(issuers[1].claim_is_object_id);
}

TEST_F(IssuersFile, NamesAuthoritiesBesideItself) {
    os::replace_file(authority(), http::make_authority("a", base::now()).certificate_chain);
    const auto issuers =
        read(R"([{"issuer": "https://a", "audience": "b", "authority": "ca.pem"}])");
    EXPECT_EQ(issuers.at(0).authority, authority());
}

TEST_F(IssuersFile, IsRefusedWithAllThatIsWrong) {
    os::replace_file(authority(), "nothing");
    const auto message = refusal(R"([
  {"issuer": "http://a", "audience": "b", "authority": "ca.pem"},
  {"issuer": "https://b", "audiences": ["b"], "authority": "none.pem"},
  {"issuer": "https://c", "audience": "", "claimIsObjectId": "yes"},
  7,
  {"issuer": "https://c", "audience": "b"}
])");
    const auto at = [&](const std::string& place) {
        return HasSubstr(file().string() + ":" + place);
    };
    EXPECT_THAT(message, at("2:4: 'http://a' must begin with https://"));
    EXPECT_THAT(message, at("2:43: " + authority().string() + " is no PEM file"));
    EXPECT_THAT(message, at("3:27: there is no member 'audiences'"));
    EXPECT_THAT(message, HasSubstr("none.pem is no PEM file"));
    EXPECT_THAT(message, at("3:3: 'audience' is missing"));
    EXPECT_THAT(message, at("4:27: 'audience' must be a text"));
    EXPECT_THAT(message, HasSubstr("'claimIsObjectId' must be true or false"));
    EXPECT_THAT(message, at("5:3: an issuer is an object"));
    EXPECT_THAT(message, at("6:4: 'https://c' is there twice"));
}

TEST_F(IssuersFile, IsRefusedWhenItIsNoList) {
    EXPECT_THAT(refusal("{}"), HasSubstr(":1:1: a list of issuers is expected"));
    EXPECT_THAT(refusal("[\n{,"), HasSubstr(":2:2: "));
}

}  // namespace
}  // namespace ingot::cli
