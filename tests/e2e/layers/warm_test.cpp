// SPDX-License-Identifier: Apache-2.0
// What a machine that goes on from another one's memory must not share with it, on real guests:
// randomness, time, connections, keys. And that nothing of all this gets into images.
#include "base/json.h"
#include "base/timestamp.h"
#include "disk/partition_table.h"
#include "forked_test.h"
#include "host_and_outside.h"
#include "layers_world.h"

#include <cmath>
#include <set>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using vm::test::HostAndOutside;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

class Warm : public testing::Test {
  protected:
    LayersWorld& world_ = LayersWorld::shared();
};

TEST_F(Warm, MachinesOfOneLayerShareNoRandomBytes) {
    const auto run = world_.try_steps("random", {shell("echo random")}).run;
    constexpr const char* kDraw =
        "head -c 16 /dev/urandom | od -An -tx1; head -c 16 /dev/random | od -An -tx1; "
        "cat /proc/sys/kernel/random/uuid; "
        "python3 -c 'import os, random; print(os.getrandom(16).hex()); print(random.random())'; "
        "openssl rand -hex 16; mktemp -u";
    const auto one = lines_of(world_.debug(run, 1, kDraw).out);
    const auto two = lines_of(world_.debug(run, 1, kDraw).out);
    ASSERT_EQ(one.size(), 7U);
    ASSERT_EQ(two.size(), 7U);
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_NE(one[i], two[i]) << "the generator of line " << i;
        EXPECT_GE(one[i].size(), 12U);
    }
}

// Nothing on the host's side is between the two readings but the guest's pipe.
TEST_F(Warm, MachinesHaveTheHostsTime) {
    const auto state = world_.try_steps("clock", {shell("echo before")});
    ASSERT_EQ(state.exit_code, 5) << state.text;
    std::this_thread::sleep_for(std::chrono::seconds(5));
    const auto story =
        world_.try_steps("clock", {shell("echo before"), shell("date +%s.%N; date +%s.%N")});
    EXPECT_THAT(story.cached, ElementsAre("customize[0]")) << story.text;
    double smallest = 1e9;
    for (const auto& event : story.events) {
        if (event.at("event") == "output" && event.at("step") == "customize[1]") {
            const auto host = base::from_rfc3339(std::string(event.at("time").as_string())).value();
            const auto guest = std::stod(std::string(event.at("text").as_string()));
            const auto seconds =
                std::chrono::duration<double>(host.time_since_epoch()).count() - guest;
            smallest = std::min(smallest, std::abs(seconds));
        }
    }
    EXPECT_LT(smallest, 1.0) << story.text;
}

TEST_F(Warm, MachinesReachTheOutside) {
    const auto run = world_.try_steps("network", {shell("echo network")}).run;
    // A plain question to the name server the guest was given: the outside's knows no extensions.
    constexpr const char* kAsk = R"(timeout 30 bash -c 'cat </dev/tcp/{0}/{1}' && python3 -c '
import socket
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.settimeout(20)
question = bytes([4]) + b"name" + bytes([7]) + b"example" + bytes([0, 0, 1, 0, 1])
names.sendto(bytes([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + question, ("10.0.2.3", 53))
print("name is", socket.inet_ntoa(names.recv(512)[-4:]))')";
    const auto said = vm::test::in_fork(
        [&] {
            vm::test::leave_the_host();
            const HostAndOutside world;
            const auto outcome = world_.debug(
                run, 1, fmt::format(kAsk, HostAndOutside::kOutsideAddress, HostAndOutside::kPort));
            return outcome.out + outcome.err;
        },
        base::Cancellation().child(std::chrono::minutes(3)));
    EXPECT_THAT(said, HasSubstr("served\n"));
    EXPECT_THAT(said, HasSubstr(fmt::format("name is {}", HostAndOutside::kOutsideAddress)));
}

// Two images of the same steps, one on a machine that resumed a layer, one on a machine that
// booted.
class WarmAndCold : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto& world = LayersWorld::shared();
        const Steps steps = {shell(kSame), shell(kSecrets)};
        const auto state = world.try_steps("before", {steps[0]});
        EXPECT_TRUE(state.sealed.contains("customize[0]")) << state.text;
        warm_ = new Story(world.build("warm", steps));
        cold_ = new Story(world.build("cold", steps, {"--no-cache", "--no-warm"}));
    }

    static void TearDownTestSuite() {
        delete warm_;
        delete cold_;
    }

    static constexpr const char* kSame =
        "echo same | sudo tee /etc/same; sudo touch -d @0 /etc/same";
    // What only this machine has, one a line.
    static constexpr const char* kSecrets = "sudo sed -n '3,4p' /etc/ssh/ssh_host_ed25519_key";

    [[nodiscard]] os::Path raw(const std::string& image) const {
        auto file = world_.ingot().folder() / (image + ".raw");
        if (!std::filesystem::exists(file)) {
            const auto done =
                world_.ingot().run({"image", "export", image, "--format", "raw", file.string()});
            EXPECT_EQ(done.exit_code, 0) << done.err;
        }
        return file;
    }

    // What debugfs says to a request about the image's root file system.
    [[nodiscard]] std::string look_into(const std::string& image,
                                        const std::string& request) const {
        const auto table = disk::read_partition_table(raw(image));
        const auto root = std::ranges::max_element(
            table->partitions, {}, [](const auto& part) { return part.size; });
        return os::run({.argv = {"debugfs",
                                 "-R",
                                 request,
                                 fmt::format(
                                     "{}?offset={}", raw(image).string(), root->start.bytes())}},
                       base::Cancellation())
            .out;
    }

    LayersWorld& world_ = LayersWorld::shared();
    static Story* warm_;
    static Story* cold_;
};

