// SPDX-License-Identifier: Apache-2.0
// The folder of layers: what is kept is found whole, what is damaged is noticed, what is in use
// stays.
#include "build/layers/layer_cache.h"

#include "base/error.h"
#include "build/layers/layered_vm.h"

#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::build {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::hours kAnyAge{24 * 36500};
const std::string kRun = "01234567-89ab-cdef-0123-456789abcdef";

class LayerCacheTest : public testing::Test {
  protected:
    [[nodiscard]] os::Path file(const std::string& name, const std::string& bytes) const {
        auto path = folder_.path() / name;
        os::replace_file(path, bytes);
        return path;
    }

    static LayerFacts facts(const std::string& name) {
        return {.key = base::sha256(name),
                .parent = base::sha256("parent"),
                .base = base::sha256("base"),
                .title = name,
                .inputs = {{"type", "Shell"}, {"script", "echo \"ä\"\n"}},
                .born = base::now() - 90s,
                .sealed = base::now(),
                .machine = "machine"};
    }

    // A layer with an overlay of its own and 1 MiB of memory.
    base::Sha256Digest keep(const std::string& name) const {
        auto draft = cache_.draft(kRun);
        os::replace_file(draft.path() / "memory" / "ram-0", std::string(1U << 20U, 'm'));
        cache_.keep(std::move(draft), facts(name), {file(name, name)}, base::Cancellation());
        return facts(name).key;
    }

    [[nodiscard]] std::optional<Layer> find(const base::Sha256Digest& key) const {
        return cache_.find(key, kAnyAge);
    }

    [[nodiscard]] os::Path folder_of(const base::Sha256Digest& key) const {
        return folder_.path() / "layers" / key.hex();
    }

    [[nodiscard]] std::string damage(const base::Sha256Digest& key) const {
        try {
            LayerCache::verify_overlays(find(key).value(), base::Cancellation());
        } catch (const base::Error& error) {
            return error.code();
        }
        return "";
    }

    [[nodiscard]] std::vector<std::string> names_in_cache() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path() / "layers")) {
            if (!entry.path().string().ends_with(".making")) {
                names.push_back(entry.path().filename());
            }
        }
        return names;
    }

    static void last_used_ago(const os::Path& layer, std::chrono::seconds age) {
        const auto then = std::chrono::system_clock::to_time_t(base::now() - age);
        const timespec times[2] = {{then, 0}, {then, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (layer / "layer.json").c_str(), times, 0), 0);
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    LayerCache cache_{folder_.path() / "layers"};
};

TEST_F(LayerCacheTest, FindsWhatWasKept) {
    const auto key = keep("a");
    const auto layer = find(key);
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->facts().key, key);
    EXPECT_EQ(layer->facts().parent, facts("a").parent);
    EXPECT_EQ(layer->facts().base, facts("a").base);
    EXPECT_EQ(layer->facts().title, "a");
    EXPECT_EQ(layer->facts().inputs, facts("a").inputs);
    EXPECT_EQ(layer->facts().machine, "machine");
    EXPECT_EQ(layer->facts().overlays, 1U);
    EXPECT_TRUE(fs::exists(layer->memory_folder() / "ram-0"));
    EXPECT_EQ(damage(key), "");
    EXPECT_FALSE(find(base::sha256("b")));
    EXPECT_THAT(names_in_cache(), ElementsAre(key.hex()));
}

TEST_F(LayerCacheTest, FindsNothingThatIsOlderThanAskedFor) {
    const auto key = keep("a");
    EXPECT_TRUE(cache_.find(key, 100s));
    EXPECT_FALSE(cache_.find(key, 80s));
    EXPECT_FALSE(cache_.find(key, 0s));
}

TEST_F(LayerCacheTest, HasAllOverlaysNearestFirstAndSharesThem) {
    const auto top = file("top", "top");
    const auto middle = file("middle", "middle");
    const auto low = file("low", "low");
    cache_.keep(cache_.draft(kRun), facts("below"), {middle, low}, base::Cancellation());
    const auto below = find(facts("below").key)->overlays();
    cache_.keep(cache_.draft(kRun), facts("a"), {top, below[0], below[1]}, base::Cancellation());
    const auto overlays = find(facts("a").key)->overlays();
    ASSERT_EQ(overlays.size(), 3U);
    EXPECT_EQ(os::read_file(overlays[0]), "top");
    EXPECT_EQ(os::read_file(overlays[2]), "low");
    EXPECT_TRUE(fs::equivalent(overlays[2], low));
    EXPECT_EQ(damage(facts("a").key), "");
    ASSERT_TRUE(cache_.drop(facts("below").key));
    EXPECT_EQ(damage(facts("a").key), "") << "a layer stands alone";
}

