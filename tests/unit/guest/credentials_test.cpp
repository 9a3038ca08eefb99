// SPDX-License-Identifier: Apache-2.0
#include "guest/credentials.h"

#include "guest/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::guest {
namespace {

TEST(Credentials, PinTheHostKeyAndLetRootIn) {
    const SshKeyPair host_key{.private_key = "secret\n", .public_key = "ssh-ed25519 HOST"};
    const auto access = root_access_by_credentials(host_key, "ssh-ed25519 ROOT");
    ASSERT_EQ(access.credentials.size(), 2U);
    EXPECT_EQ(access.credentials[0].name, "tmpfiles.extra");
    EXPECT_EQ(access.credentials[0].value,
              "f+~ /etc/ssh/ssh_host_ed25519_key 0600 root root - c2VjcmV0Cg==\n"
              "f+~ /etc/ssh/ssh_host_ed25519_key.pub 0644 root root - " +
                  to_base64("ssh-ed25519 HOST\n") + "\n");
    EXPECT_EQ(access.credentials[1].name, "ssh.authorized_keys.root");
    EXPECT_EQ(access.credentials[1].value, "ssh-ed25519 ROOT\n");
    EXPECT_THAT(access.kernel_arguments, testing::ElementsAre("cloud-init=disabled"));
}

// QEMU takes fw_cfg names of up to 55 bytes (FW_CFG_MAX_FILE_PATH less the NUL).
TEST(Credentials, HaveNamesThatFitIntoFwCfg) {
    for (const auto& credential : root_access_by_credentials({}, "").credentials) {
        EXPECT_LE(("opt/io.systemd.credentials/" + credential.name).size(), 55U);
    }
}

}  // namespace
}  // namespace ingot::guest
