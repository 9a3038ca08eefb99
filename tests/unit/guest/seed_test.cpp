// SPDX-License-Identifier: Apache-2.0
#include "guest/seed.h"

#include "base/error.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::guest {
namespace {

SeedContent example() {
    return {.instance_id = "run-1",
            .hostname = "build",
            .user = "packer",
            .authorized_key = "ssh-ed25519 AAAA build",
            .host_key = {.private_key = "-----BEGIN\nsecret\n", .public_key = "ssh-ed25519 BBBB"}};
}

boost::json::object user_data_of(const SeedContent& content) {
    const auto text = render_user_data(content);
    EXPECT_THAT(text, testing::StartsWith("#cloud-config\n{"));
    return base::parse_own_json(text.substr(text.find('{')), "user-data").as_object();
}

TEST(Seed, MakesTheBuildUserAndNoOther) {
    const auto users = user_data_of(example()).at("users").as_array();
    ASSERT_EQ(users.size(), 1U);
    const auto& user = users[0].as_object();
    EXPECT_EQ(user.at("name"), "packer");
    EXPECT_EQ(user.at("sudo"), "ALL=(ALL) NOPASSWD:ALL");
    EXPECT_EQ(user.at("lock_passwd"), true);
    EXPECT_EQ(user.at("ssh_authorized_keys").as_array().at(0), "ssh-ed25519 AAAA build");
}

TEST(Seed, PinsTheHostKey) {
    const auto keys = user_data_of(example()).at("ssh_keys").as_object();
    EXPECT_EQ(keys.at("ed25519_private"), "-----BEGIN\nsecret\n");
    EXPECT_EQ(keys.at("ed25519_public"), "ssh-ed25519 BBBB");
}

TEST(Seed, GrowsTheRootUnlessToldNotTo) {
    auto content = example();
    EXPECT_EQ(user_data_of(content).at("growpart").as_object().at("mode"), "auto");
    EXPECT_EQ(user_data_of(content).at("resize_rootfs"), true);
    content.grow_root = false;
    EXPECT_EQ(user_data_of(content).at("growpart").as_object().at("mode"), "off");
    EXPECT_EQ(user_data_of(content).at("resize_rootfs"), false);
}

TEST(Seed, LetsNoValueBreakOutOfItsPlace) {
    auto content = example();
    content.authorized_key = "key\"]}],\"runcmd\":[\"reboot\"]\n- !!python";
    content.hostname = "a\nlocal-hostname: b";
    const auto document = user_data_of(content);
    EXPECT_FALSE(document.contains("runcmd"));
    EXPECT_EQ(
        document.at("users").as_array()[0].as_object().at("ssh_authorized_keys").as_array()[0],
        boost::json::string(content.authorized_key));
    const auto meta = base::parse_own_json(render_meta_data(content), "meta-data").as_object();
    EXPECT_EQ(meta.at("local-hostname"), boost::json::string(content.hostname));
    EXPECT_EQ(meta.at("instance-id"), "run-1");
}

// PyYAML stops at a DEL, even inside quotes.
TEST(Seed, IsYamlToo) {
    auto content = example();
    content.hostname = "a\x7f";
    EXPECT_THAT(render_meta_data(content), testing::HasSubstr(R"("a\u007f")"));
}

TEST(Seed, RefusesAUserNameThatLinuxDoesNotTake) {
    auto content = example();
    content.user = "root; reboot";
    EXPECT_THROW((void)render_user_data(content), base::Error);
}

TEST(Seed, AsksForDhcpOnEveryEthernetCard) {
    const auto config = base::parse_own_json(render_network_config(), "network-config").as_object();
    EXPECT_EQ(config.at("version"), 2);
    const auto& cards = config.at("ethernets").as_object();
    for (const auto* pattern : {"en*", "eth*"}) {
        const auto& card = cards.at(pattern).as_object();
        EXPECT_EQ(card.at("match").as_object().at("name"), pattern);
        EXPECT_EQ(card.at("dhcp4"), true);
    }
}

}  // namespace
}  // namespace ingot::guest