TEST_F(LayerCacheTest, NoticesAnOverlayThatIsNotWhatWasSealed) {
    const auto key = keep("a");
    const auto overlay = folder_of(key) / "disk-0.qcow2";
    os::replace_file(overlay, "b");
    EXPECT_EQ(damage(key), "FileDamaged");
    os::replace_file(overlay, "");
    EXPECT_EQ(damage(key), "FileDamaged");
    os::replace_file(overlay, "a");
    EXPECT_EQ(damage(key), "");
    os::replace_file(overlay.string() + ".checks", "");
    EXPECT_EQ(damage(key), "FileDamaged");
    os::remove_tree(overlay.string() + ".checks");
    EXPECT_EQ(damage(key), "FileDamaged");
}

TEST_F(LayerCacheTest, NoticesAnOverlayThatIsGone) {
    cache_.keep(cache_.draft(kRun),
                facts("a"),
                {file("top", "top"), file("low", "low")},
                base::Cancellation());
    os::remove_tree(folder_of(facts("a").key) / "disk-1.qcow2");
    EXPECT_EQ(damage(facts("a").key), "FileDamaged") << "what is left looks like a shorter chain";
    os::remove_tree(folder_of(facts("a").key) / "disk-0.qcow2");
    EXPECT_EQ(damage(facts("a").key), "FileDamaged");
}

TEST_F(LayerCacheTest, TakesNoHalfListOfChecksumsForAWholeOne) {
    const auto overlay = file("top", std::string(3U << 20U, 'x'));
    os::replace_file(overlay.string() + ".checks.draft", "half of");
    cache_.keep(cache_.draft(kRun), facts("a"), {overlay}, base::Cancellation());
    EXPECT_EQ(damage(facts("a").key), "");
}

TEST_F(LayerCacheTest, DropsWhatCannotBeRead) {
    const auto whole = keep("whole");
    const auto cut = keep("cut");
    const auto renamed = keep("renamed");
    const auto unlocked = keep("unlocked");
    os::replace_file(folder_of(cut) / "layer.json", R"({"key": ")");
    fs::rename(folder_of(renamed), folder_of(base::sha256("x")));
    os::remove_tree(folder_of(unlocked) / "lock");
    for (const auto& key : {cut, base::sha256("x"), unlocked}) {
        EXPECT_FALSE(find(key));
    }
    const auto draft = cache_.draft(kRun);
    EXPECT_EQ(cache_.drop_unreadable().size(), 3U);
    EXPECT_THAT(names_in_cache(),
                testing::UnorderedElementsAre(whole.hex(), draft.path().filename()));
    EXPECT_THAT(cache_.drop_unreadable(), IsEmpty());
}

TEST_F(LayerCacheTest, DropsNothingThatIsInUse) {
    const auto key = keep("a");
    {
        const auto layer = find(key);
        EXPECT_FALSE(cache_.drop(key));
        EXPECT_TRUE(cache_.list().at(0).in_use);
        EXPECT_TRUE(fs::exists(layer->overlays().at(0)));
        os::replace_file(folder_of(key) / "layer.json", "");
        EXPECT_THAT(cache_.drop_unreadable(), IsEmpty());
    }
    EXPECT_TRUE(cache_.drop(key));
    EXPECT_THAT(names_in_cache(), IsEmpty());
    EXPECT_TRUE(cache_.drop(key)) << "what is not there is not in use";
}

TEST_F(LayerCacheTest, ReplacesALayerUnlessItIsInUse) {
    const auto key = keep("a");
    const auto replace = [&](const std::string& bytes) {
        cache_.keep(cache_.draft(kRun), facts("a"), {file(bytes, bytes)}, base::Cancellation());
        return os::read_file(find(key)->overlays().at(0));
    };
    {
        const auto in_use = find(key);
        EXPECT_EQ(replace("new"), "a");
    }
    EXPECT_EQ(replace("newer"), "newer");
    EXPECT_THAT(names_in_cache(), ElementsAre(key.hex()));
}

