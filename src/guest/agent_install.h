// SPDX-License-Identifier: Apache-2.0
// Puts the guest agent into a running guest and starts it, over a communicator that is there
// already (SSH). Talking to it afterwards is agent_communicator.h's job; giving the machine the
// virtio-serial port agent::kPortName is the machine's.
#pragma once

#include "base/cancellation.h"
#include "guest/communicator.h"

namespace ingot::guest {

// Leaves in the guest's /run/ingot (a tmpfs of its own) the program and the environment of a login
// of the communicator's user (who needs sudo without a password), and the agent running as root,
// independent of this login, waiting at the port. Nothing of it is on the guest's disk. Two round
// trips: an upload and a command. For a guest that has no agent yet.
// Throws Error{GuestFailed, "AgentNotInstalled"} with the guest's words, also when the guest has no
// such port; a cancel may leave an agent that nobody talks to.
void install_agent(Communicator& over_ssh, const base::Cancellation& cancellation);

}  // namespace ingot::guest
