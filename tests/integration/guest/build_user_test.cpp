// SPDX-License-Identifier: Apache-2.0
// Runs the scripts with the real tools on a copy of this system's /etc, in namespaces of its own.
#include "guest/build_user.h"

#include "os/child_process.h"
#include "os/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::guest {
namespace {

constexpr const char* kKey = "ssh-ed25519 AAAA it's ours";

// Everything that user management writes to lies on a tmpfs of its own.
constexpr const char* kOwnSystem = R"sh(
set -eu
mount -t tmpfs tmpfs "$1"
mkdir -p "$1"/etc "$1"/home "$1"/root "$1"/mail
tar -C /etc --ignore-failed-read -cf - . 2>/dev/null | tar -C "$1/etc" -xf - --no-same-owner
for folder in etc home root; do mount --bind "$1/$folder" "/$folder"; done
mount --bind "$1/mail" /var/mail
rm -rf /etc/sudoers.d
cp -a /etc /home/before
cd "$1"
)sh";

// A build user as credentials and seeds make it.
constexpr const char* kSetup = R"sh(
id -u ingot-test >/dev/null 2>&1 ||
    useradd --create-home --shell /bin/bash --comment 'Ingot build user' --password '*' ingot-test
home=$(getent passwd ingot-test | cut -d: -f6)
install -d -m 0700 -o ingot-test "$home/.ssh"
printf '%s\n' "$key" >>"$home/.ssh/authorized_keys"
mkdir -p /etc/sudoers.d
echo 'ingot-test ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-ingot-build-user
)sh";

class BuildUserScriptTest : public testing::Test {
  protected:
    // What a script prints that may use $setup and $removal.
    std::string run(const std::string& script) {
        const auto folder = os::ScratchFolder::temporary();
        std::vector<std::string> argv = {"unshare", "--mount"};
        if (::geteuid() != 0) {
            argv.insert(argv.end(), {"--user", "--map-root-user", "--map-auto"});
        }
        argv.insert(argv.end(), {"sh", "-c", kOwnSystem + script, "sh", folder.path().string()});
        return os::run_checked({.argv = argv,
                                .env = {{"setup", kSetup},
                                        {"removal", build_user_removal_script("ingot-test", kKey)},
                                        {"key", kKey}}},
                               base::Cancellation());
    }
};

TEST_F(BuildUserScriptTest, RemovesEveryTrace) {
    const auto out = run(R"sh(
mkdir -m 700 /root/.ssh && echo "$key" >/root/.ssh/authorized_keys
sh -c "$setup"
sh -c "$removal"
sh -c "$removal"
rm -rf /etc/sudoers.d
# useradd and userdel leave copies of the old files behind.
diff -r --no-dereference /home/before /etc -x '*-' -x .pwd.lock
rm -rf /home/before
ls -A /home /root /var/mail
)sh");
    EXPECT_EQ(out, "/home:\n\n/root:\n\n/var/mail:\n");
}

TEST_F(BuildUserScriptTest, KeepsWhatIsNotOurs) {
    const auto out = run(R"sh(
useradd --create-home --comment 'A person' ingot-test
mkdir /root/.ssh /home/ingot-test/.ssh
{ echo "ssh-ed25519 BBBB theirs"; echo "$key"; } >/root/.ssh/authorized_keys
cp /root/.ssh/authorized_keys /home/ingot-test/.ssh/authorized_keys
mkdir /etc/sudoers.d
printf '%s\n' '# Created' '' '# User rules for ingot-test' 'ingot-test ALL=(ALL) NOPASSWD:ALL' \
    '# User rules for other' 'other ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-cloud-init-users
sh -c "$setup"
sh -c "$removal"
id -un ingot-test
cat /root/.ssh/authorized_keys /home/ingot-test/.ssh/authorized_keys
ls /etc/sudoers.d
)sh");
    EXPECT_EQ(out,
              "ingot-test\n"
              "ssh-ed25519 BBBB theirs\n"
              "ssh-ed25519 BBBB theirs\n"
              "90-cloud-init-users\n");
}

TEST_F(BuildUserScriptTest, RemovesTheRuleThatCloudInitWroteForOurUser) {
    const auto out = run(R"sh(
sh -c "$setup"
printf '%s\n' '# Created' '' '# User rules for ingot-test' 'ingot-test ALL=(ALL) NOPASSWD:ALL' \
    '# User rules for other' 'other ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-cloud-init-users
sh -c "$removal"
grep . /etc/sudoers.d/90-cloud-init-users
)sh");
    EXPECT_EQ(out, "# Created\n# User rules for other\nother ALL=(ALL) NOPASSWD:ALL\n");
}

}  // namespace
}  // namespace ingot::guest
