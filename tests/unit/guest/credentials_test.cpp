// SPDX-License-Identifier: Apache-2.0
#include "guest/credentials.h"

#include "base/error.h"
#include "guest/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::guest {
namespace {

std::string value_of(const CredentialAccess& access, const std::string& name) {
    for (const auto& credential : access.credentials) {
        if (credential.name == name) {
            return credential.value;
        }
    }
    return "";
}

TEST(Credentials, PinTheHostKeyAndLetTheBuildUserIn) {
    const SshKeyPair host_key{.private_key = "secret\n", .public_key = "ssh-ed25519 HOST"};
    const auto access = build_user_by_credentials("packer", host_key, "ssh-ed25519 USER");
    EXPECT_EQ(value_of(access, "sysusers.extra"),
              "u packer 1000 \"Ingot build user\" /home/packer /bin/bash\n");
    const auto files = value_of(access, "tmpfiles.extra");
    EXPECT_THAT(
        files,
        testing::HasSubstr("f+~ /etc/ssh/ssh_host_ed25519_key 0600 root root - c2VjcmV0Cg==\n"));
    EXPECT_THAT(files,
                testing::HasSubstr("w+~ /home/packer/.ssh/authorized_keys - - - - " +
                                   to_base64("ssh-ed25519 USER\n") + "\n"));
    EXPECT_THAT(files, testing::HasSubstr("f+~ /etc/sudoers.d/90-ingot-build-user 0440"));
    EXPECT_THAT(access.kernel_arguments, testing::Contains("cloud-init=disabled"));
}

TEST(Credentials, RefuseAUserNameThatCouldBreakOutOfItsLine) {
    EXPECT_THROW(static_cast<void>(build_user_by_credentials("a b", {}, "")), base::Error);
}

// QEMU takes fw_cfg names of up to 55 bytes (FW_CFG_MAX_FILE_PATH less the NUL).
TEST(Credentials, HaveNamesThatFitIntoFwCfg) {
    for (const auto& credential : build_user_by_credentials("packer", {}, "").credentials) {
        EXPECT_LE(("opt/io.systemd.credentials/" + credential.name).size(), 55U);
    }
}

}  // namespace
}  // namespace ingot::guest
