// SPDX-License-Identifier: Apache-2.0
// The monitor's conversations behind Machine::seal and a machine that resumes. Private to
// machine.cpp; the order in which they make sense is decided there.
#pragma once

#include "base/cancellation.h"
#include "os/fd.h"
#include "os/files.h"
#include "vm/machine_spec.h"
#include "vm/qmp_client.h"

namespace ingot::vm {

// Puts the overlay above the first disk's nodes. `nth` counts from 0 in one machine's life.
void put_on_top(QmpClient& qmp,
                int nth,
                const os::Path& overlay,
                const base::Cancellation& cancellation);

// Both with memory left out, which is a file of ours. The machine is stopped. Throw
// Error{Internal, "MigrationFailed"}.
void save_devices(QmpClient& qmp, const os::Fd& file, const base::Cancellation& cancellation);
void load_devices(QmpClient& qmp, const os::Fd& file, const base::Cancellation& cancellation);

// What is behind the network card goes, and comes back anew: a state that was saved with it could
// be loaded only with one of its kind.
void take_uplink_away(QmpClient& qmp, const base::Cancellation& cancellation);
void bring_uplink_back(QmpClient& qmp,
                       const MachineSpec& spec,
                       const base::Cancellation& cancellation);

}  // namespace ingot::vm
