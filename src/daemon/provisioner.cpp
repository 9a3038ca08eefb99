// SPDX-License-Identifier: Apache-2.0
#include "daemon/provisioner.h"

#include "base/error.h"
#include "daemon/log.h"

#include <exception>

namespace ingot::daemon {
namespace {

// So many work at a time, since clients that wait for answers need the processors more; the other
// threads are for those that wait for a host that is slow.
constexpr int kWorking = 4;
constexpr int kThreads = 16;

}  // namespace

Provisioner::Provisioner(const providers::Services& services, const providers::TemplateLife& life)
    : life_(life), provisioning_(services, life_) {
    life_.aside = [this](const std::function<void()>& wait) { stand_aside(wait); };
    for (const auto& operation : services.resources.open_operations()) {
        waiting_.push_back(operation.id);
    }
    for (int i = 0; i < kThreads; ++i) {
        threads_.emplace_back([this] { serve(); });
    }
}

Provisioner::~Provisioner() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_.cancel(base::CancelCause::User);
    news_.notify_all();
}

void Provisioner::add(const std::string& operation_id) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(operation_id);
    }
    news_.notify_one();
}

void Provisioner::count_working(int change) {
    {
        const std::lock_guard lock(mutex_);
        working_ += change;
    }
    news_.notify_one();
}

void Provisioner::stand_aside(const std::function<void()>& wait) {
    count_working(-1);
    try {
        wait();
    } catch (...) {
        count_working(1);
        throw;
    }
    count_working(1);
}

// Empty when it is time to stop. Whoever gets one counts as working.
std::string Provisioner::next() {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return stopping_ || (!waiting_.empty() && working_ < kWorking); });
    if (stopping_) {
        return {};
    }
    ++working_;
    auto id = std::move(waiting_.front());
    waiting_.pop_front();
    return id;
}

void Provisioner::serve() {
    for (auto id = next(); !id.empty(); id = next()) {
        carry_out(id);
        count_working(-1);
    }
}

void Provisioner::carry_out(const std::string& operation_id) {
    try {
        provisioning_.carry_out(operation_id, stop_);
    } catch (const base::Error& error) {
        // Not the template's fault: the operation stays open for the next start.
        log(Level::Error, "provisioning", error.message(), {{"operation", operation_id}});
    } catch (const base::Cancelled&) {
        // The service stops, which next() says, too.
    } catch (const std::exception& bug) {
        log(Level::Error, "bug", bug.what(), {{"operation", operation_id}});
    }
}

}  // namespace ingot::daemon
