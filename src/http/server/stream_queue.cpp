// SPDX-License-Identifier: Apache-2.0
#include "http/server/stream_queue.h"

#include <utility>

namespace ingot::http {

StreamQueue::StreamQueue(std::size_t limit, std::function<void()> ring)
    : limit_(limit), ring_(std::move(ring)) {}

WriteResult StreamQueue::write(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
        return WriteResult::Gone;
    }
    if (!pending_.empty() && pending_.size() + bytes.size() > limit_) {
        refused_ = true;
        return WriteResult::Full;
    }
    pending_ += bytes;
    wake();
    return WriteResult::Queued;
}

void StreamQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    wake();
}

void StreamQueue::wake() {
    if (has_news() && std::exchange(asleep_, false)) {
        ring_();
    }
}

bool StreamQueue::is_open() const {
    const std::lock_guard lock(mutex_);
    return !closed_;
}

void StreamQueue::on_gone(std::function<void()> callback) {
    {
        const std::lock_guard lock(mutex_);
        if (!gone_) {
            on_gone_ = std::move(callback);
            return;
        }
    }
    callback();
}

void StreamQueue::on_drained(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    on_drained_ = std::move(callback);
}

StreamQueue::Taken StreamQueue::take() {
    const std::lock_guard lock(mutex_);
    told_last_ = closed_;
    return {.bytes = std::exchange(pending_, {}), .last = closed_};
}

bool StreamQueue::sleep_if_empty(const std::function<void()>& park) {
    const std::lock_guard lock(mutex_);
    if (has_news()) {
        return false;
    }
    asleep_ = true;
    park();
    return true;
}

void StreamQueue::drained() {
    std::function<void()> callback;
    {
        const std::lock_guard lock(mutex_);
        if (closed_ || !pending_.empty() || !std::exchange(refused_, false)) {
            return;
        }
        callback = on_drained_;
    }
    if (callback) {
        callback();
    }
}

void StreamQueue::end(bool flush) {
    std::function<void()> callback;
    {
        const std::lock_guard lock(mutex_);
        if (!flush) {
            pending_.clear();
        }
        // Whoever holds a writer must not keep what the callbacks hold alive.
        on_drained_ = nullptr;
        auto told = std::exchange(on_gone_, nullptr);
        if (std::exchange(closed_, true)) {
            return;
        }
        gone_ = true;
        callback = std::move(told);
    }
    if (callback) {
        callback();
    }
}

StreamWriter::StreamWriter(std::shared_ptr<StreamQueue> queue) : queue_(std::move(queue)) {}

WriteResult StreamWriter::write(std::string_view bytes) const {
    return queue_->write(bytes);
}

void StreamWriter::close() const {
    queue_->close();
}

bool StreamWriter::is_open() const {
    return queue_->is_open();
}

void StreamWriter::on_gone(std::function<void()> callback) const {
    queue_->on_gone(std::move(callback));
}

void StreamWriter::on_drained(std::function<void()> callback) const {
    queue_->on_drained(std::move(callback));
}

}  // namespace ingot::http
