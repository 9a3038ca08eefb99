// SPDX-License-Identifier: Apache-2.0
// Keys of layers: everything that makes a state is in them, and nothing can pass for another.
#include "layer_samples.h"

#include <functional>
#include <set>

#include <gtest/gtest.h>

namespace ingot::build {
namespace {

TEST(LayerKey, IsTheSameForTheSame) {
    EXPECT_EQ(root_key(sample_root()), root_key(sample_root()));
    const auto parent = root_key(sample_root());
    EXPECT_EQ(child_key(parent, {{"type", "Shell"}}), child_key(parent, {{"type", "Shell"}}));
}

// The value is in docs/formats/layers.md's definition: who changes it forgets every layer there is.
TEST(LayerKey, StaysWhatItIs) {
    EXPECT_EQ(child_key(base::Sha256Digest(), {{"type", "Shell"}, {"script", "true\n"}}).hex(),
              base::sha256(fmt::format("13:ingot layer 164:{}4:type5:Shell6:script5:true\n",
                                       std::string(64, '0')))
                  .hex());
}

TEST(LayerKey, DependsOnEverythingThatABuildBeginsWith) {
    const std::vector<std::function<void(LayerRoot&)>> changes = {
        [](LayerRoot& root) { root.scope = "/subscriptions/other"; },
        [](LayerRoot& root) { root.base = base::sha256("other"); },
        [](LayerRoot& root) { root.generation = arm::HyperVGeneration::V1; },
        [](LayerRoot& root) { root.os_type = "Windows"; },
        [](LayerRoot& root) { root.vcpus = 3; },
        [](LayerRoot& root) { root.memory = base::ByteCount::gib(5); },
        [](LayerRoot& root) { root.disk_size = base::ByteCount::gib(31); },
        [](LayerRoot& root) { root.way_in = "cloud-init"; },
        [](LayerRoot& root) { root.engine = "false\n"; }};
    std::set<base::Sha256Digest> keys = {root_key(sample_root())};
    for (const auto& change : changes) {
        auto root = sample_root();
        change(root);
        keys.insert(root_key(root));
    }
    EXPECT_EQ(keys.size(), changes.size() + 1);
}

TEST(LayerKey, DependsOnTheParentAndOnNamesValuesAndOrderOfInputs) {
    const auto a = base::sha256("a");
    const std::set<base::Sha256Digest> keys = {child_key(a, {}),
                                               child_key(base::sha256("b"), {}),
                                               child_key(a, {{"x", "1"}}),
                                               child_key(a, {{"x", "2"}}),
                                               child_key(a, {{"y", "1"}}),
                                               child_key(a, {{"x", "1"}, {"y", "1"}}),
                                               child_key(a, {{"y", "1"}, {"x", "1"}})};
    EXPECT_EQ(keys.size(), 7U);
}

// What is moved over the border between two parts makes another key.
TEST(LayerKey, KnowsWhereOnePartEndsAndTheNextBegins) {
    const auto parent = base::sha256("a");
    EXPECT_NE(child_key(parent, {{"x", "12"}, {"y", ""}}),
              child_key(parent, {{"x", "1"}, {"2y", ""}}));
    EXPECT_NE(child_key(parent, {{"x", "1"}}), child_key(parent, {{"x1", ""}}));
    EXPECT_NE(child_key(parent, {{"x", "1:y1:2"}}), child_key(parent, {{"x", "1"}, {"y", "2"}}));
}

}  // namespace
}  // namespace ingot::build
