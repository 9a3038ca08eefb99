// SPDX-License-Identifier: Apache-2.0
// How often a stumbling server is asked again, and how long between. What counts as stumbling is
// http::HttpError::is_transient.
#pragma once

#include "base/cancellation.h"

#include <chrono>

namespace ingot::artifact {

struct RetryPolicy {
    int attempts = 10;
    // Doubles after each attempt, up to `longest_pause`.
    std::chrono::milliseconds first_pause = std::chrono::milliseconds(500);
    std::chrono::milliseconds longest_pause = std::chrono::seconds(15);
};

// Counts the attempts of one request.
class Retries {
  public:
    explicit Retries(const RetryPolicy& policy);

    // To be called after a failed attempt: false if it was the last, else pauses. Throws Cancelled.
    [[nodiscard]] bool another(const base::Cancellation& cancellation);
    // The attempt brought something: the count starts anew.
    void start_over();

    [[nodiscard]] int made() const { return made_; }

  private:
    RetryPolicy policy_;
    int made_ = 0;
    std::chrono::milliseconds pause_;
};

}  // namespace ingot::artifact
