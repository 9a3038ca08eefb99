// SPDX-License-Identifier: Apache-2.0
#include "vm/machine_watch.h"

#include "base/byte_count.h"
#include "base/error.h"
#include "os/wait.h"
#include "vm/console_log.h"

#include <array>
#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace ingot::vm {
namespace {

// With the kernel's time stamp before it, so that a script's echo is not taken for it.
constexpr std::string_view kPanic = "] Kernel panic - not syncing";

// The guest's words may hold anything, such as commands to a terminal.
std::string printable(std::string_view words) {
    std::string text(words);
    std::erase_if(text, [](char c) { return c < ' ' || c > '~'; });
    return text;
}

MachineEnd disk_end(const boost::json::object& data) {
    const auto* no_space = data.if_contains("nospace");
    if (no_space != nullptr && no_space->is_bool() && no_space->as_bool()) {
        return {MachineEndKind::DiskFull,
                "the build disk cannot grow: the host's file system is full or a quota is "
                "reached. Make room and run again"};
    }
    return {MachineEndKind::DiskError,
            fmt::format("the host failed to {} the build disk: {}",
                        text_of(data, "operation"),
                        text_of(data, "reason"))};
}

// Gives `take` some of what can be read now, and makes `stream` -1 at its end. False if there was
// nothing.
template <typename Take>
bool drain(int& stream, Take take) {
    std::array<char, 65536> buffer{};
    const auto got = stream >= 0 ? ::read(stream, buffer.data(), buffer.size()) : 0;
    if (got > 0) {
        take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
        return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        stream = -1;
    }
    return false;
}

}  // namespace

class MachineWatch::Loop {
  public:
    explicit Loop(WatchedMachine machine);

    ~Loop() { stop_.cancel(base::CancelCause::Shutdown); }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    Loop(Loop&&) = delete;
    Loop& operator=(Loop&&) = delete;

    [[nodiscard]] std::optional<MachineEnd> end() const {
        const std::lock_guard lock(mutex_);
        return end_;
    }

    [[nodiscard]] const TextTail& console() const { return console_; }

    [[nodiscard]] const TextTail& errors() const { return errors_; }

    [[nodiscard]] int ended_fd() const { return ended_.read_end.get(); }

    [[nodiscard]] const base::Cancellation& life() const { return life_; }

  private:
    void run();
    bool watch_once();
    bool drain_once();
    bool drain_events();
    void take_console_line(std::string_view line);
    void take_event(const QmpEvent& event);
    void declare_gone();
    void declare(MachineEnd end);

    WatchedMachine machine_;
    LineCutter console_lines_;
    TextTail console_{base::ByteCount::kib(64)};
    TextTail errors_{base::ByteCount::kib(4)};
    // -1 for what is not there or has come to its end.
    int console_fd_;
    int qemu_error_fd_;
    int network_error_fd_ = -1;
    int network_pidfd_ = -1;
    int events_fd_ = machine_.events.fd();
    // What QEMU said about its own coming end; it counts once the process is gone.
    std::optional<MachineEnd> announced_;

    mutable std::mutex mutex_;
    std::optional<MachineEnd> end_;
    os::Pipe ended_ = os::make_pipe();
    base::Cancellation life_;
    base::Cancellation stop_;
    std::jthread thread_;  // last: it uses all of the above
};

MachineWatch::Loop::Loop(WatchedMachine machine)
    : machine_(std::move(machine)),
      console_lines_([this](std::string_view line) { take_console_line(line); }),
      console_fd_(machine_.console.get()),
      qemu_error_fd_(machine_.qemu->standard_error().get()) {
    if (machine_.network != nullptr) {
        network_error_fd_ = machine_.network->standard_error().get();
        network_pidfd_ = machine_.network->pidfd();
    }
    for (const int stream : {console_fd_, qemu_error_fd_, network_error_fd_}) {
        if (stream >= 0) {
            os::set_nonblocking(stream);
        }
    }
    thread_ = std::jthread([this] { run(); });
}

void MachineWatch::Loop::run() {
    try {
        while (watch_once()) {
        }
    } catch (const base::Cancelled&) {
        // Nobody watches any more.
    } catch (const base::Error& error) {
        declare({MachineEndKind::Died, error.message()});
    }
}

