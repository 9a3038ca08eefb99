// SPDX-License-Identifier: Apache-2.0
// The agent's end of the port: frames in, frames out, and noticing that the host has gone. What
// the frames ask for is not its job.
#pragma once

#include "guest/agent/descriptor.h"
#include "guest/agent_frames.h"

#include <optional>
#include <string_view>

namespace ingot::guest::agent {

class Port {
  public:
    // A device, or "fd:N" for a descriptor that was inherited. Not usable, and errno, on failure.
    explicit Port(std::string_view name);

    [[nodiscard]] bool usable() const { return static_cast<bool>(fd_); }

    // An inherited stream never comes back once its other end is closed; a virtio port does.
    [[nodiscard]] bool comes_back() const { return !inherited_; }

    // Waits for the next frame. Nothing when the host has hung up; what had come of a frame is
    // forgotten then.
    [[nodiscard]] std::optional<ReceivedFrame> receive();

    // Waits until the host has taken it. False when the host has hung up.
    bool send(Frame type, std::string_view payload);

    // To be polled with no events asked for: POLLHUP says that the host has hung up.
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    [[nodiscard]] bool wait_for(short events) const;
    [[nodiscard]] bool read_more();

    bool inherited_;
    Descriptor fd_;
    FrameReader frames_;
};

}  // namespace ingot::guest::agent
