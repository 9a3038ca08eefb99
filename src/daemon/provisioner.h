// SPDX-License-Identifier: Apache-2.0
// Carries out the provisioning of image templates after their PUT was answered, a few at a time.
// What it does is providers/'s knowledge; what an earlier service left undone is done first.
#pragma once

#include "base/cancellation.h"
#include "providers/image_templates/template_provisioning.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ingot::daemon {

class Provisioner {
  public:
    // `services` must outlive this.
    Provisioner(const providers::Services& services, const providers::TemplateLife& life);
    // Gives up what is going on; the next service does it again.
    ~Provisioner();
    Provisioner(const Provisioner&) = delete;
    Provisioner& operator=(const Provisioner&) = delete;

    void add(const std::string& operation_id);

  private:
    void serve();
    void carry_out(const std::string& operation_id);
    std::string next();
    void stand_aside(const std::function<void()>& wait);
    void count_working(int change);

    providers::TemplateLife life_;
    providers::TemplateProvisioning provisioning_;
    base::Cancellation stop_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable news_;
    std::deque<std::string> waiting_;
    int working_ = 0;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace ingot::daemon