// False once QEMU is gone.
bool MachineWatch::Loop::watch_once() {
    std::array<pollfd, 6> fds = {
        pollfd{console_fd_, POLLIN, 0},
        pollfd{qemu_error_fd_, POLLIN, 0},
        pollfd{network_error_fd_, POLLIN, 0},
        pollfd{events_fd_, POLLIN, 0},
        pollfd{machine_.qemu->pidfd(), POLLIN, 0},
        pollfd{network_pidfd_, POLLIN, 0},
    };
    [[maybe_unused]] const bool event = os::wait_for_any(fds, stop_);
    drain_once();
    if (fds[4].revents != 0) {
        while (drain_once()) {  // its last words
        }
        console_lines_.finish();
        declare_gone();
        return false;
    }
    if (fds[5].revents != 0) {
        network_pidfd_ = -1;
        declare({MachineEndKind::Died,
                 "slirp4netns, the machine's network, ended unexpectedly\n" + errors_.text()});
    }
    return true;
}

bool MachineWatch::Loop::drain_once() {
    bool any = drain(console_fd_, [this](std::string_view bytes) {
        console_.add(bytes);
        console_lines_.add(bytes);
    });
    for (int* stream : {&qemu_error_fd_, &network_error_fd_}) {
        any |= drain(*stream, [this](std::string_view bytes) { errors_.add(bytes); });
    }
    return drain_events() || any;
}

bool MachineWatch::Loop::drain_events() {
    if (events_fd_ < 0) {
        return false;
    }
    try {
        const auto event = machine_.events.poll_event();
        if (event) {
            take_event(*event);
        }
        return event.has_value();
    } catch (const base::Error& error) {
        events_fd_ = -1;  // QEMU is going, which the pidfd tells
        if (error.kind() == base::ErrorKind::Corrupt) {
            declare({MachineEndKind::Died, error.message()});
        }
        return false;
    }
}

void MachineWatch::Loop::take_console_line(std::string_view line) {
    if (machine_.on_console_line) {
        machine_.on_console_line(line);
    }
    // Not every guest has a driver for the panic device, so its last words count as well.
    if (line.find(kPanic) != std::string_view::npos) {
        declare({MachineEndKind::Panicked, "the guest's kernel panicked: " + printable(line)});
    }
}

void MachineWatch::Loop::take_event(const QmpEvent& event) {
    if (event.name == "GUEST_PANICKED") {
        declare({MachineEndKind::Panicked, "the guest's kernel panicked"});
    } else if (event.name == "BLOCK_IO_ERROR" && text_of(event.data, "action") == "stop") {
        declare(disk_end(event.data));
    } else if (event.name == "SHUTDOWN") {
        const auto reason = text_of(event.data, "reason");
        if (reason == "guest-shutdown") {
            announced_ = {MachineEndKind::ShutDown, "the guest shut down"};
        } else if (reason == "guest-reset") {
            announced_ = {MachineEndKind::Reset, "the guest rebooted"};
        } else {
            announced_ = {MachineEndKind::Died, "QEMU was told to stop (" + reason + ")"};
        }
    }
}

void MachineWatch::Loop::declare_gone() {
    if (announced_) {
        declare(*announced_);
        return;
    }
    const auto status = os::peek_exit_status(machine_.qemu->pidfd());
    declare({MachineEndKind::Died,
             fmt::format("QEMU ended unexpectedly ({})\n{}",
                         status ? os::to_string(*status) : "by our own hand",
                         errors_.text())});
}

// The first end is the cause; what follows is its consequence.
void MachineWatch::Loop::declare(MachineEnd end) {
    {
        const std::lock_guard lock(mutex_);
        if (end_) {
            return;
        }
        end_ = std::move(end);
    }
    ended_.write_end.reset();
    life_.cancel(base::CancelCause::ParentGone);
}

MachineWatch::MachineWatch(WatchedMachine machine)
    : loop_(std::make_unique<Loop>(std::move(machine))) {}

MachineWatch::~MachineWatch() = default;

std::optional<MachineEnd> MachineWatch::end() const {
    return loop_->end();
}

int MachineWatch::ended_fd() const {
    return loop_->ended_fd();
}

const base::Cancellation& MachineWatch::life() const {
    return loop_->life();
}

std::string MachineWatch::console_tail() const {
    return loop_->console().text();
}

std::string MachineWatch::errors() const {
    return loop_->errors().text();
}

}  // namespace ingot::vm
