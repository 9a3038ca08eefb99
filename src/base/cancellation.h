// SPDX-License-Identifier: Apache-2.0
// A scope of work that can be told to stop, with a cause. Scopes form a tree: cancelling one
// cancels its children, and the effective deadline is the earliest up the tree. A Cancellation is
// wakeable: every wait in os/ listens on token(), so nothing polls and nothing sleeps through a
// cancel. It is not an error path: `Cancelled` is no `Error`, so `catch (const Error&)` cannot
// swallow it. Copies share the scope; all functions may be called from any thread.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace ingot::base {

enum class CancelCause {
    User,        // a person asked (Ctrl-C, cancel)
    Timeout,     // a deadline passed
    ParentGone,  // the process that wanted the result has died
    Shutdown,    // the host or service is going down
};

[[nodiscard]] std::string to_string(CancelCause cause);

class Cancelled : public std::exception {
  public:
    explicit Cancelled(CancelCause cause);

    [[nodiscard]] CancelCause cause() const noexcept { return cause_; }

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

  private:
    CancelCause cause_;
    std::string message_;
};

class Cancellation {
  public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    // A root scope: nothing cancels it but cancel().
    Cancellation();

    [[nodiscard]] Cancellation child() const;
    [[nodiscard]] Cancellation child(std::chrono::nanoseconds timeout) const;

    // The first cause wins; later calls change nothing.
    void cancel(CancelCause cause) const;

    // Empty while the scope may go on. A deadline that has passed counts as cancelled.
    [[nodiscard]] std::optional<CancelCause> cause() const;
    [[nodiscard]] std::optional<SteadyTime> deadline() const;
    [[nodiscard]] std::stop_token token() const;

    // Throws Cancelled.
    void throw_if_cancelled() const;

  private:
    struct Scope;
    explicit Cancellation(std::shared_ptr<Scope> scope);
    static std::shared_ptr<Scope> scope_under(const std::shared_ptr<Scope>& parent);

    std::shared_ptr<Scope> scope_;
};

}  // namespace ingot::base
