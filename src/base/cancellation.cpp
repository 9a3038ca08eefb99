// SPDX-License-Identifier: Apache-2.0
#include "base/cancellation.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

namespace ingot::base {
namespace {

constexpr int kNotCancelled = -1;

}  // namespace

struct Cancellation::Scope {
    std::stop_source stop;
    std::atomic<int> cause{kNotCancelled};
    std::optional<SteadyTime> deadline;
    std::shared_ptr<Scope> parent;
    // Declared last: it must be gone before what it touches.
    std::optional<std::stop_callback<std::function<void()>>> on_parent;

    void cancel(CancelCause why) {
        int expected = kNotCancelled;
        if (cause.compare_exchange_strong(expected, static_cast<int>(why))) {
            stop.request_stop();
        }
    }
};

std::string to_string(CancelCause cause) {
    switch (cause) {
        case CancelCause::User:
            return "canceled by the user";
        case CancelCause::Timeout:
            return "the time limit was reached";
        case CancelCause::ParentGone:
            return "the process that waited for the result is gone";
        case CancelCause::Shutdown:
            return "the service is shutting down";
    }
    return "canceled";
}

Cancelled::Cancelled(CancelCause cause) : cause_(cause), message_(to_string(cause)) {}

Cancellation::Cancellation() : scope_(std::make_shared<Scope>()) {}

Cancellation::Cancellation(std::shared_ptr<Scope> scope) : scope_(std::move(scope)) {}

std::shared_ptr<Cancellation::Scope> Cancellation::scope_under(
    const std::shared_ptr<Scope>& parent) {
    auto scope = std::make_shared<Scope>();
    scope->parent = parent;
    scope->deadline = parent->deadline;
    Scope* const child = scope.get();
    Scope* const up = parent.get();
    scope->on_parent.emplace(parent->stop.get_token(), [child, up] {
        child->cancel(static_cast<CancelCause>(up->cause.load()));
    });
    return scope;
}

Cancellation Cancellation::child() const {
    return Cancellation(scope_under(scope_));
}

Cancellation Cancellation::child(std::chrono::nanoseconds timeout) const {
    auto scope = scope_under(scope_);
    const auto own = std::chrono::steady_clock::now() + timeout;
    scope->deadline = scope->deadline ? std::min(*scope->deadline, own) : own;
    return Cancellation(std::move(scope));
}

void Cancellation::cancel(CancelCause cause) const {
    scope_->cancel(cause);
}

std::optional<CancelCause> Cancellation::cause() const {
    if (scope_->deadline && std::chrono::steady_clock::now() >= *scope_->deadline) {
        scope_->cancel(CancelCause::Timeout);
    }
    const int cause = scope_->cause.load();
    if (cause == kNotCancelled) {
        return std::nullopt;
    }
    return static_cast<CancelCause>(cause);
}

std::optional<Cancellation::SteadyTime> Cancellation::deadline() const {
    return scope_->deadline;
}

std::stop_token Cancellation::token() const {
    return scope_->stop.get_token();
}

void Cancellation::throw_if_cancelled() const {
    if (const auto why = cause()) {
        throw Cancelled(*why);
    }
}

}  // namespace ingot::base
