// SPDX-License-Identifier: Apache-2.0
#include "os/files.h"
#include "vm/accelerator.h"
#include "vm/boot_proof_initrd.h"
#include "vm/console_log.h"
#include "vm/outbound_network.h"
#include "vm/vm_sizes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::vm {
namespace {

using base::ByteCount;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(VmSizes, KnowsTheCommonSizes) {
    struct Case {
        const char* name;
        int vcpus;
        std::uint64_t mib;
    };

    // From Azure's documentation, one or two of each series.
    for (const auto& [name, vcpus, mib] :
         {Case{"Standard_B1s", 1, 1024},      {"Standard_B1ms", 1, 2048},
          {"Standard_B2s", 2, 4096},          {"Standard_B4ms", 4, 16384},
          {"Standard_B2als_v2", 2, 4096},     {"Standard_B16as_v2", 16, 65536},
          {"Standard_A1_v2", 1, 2048},        {"Standard_A8m_v2", 8, 65536},
          {"Standard_D1_v2", 1, 3584},        {"Standard_DS2_v2", 2, 7168},
          {"Standard_D2s_v3", 2, 8192},       {"Standard_D2ds_v4", 2, 8192},
          {"Standard_D96ads_v5", 96, 393216}, {"Standard_D4ls_v5", 4, 8192},
          {"Standard_D2s_v6", 2, 8192},       {"Standard_E20s_v3", 20, 163840},
          {"Standard_E64s_v3", 64, 442368},   {"Standard_E4ds_v5", 4, 32768},
          {"Standard_F1", 1, 2048},           {"Standard_F72s_v2", 72, 147456}}) {
        const auto size = find_vm_size(name);
        ASSERT_TRUE(size) << name;
        EXPECT_EQ(size->vcpus, vcpus) << name;
        EXPECT_EQ(size->memory, ByteCount::mib(mib)) << name;
    }
}

TEST(VmSizes, KnowsItsDefaults) {
    EXPECT_TRUE(find_vm_size(kDefaultVmSizeV1));
    EXPECT_TRUE(find_vm_size(kDefaultVmSizeV2));
}

TEST(VmSizes, IgnoresCaseAndAnswersInAzuresSpelling) {
    EXPECT_EQ(find_vm_size("STANDARD_d2S_V3")->name, "Standard_D2s_v3");
}

TEST(VmSizes, KnowsNoSizeThatDoesNotExist) {
    for (const char* name : {"",
                             "Standard_D1s_v3",
                             "Standard_D20s_v3",
                             "Standard_F72s",
                             "Standard_A16_v2",
                             "Standard_D2s_v7",
                             "D2s_v3",
                             "Standard_E72s_v3"}) {
        EXPECT_FALSE(find_vm_size(name)) << name;
    }
}

TEST(VmSizes, SuggestsTheNearestNames) {
    EXPECT_THAT(nearest_vm_sizes("Standard_D2sv3"), testing::Contains("Standard_D2s_v3"));
    EXPECT_EQ(nearest_vm_sizes(std::string(100000, 'x')).size(), 3U);
}

TEST(AcceleratorMemory, HoldsForTheSameHostOnly) {
    const auto scratch = os::ScratchFolder::temporary();
    const auto folder = scratch.path() / "cache";
    EXPECT_FALSE(recall_accelerator(folder, "host A"));
    remember_accelerator(folder, "host A", {Accelerator::Kvm, "proved"});
    const auto known = recall_accelerator(folder, "host A");
    ASSERT_TRUE(known);
    EXPECT_EQ(known->accelerator, Accelerator::Kvm);
    EXPECT_EQ(known->explanation, "proved");
    EXPECT_FALSE(recall_accelerator(folder, "host A with another kernel"));
}

TEST(AcceleratorMemory, TakesABrokenFileForNone) {
    const auto scratch = os::ScratchFolder::temporary();
    for (const char* text : {"", "{", "[]", "7", "{\"host\": 7, \"accelerator\": \"kvm\"}"}) {
        os::replace_file(scratch.path() / "accelerator.json", text);
        EXPECT_FALSE(recall_accelerator(scratch.path(), "host A")) << text;
    }
}

TEST(BootProofInitrd, IsACpioArchiveWithOneProgram) {
    const auto archive = boot_proof_initrd();
    EXPECT_TRUE(archive.starts_with("070701"));
    EXPECT_EQ(archive.substr(110, 5), std::string("init\0", 5));
    EXPECT_EQ(archive.substr(116, 4),
              "\x7f"
              "ELF");
    EXPECT_THAT(archive, HasSubstr(fmt::format("{}\n", kBootProofWord)));
    EXPECT_THAT(archive, HasSubstr("TRAILER!!!"));
    EXPECT_EQ(archive.size() % 4, 0U);
}

TEST(NetworkRules, AllowNamesAndProhibitTheHost) {
    EXPECT_EQ(network_rules({"192.0.2.7"}),
              "rule add pref 100 to 10.83.0.3 ipproto udp dport 53 lookup main\n"
              "rule add pref 100 to 10.83.0.3 ipproto tcp dport 53 lookup main\n"
              "rule add pref 200 to 10.83.0.0/24 prohibit\n"
              "route add prohibit 169.254.0.0/16\n"
              "route add prohibit 168.63.129.16/32\n"
              "route add prohibit 100.100.100.200/32\n"
              "route add prohibit 192.0.2.7/32\n");
}

TEST(LineCutter, JoinsPiecesAndDropsLineEnds) {
    std::vector<std::string> lines;
    LineCutter cutter([&](std::string_view line) { lines.emplace_back(line); });
    cutter.add("one\r\ntw");
    cutter.add("o\n\nthr");
    cutter.add("ee");
    cutter.finish();
    EXPECT_THAT(lines, ElementsAre("one", "two", "", "three"));
}

TEST(LineCutter, HandsALineWithoutEndOnInPieces) {
    std::size_t bytes = 0;
    LineCutter cutter([&](std::string_view line) { bytes += line.size(); });
    for (int i = 0; i < 100; ++i) {
        cutter.add(std::string(1024, 'x'));
    }
    EXPECT_GT(bytes, 60000U);
}

TEST(TextTail, KeepsTheEndOnly) {
    TextTail tail(ByteCount(4));
    for (const char* text : {"one", "two", "three", "four!"}) {
        tail.add(text);
    }
    EXPECT_EQ(tail.text(), "our!");
}

}  // namespace
}  // namespace ingot::vm
