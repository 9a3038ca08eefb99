// SPDX-License-Identifier: Apache-2.0
#include "guest/ssh_keys.h"

#include "base/error.h"
#include "guest/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libssh/libssh.h>

namespace ingot::guest {
namespace {

TEST(Base64, PadsAsTheStandardSays) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(SshKeys, AreReadBackByLibsshAndBelongTogether) {
    const auto pair = generate_ssh_key("ingot build key");
    ssh_key secret = nullptr;
    ssh_key open = nullptr;
    ASSERT_EQ(
        ssh_pki_import_privkey_base64(pair.private_key.c_str(), nullptr, nullptr, nullptr, &secret),
        SSH_OK);
    const auto body = pair.public_key.substr(12, pair.public_key.find(' ', 12) - 12);
    ASSERT_EQ(ssh_pki_import_pubkey_base64(body.c_str(), SSH_KEYTYPE_ED25519, &open), SSH_OK);
    EXPECT_EQ(ssh_key_cmp(secret, open, SSH_KEY_CMP_PUBLIC), 0);
    ssh_key_free(secret);
    ssh_key_free(open);
}

TEST(SshKeys, HaveTheFormsThatOpenSshReads) {
    const auto pair = generate_ssh_key("me@here");
    EXPECT_THAT(pair.private_key, testing::StartsWith("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    EXPECT_THAT(pair.private_key, testing::EndsWith("-----END OPENSSH PRIVATE KEY-----\n"));
    EXPECT_THAT(pair.public_key,
                testing::MatchesRegex("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[^ ]+ me@here"));
}

TEST(SshKeys, AreNeverTheSame) {
    EXPECT_NE(generate_ssh_key("a").public_key, generate_ssh_key("a").public_key);
}

TEST(SshKeys, RefuseACommentThatWouldBeASecondLine) {
    EXPECT_THROW((void)generate_ssh_key("x\nssh-ed25519 AAAA intruder"), base::Error);
}

}  // namespace
}  // namespace ingot::guest
