// SPDX-License-Identifier: Apache-2.0
// Layers whose bytes have changed, a full disk while one is made, and `ingot cache`: a build
// succeeds all the same, and says what it had to do without.
#include "layers_world.h"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::e2e {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A copy takes the file's place, so that other layers, which may share the file, keep theirs.
void unshare_file(const os::Path& file) {
    const os::Path copy = file.string() + ".copy";
    os::copy_sparse(file, copy, base::Cancellation());
    fs::rename(copy, file);
}

// Where the first data lies that is not in a hole.
off_t first_data(const os::Path& file) {
    const auto fd = os::open_file(file, O_RDONLY);
    return ::lseek(fd.get(), 0, SEEK_DATA);
}

void flip_a_bit(const os::Path& file) {
    unshare_file(file);
    const auto at = first_data(file) + 100;
    const auto fd = os::open_file(file, O_RDWR);
    char byte = 0;
    ASSERT_EQ(::pread(fd.get(), &byte, 1, at), 1);
    byte = static_cast<char>(byte ^ 4);
    ASSERT_EQ(::pwrite(fd.get(), &byte, 1, at), 1);
}

void cut_off(const os::Path& file) {
    unshare_file(file);
    fs::resize_file(file, static_cast<std::uintmax_t>(first_data(file)) + 100);
}

void erase(const os::Path& file) {
    fs::remove(file);
}

struct Damage {
    const char* name;
    const char* file;  // of the layer
    void (*apply)(const os::Path&);
};

// One layer for all: each test leaves it whole again.
class DamagedLayer : public testing::TestWithParam<Damage> {
  protected:
    static void SetUpTestSuite() {
        const auto made = LayersWorld::shared().try_steps("damaged", steps());
        EXPECT_TRUE(made.sealed.contains("customize[0]")) << made.text;
    }

    static Steps steps() { return {shell("echo whole; sleep 1", R"("name": "to be damaged")")}; }

    LayersWorld& world_ = LayersWorld::shared();
};

TEST_P(DamagedLayer, IsDroppedAndMadeAnew) {
    GetParam().apply(world_.layer_titled("Shell: to be damaged") / GetParam().file);

    const auto story = world_.try_steps("damaged", steps());
    EXPECT_EQ(story.exit_code, 5) << story.text;
    EXPECT_THAT(story.notes_of("boot"), HasSubstr("is damaged and was dropped")) << story.text;
    EXPECT_THAT(story.cached, IsEmpty());
    EXPECT_EQ(story.output_of("customize[0]"), "whole\n");
    EXPECT_TRUE(story.sealed.contains("customize[0]")) << story.text;
    EXPECT_THAT(world_.left_behind(), IsEmpty());
}

constexpr Damage kDamages[] = {
    {"OverlayWithAnotherBit", "disk-1.qcow2", flip_a_bit},
    {"OverlayCutOff", "disk-1.qcow2", cut_off},
    {"OverlayErased", "disk-1.qcow2", erase},
    {"LowerOverlayErased", "disk-0.qcow2", erase},
    {"ChecksumsErased", "disk-0.qcow2.checks", erase},
    {"MemoryWithAnotherBit", "memory/ram-1", flip_a_bit},
    {"MemoryCutOff", "memory/ram-1", cut_off},
    {"EarlierMemoryErased", "memory/ram-0", erase},
    {"BlocksWithAnotherBit", "memory/blocks", flip_a_bit},
    {"BlocksCutOff", "memory/blocks", cut_off},
    {"BlocksErased", "memory/blocks", erase},
    {"DevicesWithAnotherBit", "memory/devices", flip_a_bit},
    {"DevicesCutOff", "memory/devices", cut_off},
    {"DevicesErased", "memory/devices", erase},
    {"FactsCutOff", "layer.json", cut_off},
    {"FactsErased", "layer.json", erase},
};

INSTANTIATE_TEST_SUITE_P(By, DamagedLayer, testing::ValuesIn(kDamages), [](const auto& damage) {
    return std::string(damage.param.name);
});

class Cache : public testing::Test {
  protected:
    LayersWorld& world_ = LayersWorld::shared();
};

TEST_F(Cache, OfAnotherQemusStatesIsOfNoUse) {
    const Steps steps = {shell("echo machine", R"("name": "of another QEMU")")};
    ASSERT_EQ(world_.try_steps("machine", steps).exit_code, 5);
    const auto facts = world_.layer_titled("Shell: of another QEMU") / "layer.json";
    auto text = os::read_file(facts);
    text.replace(text.find("\"machine\": \"") + 12, 4, "beef");
    os::replace_file(facts, text);
    const auto story = world_.try_steps("machine", steps);
    EXPECT_EQ(story.exit_code, 5) << story.text;
    EXPECT_THAT(story.notes_of("boot"), HasSubstr("is of no use and was dropped"));
    EXPECT_EQ(story.output_of("customize[0]"), "machine\n");
}

