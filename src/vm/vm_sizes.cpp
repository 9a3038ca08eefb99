// SPDX-License-Identifier: Apache-2.0
// The numbers are those of Azure's public documentation ("Sizes for virtual machines in Azure") for
// the general purpose, compute and memory optimised x86-64 series.
#include "vm/vm_sizes.h"

#include "base/ascii.h"
#include "base/edit_distance.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ingot::vm {
namespace {

using base::ByteCount;

struct OddSize {
    const char* name;
    int vcpus;
    std::uint64_t mib;
};

// clang-format off: tables
constexpr OddSize kOddSizes[] = {
    {"B1ls", 1, 512},        {"B1s", 1, 1024},        {"B1ms", 1, 2048},
    {"B2s", 2, 4096},        {"B2ms", 2, 8192},       {"B4ms", 4, 16384},
    {"B8ms", 8, 32768},      {"B12ms", 12, 49152},    {"B16ms", 16, 65536},
    {"B20ms", 20, 81920},    {"B2ts_v2", 2, 1024},    {"B2ats_v2", 2, 1024},
    {"A2m_v2", 2, 16384},    {"A4m_v2", 4, 32768},    {"A8m_v2", 8, 65536},
    {"E64_v3", 64, 442368},  {"E64s_v3", 64, 442368}, {"E64_v4", 64, 516096},
    {"E64s_v4", 64, 516096}, {"E64d_v4", 64, 516096}, {"E64ds_v4", 64, 516096},
    {"D1_v2", 1, 3584},      {"D2_v2", 2, 7168},      {"D3_v2", 4, 14336},
    {"D4_v2", 8, 28672},     {"D5_v2", 16, 57344},    {"D11_v2", 2, 14336},
    {"D12_v2", 4, 28672},    {"D13_v2", 8, 57344},    {"D14_v2", 16, 114688},
    {"D15_v2", 20, 143360},  {"DS1_v2", 1, 3584},     {"DS2_v2", 2, 7168},
    {"DS3_v2", 4, 14336},    {"DS4_v2", 8, 28672},    {"DS5_v2", 16, 57344},
    {"DS11_v2", 2, 14336},   {"DS12_v2", 4, 28672},   {"DS13_v2", 8, 57344},
    {"DS14_v2", 16, 114688}, {"DS15_v2", 20, 143360},
};

// Sizes whose memory is in proportion to their vCPUs: <family><vcpus><feature>_<version>.
struct Series {
    const char* family;
    const char* suffix;
    std::uint64_t gib_per_vcpu;
    int most_vcpus;
};

constexpr int kVcpuSteps[] = {1, 2, 4, 8, 16, 20, 32, 48, 64, 72, 96, 128};

constexpr Series kSeries[] = {
    {"A", "_v2", 2, 8},     {"B", "ls_v2", 2, 32},   {"B", "s_v2", 4, 32},
    {"B", "als_v2", 2, 32}, {"B", "as_v2", 4, 32},   {"D", "_v3", 4, 64},
    {"D", "s_v3", 4, 64},   {"D", "_v4", 4, 64},     {"D", "s_v4", 4, 64},
    {"D", "d_v4", 4, 64},   {"D", "ds_v4", 4, 64},   {"D", "a_v4", 4, 96},
    {"D", "as_v4", 4, 96},  {"D", "_v5", 4, 96},     {"D", "s_v5", 4, 96},
    {"D", "d_v5", 4, 96},   {"D", "ds_v5", 4, 96},   {"D", "as_v5", 4, 96},
    {"D", "ads_v5", 4, 96}, {"D", "ls_v5", 2, 96},   {"D", "lds_v5", 2, 96},
    {"D", "s_v6", 4, 128},  {"D", "ds_v6", 4, 128},  {"D", "as_v6", 4, 96},
    {"D", "ads_v6", 4, 96}, {"D", "ls_v6", 2, 128},  {"D", "lds_v6", 2, 128},
    {"D", "als_v6", 2, 96}, {"D", "alds_v6", 2, 96}, {"E", "_v3", 8, 48},
    {"E", "s_v3", 8, 48},   {"E", "_v4", 8, 48},     {"E", "s_v4", 8, 48},
    {"E", "d_v4", 8, 48},   {"E", "ds_v4", 8, 48},   {"E", "a_v4", 8, 48},
    {"E", "as_v4", 8, 48},  {"E", "_v5", 8, 64},     {"E", "s_v5", 8, 64},
    {"E", "d_v5", 8, 64},   {"E", "ds_v5", 8, 64},   {"E", "as_v5", 8, 64},
    {"E", "ads_v5", 8, 64}, {"E", "s_v6", 8, 64},    {"E", "ds_v6", 8, 64},
    {"E", "as_v6", 8, 64},  {"E", "ads_v6", 8, 64},  {"F", "", 2, 16},
    {"F", "s", 2, 16},      {"F", "s_v2", 2, 72},
};

// clang-format on

// Which of the steps a series has: only A and the first F begin at one, only E has 20, only the
// second F has 72.
bool has_step(const Series& series, int vcpus) {
    const std::string_view family = series.family;
    const std::string_view suffix = series.suffix;
    switch (vcpus) {
        case 1:
            return family == "A" || (family == "F" && suffix != "s_v2");
        case 20:
            return family == "E";
        case 72:
            return family == "F";
        default:
            return vcpus <= series.most_vcpus;
    }
}

std::vector<VmSize> all_sizes() {
    std::vector<VmSize> sizes;
    for (const auto& odd : kOddSizes) {
        sizes.push_back({fmt::format("Standard_{}", odd.name), odd.vcpus, ByteCount::mib(odd.mib)});
    }
    for (const auto& series : kSeries) {
        for (const int vcpus : kVcpuSteps) {
            if (vcpus <= series.most_vcpus && has_step(series, vcpus)) {
                sizes.push_back(
                    {fmt::format("Standard_{}{}{}", series.family, vcpus, series.suffix),
                     vcpus,
                     ByteCount::gib(series.gib_per_vcpu * static_cast<std::uint64_t>(vcpus))});
            }
        }
    }
    return sizes;
}

}  // namespace

std::optional<VmSize> find_vm_size(std::string_view name) {
    for (auto& size : all_sizes()) {
        if (base::equal_ignoring_case(size.name, name)) {
            return std::move(size);
        }
    }
    return std::nullopt;
}

std::vector<std::string> nearest_vm_sizes(std::string_view name) {
    constexpr std::ptrdiff_t kMost = 3;
    constexpr std::size_t kLongestName = 64;  // of what somebody may have typed
    const auto wanted = base::to_lower(name.substr(0, kLongestName));
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const auto& size : all_sizes()) {
        ranked.emplace_back(base::edit_distance(base::to_lower(size.name), wanted), size.name);
    }
    std::partial_sort(ranked.begin(), ranked.begin() + kMost, ranked.end());
    std::vector<std::string> names;
    std::transform(
        ranked.begin(), ranked.begin() + kMost, std::back_inserter(names), [](auto& entry) {
            return std::move(entry.second);
        });
    return names;
}

}  // namespace ingot::vm
