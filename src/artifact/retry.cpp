// SPDX-License-Identifier: Apache-2.0
#include "artifact/retry.h"

#include "os/wait.h"

#include <algorithm>

namespace ingot::artifact {

Retries::Retries(const RetryPolicy& policy) : policy_(policy), pause_(policy.first_pause) {}

bool Retries::another(const base::Cancellation& cancellation) {
    ++made_;
    if (made_ >= policy_.attempts) {
        return false;
    }
    os::pause_for(pause_, cancellation);
    pause_ = std::min(pause_ * 2, policy_.longest_pause);
    return true;
}

void Retries::start_over() {
    made_ = 0;
    pause_ = policy_.first_pause;
}

}  // namespace ingot::artifact