TEST_F(Cache, IsVerified) {
    const Steps steps = {shell("echo verified", R"("name": "to be verified")")};
    ASSERT_EQ(world_.try_steps("verified", steps).exit_code, 5);
    const auto whole = world_.ingot().run({"cache", "verify"});
    EXPECT_THAT(whole.out, HasSubstr(" layers are whole, 0 were damaged"));
    const auto layer = world_.layer_titled("Shell: to be verified");
    flip_a_bit(layer / "memory" / "ram-1");
    const auto damaged = world_.ingot().run({"cache", "verify"});
    EXPECT_THAT(damaged.out,
                HasSubstr(fmt::format("layer {} is damaged and was dropped",
                                      layer.filename().string().substr(0, 12))));
    EXPECT_THAT(damaged.out, HasSubstr(", 1 were damaged"));
    EXPECT_FALSE(fs::exists(layer));
}

// On a state folder of its own, which begins with a copy of the same first layer.
TEST_F(Cache, WithADamagedFirstStateBootsAnew) {
    const LayersWorld other(world_);
    flip_a_bit(other.layer_titled("Start the VM") / "memory" / "ram-0");
    const auto story = other.try_steps("booted-anew", {shell("echo booted")});
    EXPECT_EQ(story.exit_code, 5) << story.text;
    EXPECT_THAT(story.notes_of("boot"), HasSubstr("is damaged and was dropped")) << story.text;
    EXPECT_EQ(story.output_of("customize[0]"), "booted\n");
    EXPECT_TRUE(story.sealed.contains("boot")) << story.text;
    EXPECT_THAT(other.left_behind(), IsEmpty());
}

// On a state folder of its own, which begins with the same first layer.
TEST_F(Cache, IsEmptiedButForWhatABuildStandsOn) {
    LayersWorld other(world_);
    Outcome pruned;
    const auto story =
        other.try_steps("standing",
                        {shell("echo stand; sleep 5; echo stood")},
                        {},
                        "",
                        [&](std::string_view line, pid_t) {
                            if (line.find("\"stand\"") != std::string_view::npos) {
                                pruned = other.ingot().run({"cache", "prune", "--keep", "0"});
                            }
                        });
    EXPECT_EQ(pruned.exit_code, 0) << pruned.err;
    EXPECT_EQ(story.exit_code, 5) << story.text;
    EXPECT_EQ(story.output_of("customize[0]"), "stand\nstood\n");
    const auto shown = other.ingot().run({"cache", "show"});
    EXPECT_THAT(shown.out, HasSubstr("Start the VM")) << "the build stood on it";
    EXPECT_EQ(std::ranges::count(shown.out, '\n'), 2 + 5) << shown.out;
    EXPECT_EQ(other.ingot().run({"cache", "prune", "--keep", "0"}).exit_code, 0);
    EXPECT_THAT(other.ingot().run({"cache", "show"}).out,
                testing::StartsWith("layers            0 B"));
}

// The cache on a small file system, in which the first layer has room and the next has not.
TEST_F(Cache, ThatHasNoRoomFailsNoBuild) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "mounting a small file system in which ingot then starts namespaces of its "
                        "own needs root; as root, as in CI, this test runs";
    }
    const auto file = world_.ingot().write_template(
        "no-room",
        array_of({shell("head -c 400M /dev/urandom >/dev/shm/much; echo filled",
                        R"("name": "fills memory")"),
                  shell("echo went on; exit 99")}));
    const auto first = world_.layer_titled("Start the VM");
    os::ProcessSpec spec;
    spec.argv = {"unshare",
                 "--mount",
                 "sh",
                 "-c",
                 "set -e; layers=\"$1/cache/layers\"; mkdir -p \"$4\"; cp -a \"$2\" \"$4/\"; "
                 "mount -t tmpfs -o size=450m tmpfs \"$layers\"; mv \"$4\"/* \"$layers/\"; "
                 "set +e; INGOT_STATE=\"$1\" \"$3\" build \"$5\" --output json; code=$?; "
                 "ls -A \"$layers\" >&2; exit $code",
                 "sh",
                 world_.ingot().state().string(),
                 first.string(),
                 INGOT_BINARY,
                 (world_.ingot().folder() / "moved").string(),
                 file.string()};
    const auto done = os::run(spec, base::Cancellation());
    const auto story = story_of({done.status.code, done.out, ""});
    EXPECT_EQ(story.exit_code, 5) << story.text << done.err;
    EXPECT_THAT(story.notes_of("boot"), HasSubstr("from its memory state")) << story.text;
    EXPECT_THAT(story.notes_of("customize[0]"), HasSubstr("the layer could not be kept"))
        << story.text;
    EXPECT_EQ(story.output_of("customize[1]"), "went on\n");
    EXPECT_THAT(done.err, testing::Not(HasSubstr(".draft")));
}

}  // namespace
}  // namespace ingot::e2e
