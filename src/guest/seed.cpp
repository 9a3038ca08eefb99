// SPDX-License-Identifier: Apache-2.0
#include "guest/seed.h"

#include "guest/build_user.h"
#include "os/child_process.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace ingot::guest {
namespace {

namespace json = boost::json;

// JSON that is YAML as well: the one character that JSON lets stand for itself and YAML does not
// is DEL.
std::string yaml(const json::value& value) {
    std::string text;
    for (const char c : json::serialize(value)) {
        text += c == '\x7f' ? "\\u007f" : std::string(1, c);
    }
    return text + "\n";
}

json::object build_user(const SeedContent& content) {
    return {{"name", content.user},
            {"gecos", kBuildUserComment},
            {"shell", "/bin/bash"},
            {"lock_passwd", true},
            {"sudo", "ALL=(ALL) NOPASSWD:ALL"},
            {"ssh_authorized_keys", json::array{content.authorized_key}}};
}

}  // namespace

std::string render_user_data(const SeedContent& content) {
    check_user_name(content.user);
    json::object document = {
        // Without "default" the image's own default user is not made.
        {"users", json::array{build_user(content)}},
        {"ssh_deletekeys", true},
        {"ssh_keys",
         json::object{{"ed25519_private", content.host_key.private_key},
                      {"ed25519_public", content.host_key.public_key}}},
        {"growpart", json::object{{"mode", content.grow_root ? "auto" : "off"}}},
        {"resize_rootfs", content.grow_root},
    };
    return "#cloud-config\n" + yaml(document);
}

std::string render_meta_data(const SeedContent& content) {
    return yaml(
        json::object{{"instance-id", content.instance_id}, {"local-hostname", content.hostname}});
}

std::string render_network_config() {
    // Renderers other than netplan's ignore "match" by name and take the key for the name, which
    // systemd-networkd also reads as a pattern; so key and pattern are the same.
    json::object cards;
    for (const char* pattern : {"en*", "eth*"}) {
        cards[pattern] = json::object{{"match", json::object{{"name", pattern}}}, {"dhcp4", true}};
    }
    return yaml(json::object{{"version", 2}, {"ethernets", cards}});
}

void write_seed_iso(const os::Path& path,
                    const SeedContent& content,
                    const base::Cancellation& cancellation) {
    const auto files = os::ScratchFolder::temporary();
    os::replace_file(files.path() / "user-data", render_user_data(content), 0600);
    os::replace_file(files.path() / "meta-data", render_meta_data(content), 0600);
    os::replace_file(files.path() / "network-config", render_network_config(), 0600);
    os::replace_file(path, "", 0600);  // xorriso keeps the mode of a file that is there
    os::run_checked({.argv = {"xorriso",
                              "-as",
                              "mkisofs",
                              "-quiet",
                              "-volid",
                              "CIDATA",
                              "-joliet",
                              "-rational-rock",
                              "-output",
                              path.string(),
                              files.path().string()}},
                    cancellation);
}

}  // namespace ingot::guest
