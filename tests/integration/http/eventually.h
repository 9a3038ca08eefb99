// SPDX-License-Identifier: Apache-2.0
// For what a test can see only by looking: whether it becomes true within ten seconds. Where there
// is an event to wait for, wait for the event.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace ingot::test_support {

inline bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace ingot::test_support