TEST_F(LayerCacheTest, ListsTheLeastRecentlyUsedFirst) {
    const auto a = keep("a");
    const auto b = keep("b");
    const auto c = keep("c");
    last_used_ago(folder_of(a), 30s);
    last_used_ago(folder_of(b), 20s);
    last_used_ago(folder_of(c), 10s);
    { const auto used = find(a); }
    std::vector<std::string> titles;
    for (const auto& entry : cache_.list()) {
        titles.push_back(entry.facts.title);
        EXPECT_GE(entry.memory_size.bytes(), 1U << 20U);
        EXPECT_FALSE(entry.in_use);
    }
    EXPECT_THAT(titles, ElementsAre("b", "c", "a"));
}

TEST_F(LayerCacheTest, IsPrunedToASizeOldestFirstAndSparesWhatIsInUse) {
    const auto a = keep("a");
    const auto b = keep("b");
    const auto c = keep("c");
    last_used_ago(folder_of(b), 20s);
    last_used_ago(folder_of(c), 10s);
    const auto in_use = find(a);
    last_used_ago(folder_of(a), 30s);
    const auto one = base::ByteCount(cache_.size().bytes() / 3);
    const auto room_for_two = base::ByteCount(2 * one.bytes() + 4096);
    prune_layers(cache_, room_for_two);
    EXPECT_LE(cache_.size(), room_for_two);
    EXPECT_FALSE(find(b));
    EXPECT_TRUE(find(c));
    prune_layers(cache_, base::ByteCount());
    EXPECT_THAT(names_in_cache(), ElementsAre(a.hex()));
}

TEST_F(LayerCacheTest, CountsWhatLayersShareOnce) {
    const auto shared = file("shared", std::string(4U << 20U, 's'));
    cache_.keep(cache_.draft(kRun), facts("a"), {shared}, base::Cancellation());
    const auto of_one = cache_.size();
    cache_.keep(cache_.draft(kRun), facts("b"), {shared}, base::Cancellation());
    EXPECT_LT(cache_.size().bytes(), of_one.bytes() + (1U << 20U));
}

TEST_F(LayerCacheTest, GivesTheMakingOfALayerToOneAtATime) {
    const auto key = base::sha256("a");
    auto claim = cache_.try_claim(key);
    ASSERT_TRUE(claim);
    EXPECT_FALSE(cache_.try_claim(key));
    EXPECT_TRUE(cache_.try_claim(base::sha256("b")));
    const std::jthread other([&] { claim.reset(); });
    static_cast<void>(cache_.claim(key, base::Cancellation()));
}

TEST_F(LayerCacheTest, WaitsForAClaimNoLongerThanItMay) {
    const auto key = base::sha256("a");
    const auto claim = cache_.try_claim(key);
    EXPECT_THROW(static_cast<void>(cache_.claim(key, base::Cancellation().child(50ms))),
                 base::Cancelled);
}

TEST_F(LayerCacheTest, SweepsDraftsOfDeadRunsAndWhatWasBeingRemoved) {
    const auto key = keep("a");
    auto dead = cache_.draft(kRun);
    dead.keep();
    const std::string living_run = "76543210-89ab-cdef-0123-456789abcdef";
    const auto living = cache_.draft(living_run);
    fs::create_directories(folder_.path() / "layers" / ".removed-x" / "memory");
    cache_.sweep([&](const std::string& run) { return run != living_run; });
    EXPECT_THAT(names_in_cache(),
                testing::UnorderedElementsAre(key.hex(), living.path().filename()));
}

TEST_F(LayerCacheTest, SweepsTheFilesOfClaimsThatNobodyHolds) {
    const auto file_of = [&](const base::Sha256Digest& key) {
        return folder_.path() / "layers" / (key.hex() + ".making");
    };
    { const auto over = cache_.try_claim(base::sha256("a")); }
    const auto held = cache_.try_claim(base::sha256("b"));
    ASSERT_TRUE(fs::exists(file_of(base::sha256("a"))));
    cache_.sweep([](const std::string&) { return true; });
    EXPECT_FALSE(fs::exists(file_of(base::sha256("a"))));
    EXPECT_TRUE(fs::exists(file_of(base::sha256("b"))));
    EXPECT_FALSE(cache_.try_claim(base::sha256("b")));
}

TEST_F(LayerCacheTest, LeavesNoDraftOfALayerThatWasNotKept) {
    { const auto draft = cache_.draft(kRun); }
    EXPECT_THROW(cache_.keep(cache_.draft(kRun),
                             facts("a"),
                             {folder_.path() / "no such overlay"},
                             base::Cancellation()),
                 base::Error);
    EXPECT_THAT(names_in_cache(), IsEmpty());
}

}  // namespace
}  // namespace ingot::build
