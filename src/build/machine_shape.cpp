// SPDX-License-Identifier: Apache-2.0
#include "build/machine_shape.h"

#include "base/error.h"
#include "vm/vm_sizes.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace ingot::build {

HostSize this_host() {
    const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
    const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
    return {static_cast<int>(std::max(1U, std::thread::hardware_concurrency())),
            base::ByteCount(pages * page_size)};
}

MachineShape machine_shape(const std::string& vm_size, const HostSize& host) {
    // A guest may have at most half of the host: others live there too.
    const auto most_memory =
        std::max(base::ByteCount::mib(512), base::ByteCount::mib(host.memory.whole_mib() / 2));
    if (vm_size.empty()) {
        return {std::min(host.cores, 4), std::min(base::ByteCount::gib(2), most_memory)};
    }
    const auto size = vm::find_vm_size(vm_size);
    if (!size) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "UnknownVmSize",
                          fmt::format("vmProfile.vmSize: {} is no known VM size; sizes spelled "
                                      "alike: {}",
                                      vm_size,
                                      fmt::join(vm::nearest_vm_sizes(vm_size), ", ")),
                          vm_size);
    }
    return {std::min(size->vcpus, host.cores), std::min(size->memory, most_memory)};
}

}  // namespace ingot::build
