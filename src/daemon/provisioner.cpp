// SPDX-License-Identifier: Apache-2.0
#include "daemon/provisioner.h"

#include "base/error.h"
#include "daemon/log.h"

#include <exception>

namespace ingot::daemon {
namespace {

// They mostly wait for other hosts; one that is slow must not hold up the rest.
constexpr int kThreads = 16;

}  // namespace

Provisioner::Provisioner(const providers::Services& services, const providers::TemplateLife& life)
    : provisioning_(services, life) {
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

// Empty when it is time to stop.
std::string Provisioner::next() {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) {
        return {};
    }
    auto id = std::move(waiting_.front());
    waiting_.pop_front();
    return id;
}

void Provisioner::serve() {
    for (auto id = next(); !id.empty(); id = next()) {
        try {
            provisioning_.carry_out(id, stop_);
        } catch (const base::Error& error) {
            // Not the template's fault: the operation stays open for the next start.
            log(Level::Error, "provisioning", error.message(), {{"operation", id}});
        } catch (const base::Cancelled&) {
            return;
        } catch (const std::exception& bug) {
            log(Level::Error, "bug", bug.what(), {{"operation", id}});
        }
    }
}

}  // namespace ingot::daemon
