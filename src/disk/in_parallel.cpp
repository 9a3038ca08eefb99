// SPDX-License-Identifier: Apache-2.0
#include "disk/in_parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace ingot::disk {
namespace {

class Pieces {
  public:
    Pieces(std::size_t count,
           const std::function<void(std::size_t)>& piece,
           const base::Cancellation& cancellation)
        : count_(count), piece_(piece), cancellation_(cancellation) {}

    [[nodiscard]] std::size_t useful_threads() const {
        const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
        return std::clamp<std::size_t>(count_, 1, cores);
    }

    // Takes pieces until none are left or somebody failed.
    void work() noexcept {
        try {
            for (auto i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) {
                cancellation_.throw_if_cancelled();
                piece_(i);
            }
        } catch (...) {
            const std::lock_guard lock(failure_mutex_);
            failure_ = failure_ ? failure_ : std::current_exception();
            next_ = count_;
        }
    }

    void rethrow_failure() const {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

  private:
    std::size_t count_;
    const std::function<void(std::size_t)>& piece_;
    const base::Cancellation& cancellation_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex failure_mutex_;
    std::exception_ptr failure_;
};

}  // namespace

void in_parallel(std::size_t count,
                 const std::function<void(std::size_t number)>& piece,
                 const base::Cancellation& cancellation) {
    cancellation.throw_if_cancelled();
    Pieces pieces(count, piece, cancellation);
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < pieces.useful_threads(); ++i) {
            others.emplace_back([&pieces] { pieces.work(); });
        }
        pieces.work();
    }
    pieces.rethrow_failure();
}

}  // namespace ingot::disk