Story* WarmAndCold::warm_ = nullptr;
Story* WarmAndCold::cold_ = nullptr;

TEST_F(WarmAndCold, BothAreBuiltEachInItsWay) {
    ASSERT_EQ(warm_->exit_code, 0) << warm_->text;
    ASSERT_EQ(cold_->exit_code, 0) << cold_->text;
    EXPECT_THAT(warm_->cached, ElementsAre("customize[0]"));
    EXPECT_THAT(cold_->cached, IsEmpty());
    EXPECT_THAT(cold_->notes_of("boot"), testing::Not(HasSubstr("from its memory state")));
}

TEST_F(WarmAndCold, DifferOnlyInWhatTimeAndRandomnessExplain) {
    const auto done = world_.ingot().run({"image",
                                          "diff",
                                          "warm",
                                          "cold",
                                          "--output",
                                          "json",
                                          // Logs with times: each run writes its own.
                                          "--exclude",
                                          "/var/log/**",
                                          // The seed of the next boot, meant to differ.
                                          "--exclude",
                                          "/var/lib/systemd/random-seed",
                                          // An empty file whose time says when the clock was right.
                                          "--exclude",
                                          "/var/lib/systemd/timesync/clock"});
    ASSERT_EQ(done.exit_code, 0) << done.err;
    const auto difference = base::parse_own_json(done.out, "image diff").as_object();
    const auto text = boost::json::serialize(difference);
    const auto& files = difference.at("files").as_object();
    for (const char* kind : {"added", "removed", "changed"}) {
        EXPECT_TRUE(difference.at("packages").at(kind).as_array().empty()) << text;
        EXPECT_TRUE(files.at(kind).as_array().empty()) << boost::json::serialize(files.at(kind));
    }
}

TEST_F(WarmAndCold, HaveNoIdentityAtAll) {
    for (const std::string image : {"warm", "cold"}) {
        EXPECT_EQ(look_into(image, "cat /etc/machine-id"), "") << image;
        EXPECT_EQ(look_into(image, "cat /var/lib/dbus/machine-id"), "") << image;
        EXPECT_THAT(look_into(image, "ls -p /etc/ssh"), testing::Not(HasSubstr("ssh_host_")));
        EXPECT_THAT(look_into(image, "ls -p /home"), testing::Not(HasSubstr("packer")));
        EXPECT_THAT(look_into(image, "ls -p /tmp"), testing::Not(HasSubstr("Deprovisioning")));
        for (const char* folder :
             {"/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/NetworkManager"}) {
            EXPECT_THAT(look_into(image, fmt::format("ls -p {}", folder)),
                        testing::Not(HasSubstr("lease")))
                << image;
        }
    }
}

// Also not in blocks that no file has any more.
TEST_F(WarmAndCold, HaveNoByteOfTheirMachinesHostKeys) {
    const auto secrets = [](const Story& story) {
        return lines_of(story.output_of("customize[1]"));
    };
    ASSERT_EQ(secrets(*warm_).size(), 2U) << warm_->text;
    ASSERT_EQ(secrets(*cold_).size(), 2U) << cold_->text;
    auto all = secrets(*warm_);
    std::ranges::copy(secrets(*cold_), std::back_inserter(all));
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), 4U);
    for (const std::string image : {"warm", "cold"}) {
        std::vector<std::string> argv = {"grep", "-c", "-a", "-F", raw(image).string()};
        for (const auto& secret : all) {
            EXPECT_GE(secret.size(), 60U);
            argv.insert(argv.end(), {"-e", secret});
        }
        EXPECT_EQ(os::run({.argv = argv}, base::Cancellation()).out, "0\n") << image;
    }
}

// What a template is called, says about itself and where its image goes does not make the image.
TEST_F(WarmAndCold, NamesTagsAndTargetsMakeNoNewImage) {
    auto file = world_.ingot().write_template(
        "renamed", array_of({shell(kSame, R"("name": "a new name")"), shell(kSecrets)}));
    auto text = os::read_file(file);
    text.replace(text.find("\"properties\""), 0, R"("tags": {"team": "images"}, )");
    text.replace(text.find(R"("distribute": [)"),
                 15,
                 R"("distribute": [{"type": "VHD", "runOutputName": "vhd"}, )");
    os::replace_file(file, text);
    const auto story = story_of(world_.ingot().build(file));
    EXPECT_EQ(story.exit_code, 0) << story.text;
    EXPECT_THAT(story.ran, IsEmpty());
    EXPECT_FALSE(story.has_step("boot"));
    EXPECT_TRUE(story.has_step("distribute[1]"));
    const auto show = [&](const std::string& image) {
        return base::parse_own_json(world_.ingot().run({"image", "show", image}).out, "image");
    };
    // The newest build of these steps is what the cache has.
    EXPECT_EQ(show("renamed").at("digest"), show("cold").at("digest"));
}

}  // namespace
}  // namespace ingot::e2e
