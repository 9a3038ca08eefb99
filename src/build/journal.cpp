// SPDX-License-Identifier: Apache-2.0
#include "build/journal.h"

#include "base/error.h"

#include <chrono>
#include <utility>

namespace ingot::build {
namespace {

// How long a line of output may wait for company. Short enough to look immediate to a person, long
// enough that a chatty package manager costs 20 commits a second, not thousands.
constexpr auto kBatchDelay = std::chrono::milliseconds(50);
constexpr std::size_t kBatchSize = 256;

// What a terminal would show of a line that progress bars overwrote: what follows the last carriage
// return that something follows.
std::string_view as_shown(std::string_view line) {
    while (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    const auto overwritten = line.rfind('\r');
    return overwritten == std::string_view::npos ? line : line.substr(overwritten + 1);
}

// SQL text and JSON want UTF-8; guests print what they like.
std::string printable(std::string_view line) {
    std::string text;
    text.reserve(line.size());
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 || c == '\t' || c == '\x1b') {
            text += c;
        }
    }
    return text;
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t sequence_length(char c) {
    const auto lead = static_cast<unsigned char>(c);
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return 3;
    }
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

std::string valid_utf8(const std::string& text) {
    std::string valid;
    valid.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t length = sequence_length(text[i]);
        for (std::size_t k = 1; k < length; ++k) {
            if (i + k >= text.size() || !is_continuation(text[i + k])) {
                length = 0;
            }
        }
        valid += length == 0 ? std::string("?") : text.substr(i, length);
        i += length == 0 ? 1 : length;
    }
    return valid;
}

}  // namespace

Journal::Journal(RunRepository& repository, std::string run_id, std::function<void()> on_commit)
    : repository_(repository),
      run_id_(std::move(run_id)),
      on_commit_(std::move(on_commit)),
      writer_([this](const std::stop_token& stop) { write_in_background(stop); }) {}

Journal::~Journal() {
    writer_.request_stop();
    writer_.join();
    try {
        flush();
    } catch (const base::Error&) {  // NOLINT(bugprone-empty-catch): see the header
    }
}

void Journal::start_step(const std::string& step, const std::string& title) {
    add({.kind = EventKind::StepStarted, .step = step, .title = title});
}

void Journal::finish_step(const std::string& step,
                          bool succeeded,
                          const std::string& cause,
                          std::optional<int> exit_code) {
    add({.kind = EventKind::StepFinished,
         .step = step,
         .text = cause,
         .exit_code = exit_code,
         .succeeded = succeeded});
    flush();
}

void Journal::output(const std::string& step, OutputStream stream, std::string_view line) {
    add({.kind = EventKind::Output,
         .step = step,
         .stream = stream,
         .text = valid_utf8(printable(as_shown(line)))});
}

void Journal::note(const std::string& step, const std::string& text) {
    add({.kind = EventKind::Note, .step = step, .text = text});
}

bool Journal::update(const Run& run) {
    bool written = false;
    {
        const std::scoped_lock lock(mutex_);
        write_pending();
        written = repository_.update(run);
    }
    on_commit_();
    return written;
}

void Journal::flush() {
    {
        const std::scoped_lock lock(mutex_);
        write_pending();
    }
    on_commit_();
}

void Journal::add(RunEvent event) {
    event.time = base::now();
    const std::scoped_lock lock(mutex_);
    pending_.push_back(std::move(event));
    something_pending_.notify_one();
}

void Journal::write_pending() {
    if (pending_.empty()) {
        return;
    }
    const auto batch = std::exchange(pending_, {});
    repository_.append(run_id_, batch);
}

void Journal::write_in_background(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (something_pending_.wait(lock, stop, [this] { return !pending_.empty(); })) {
        something_pending_.wait_for(
            lock, stop, kBatchDelay, [this] { return pending_.size() >= kBatchSize; });
        try {
            write_pending();
        } catch (const base::Error&) {
            // A full disk, say. Lines are lost, the run is not: the next step's end is written on
            // the run's own thread, where the error is heard.
            continue;
        }
        lock.unlock();
        on_commit_();
        lock.lock();
    }
}

}  // namespace ingot::build
