// SPDX-License-Identifier: Apache-2.0
// Which layers a run may use, by its template, its flags and the environment.
#include "build/layers/layer_plan.h"

#include "base/error.h"
#include "layer_samples.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace ingot::build {
namespace {

// An environment variable for the time of a test.
class Setting {
  public:
    Setting(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }

    ~Setting() { ::unsetenv(name_); }

    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

  private:
    const char* name_;
};

class LayerPlanTest : public testing::Test {
  protected:
    LayerPlan plan(const templates::ImageTemplate& image_template,
                   const build::Run& run = {.id = "r"}) {
        const os::ScratchFolder scratch(folder_.path() / std::to_string(plans_++));
        return plan_layers(
            sample_root(), prepared(image_template, scratch.path()), image_template, run);
    }

    // A layer with this key, as if made now or some time ago.
    void seal(const base::Sha256Digest& key, std::chrono::seconds age = {}) {
        const auto overlay = folder_.path() / "overlay.qcow2";
        if (!std::filesystem::exists(overlay)) {
            os::replace_file(overlay, "bytes");
        }
        cache_.keep(cache_.draft("r"),
                    {.key = key, .born = base::now() - age, .sealed = base::now()},
                    {overlay},
                    base::Cancellation());
    }

    [[nodiscard]] std::optional<std::size_t> done(const LayerPlan& plan,
                                                  const CachePolicy& policy = {}) const {
        const auto layer = deepest_layer(plan, cache_, policy);
        return layer ? std::optional(layer->done) : std::nullopt;
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    LayerCache cache_{folder_.path() / "layers"};
    int plans_ = 0;
    templates::ImageTemplate three_ =
        template_of_lines({{"one", "echo 1"}, {"two", "echo 2"}, {"three", "echo 3"}});
};

TEST_F(LayerPlanTest, HasAKeyForEachStateAndAllMayBeUsed) {
    const auto made = plan(three_);
    ASSERT_EQ(made.keys.size(), 4U);
    EXPECT_EQ(made.keys[0], root_key(sample_root()));
    EXPECT_TRUE(made.may_use_image());
    EXPECT_EQ(made.why_anew, "");
}

TEST_F(LayerPlanTest, KeepsWhatIsBeforeAChange) {
    const auto before = plan(three_);
    auto changed = three_;
    std::get<templates::ShellStep>(changed.customize[1].action).inline_lines = {"echo other"};
    const auto after = plan(changed);
    EXPECT_EQ(after.keys[1], before.keys[1]);
    EXPECT_NE(after.keys[2], before.keys[2]);
    EXPECT_NE(after.keys[3], before.keys[3]);
    EXPECT_NE(after.image, before.image);
}

TEST_F(LayerPlanTest, IsDeafToNamesTagsAndTargets) {
    const auto before = plan(three_);
    auto changed = three_;
    changed.name = "another";
    changed.tags = {{"team", "images"}};
    changed.distribute.push_back(
        {.run_output_name = "o", .artifact_tags = {}, .target = templates::VhdTarget{}});
    for (auto& step : changed.customize) {
        step.name += " renamed";
    }
    const auto after = plan(changed, {.id = "another run"});
    EXPECT_EQ(after.keys, before.keys);
    EXPECT_EQ(after.image, before.image);
}

TEST_F(LayerPlanTest, TakesTheDeepestLayerThereIs) {
    const auto made = plan(three_);
    EXPECT_EQ(done(made), std::nullopt);
    seal(made.keys[0]);
    EXPECT_EQ(done(made), 0U);
    seal(made.keys[2]);
    EXPECT_EQ(done(made), 2U);
    seal(made.keys[3]);
    EXPECT_EQ(done(made), 3U);
}

TEST_F(LayerPlanTest, UsesNoLayerThatIsTooOldButTheFirstState) {
    const auto made = plan(three_);
    seal(made.keys[0], std::chrono::hours(1000));
    seal(made.keys[1], std::chrono::hours(3));
    EXPECT_EQ(done(made, {.max_age = std::chrono::hours(4)}), 1U);
    EXPECT_EQ(done(made, {.max_age = std::chrono::hours(2)}), 0U);
    EXPECT_EQ(done(made, {.max_age = std::chrono::hours(0)}), 0U);
}

TEST_F(LayerPlanTest, ForAVolatileStepNeverGoesBehindIt) {
    for (const char* tag : {"two", "customize[1]", " nothing , two ", "*"}) {
        auto marked = three_;
        marked.tags[kVolatileTag] = tag;
        const auto once = plan(marked, {.id = "r1"});
        const auto again = plan(marked, {.id = "r2"});
        const std::size_t first = std::string_view(tag) == "*" ? 0 : 1;
        EXPECT_EQ(once.first_anew, first) << tag;
        EXPECT_EQ(again.keys[first], once.keys[first]) << tag;
        EXPECT_NE(again.keys[first + 1], once.keys[first + 1]) << tag;
        EXPECT_NE(again.image, once.image) << tag;
        EXPECT_FALSE(once.may_use_image()) << tag;
        EXPECT_NE(once.why_anew.find("volatile"), std::string::npos) << once.why_anew;
    }
}

TEST_F(LayerPlanTest, ForNamesThatNoStepHasMarksNothing) {
    auto marked = three_;
    marked.tags[kVolatileTag] = "four,customize[7],,";
    EXPECT_TRUE(plan(marked).may_use_image());
}

TEST_F(LayerPlanTest, FromAStepUsesWhatIsBeforeIt) {
    const auto whole = plan(three_);
    for (const auto& key : whole.keys) {
        seal(key);
    }
    const auto from = [&](int step) {
        return plan(three_, {.id = "r", .choices = {.from_step = step}});
    };
    EXPECT_EQ(from(1).keys, whole.keys);
    EXPECT_EQ(done(from(1)), 1U);
    EXPECT_EQ(done(from(0)), 0U);
    EXPECT_EQ(done(from(99)), 3U);
    EXPECT_FALSE(from(2).may_use_image());
    EXPECT_EQ(from(2).why_anew, "--from-step 2");
}

TEST_F(LayerPlanTest, WithoutCacheUsesNoStep) {
    const auto made = plan(three_, {.id = "r", .choices = {.use_cache = false, .from_step = 2}});
    seal(made.keys[0]);
    seal(made.keys[3]);
    EXPECT_EQ(done(made), 0U);
    EXPECT_EQ(made.why_anew, "--no-cache");
}

// Who wants a boot gets one, also where nothing has changed.
TEST_F(LayerPlanTest, WithoutMemoryStatesUsesNoStepAndNoImage) {
    const auto made = plan(three_, {.id = "r", .choices = {.use_warm = false}});
    EXPECT_FALSE(made.may_use_image());
    EXPECT_EQ(made.first_anew, 0U);
    EXPECT_EQ(made.why_anew, "--no-warm");
    EXPECT_EQ(made.keys, plan(three_).keys);
}

TEST(LayerScope, IsTheSubscriptionOfATemplateInTheService) {
    const build::Run in_service{
        .template_key = "/Subscriptions/ABC/resourcegroups/rg/providers/p/imagetemplates/t"};
    EXPECT_EQ(layer_scope(in_service, {}), "/subscriptions/abc");
    EXPECT_EQ(layer_scope({}, {}), "");
    EXPECT_EQ(layer_scope(in_service, {.shared = true}), layer_scope({}, {.shared = true}));
    EXPECT_NE(layer_scope(in_service, {.shared = true}), "");
}

TEST(CachePolicy, ComesFromTheEnvironment) {
    EXPECT_EQ(cache_policy_from_environment().max_age, kLayerMaxAge);
    const Setting age("INGOT_LAYER_MAX_AGE", "0");
    const Setting size("INGOT_CACHE_SIZE", "3");
    const Setting shared("INGOT_SHARE_LAYERS", "1");
    const auto policy = cache_policy_from_environment();
    EXPECT_EQ(policy.max_age, std::chrono::seconds(0));
    EXPECT_EQ(policy.size, base::ByteCount::gib(3));
    EXPECT_TRUE(policy.shared);
}

TEST(CachePolicy, RefusesWhatIsNoNumber) {
    const Setting age("INGOT_LAYER_MAX_AGE", "1d");
    try {
        static_cast<void>(cache_policy_from_environment());
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::InvalidArgument);
        EXPECT_NE(error.message().find("INGOT_LAYER_MAX_AGE"), std::string::npos);
    }
}

TEST(WantedWayIn, IsTheOrdinaryOneByFlagOrTag) {
    templates::ImageTemplate tagged;
    tagged.tags[kWayInTag] = "cloud-init";
    EXPECT_EQ(wanted_way_in({}, {}), WayIn::Fastest);
    EXPECT_EQ(wanted_way_in({}, tagged), WayIn::Ordinary);
    EXPECT_EQ(wanted_way_in({.choices = {.cloud_init = true}}, {}), WayIn::Ordinary);
}

}  // namespace
}  // namespace ingot::build
