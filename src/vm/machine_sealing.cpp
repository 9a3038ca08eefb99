// SPDX-License-Identifier: Apache-2.0
#include "vm/machine_sealing.h"

#include "base/error.h"
#include "vm/qemu_argv.h"

#include <chrono>

#include <boost/json/array.hpp>
#include <fcntl.h>
#include <fmt/format.h>

namespace ingot::vm {
namespace {

using boost::json::object;

// Descriptors given at the start use their own number as the number of their set.
constexpr int kFirstLaterSet = 1000;
constexpr auto kDevicesWithin = std::chrono::minutes(2);

void give_file(QmpClient& qmp, int set, const os::Fd& file, const base::Cancellation& scope) {
    qmp.execute_with_fd("add-fd", {{"fdset-id", set}}, file.get(), scope);
}

std::string top_node(int nth) {
    return nth == 0 ? "disk0-0" : fmt::format("disk0-top{}", nth);
}

void set_capabilities(QmpClient& qmp, const base::Cancellation& scope) {
    boost::json::array wanted;
    for (const char* name : {"x-ignore-shared", "events"}) {
        wanted.push_back(object{{"capability", name}, {"state", true}});
    }
    qmp.execute("migrate-set-capabilities", {{"capabilities", wanted}}, scope);
}

[[noreturn]] void throw_migration_failed(const std::string& what) {
    throw base::Error(base::ErrorKind::Internal, "MigrationFailed", what, "qemu");
}

void wait_until_migrated(QmpClient& qmp, const base::Cancellation& cancellation) {
    const auto scope = cancellation.child(kDevicesWithin);
    while (true) {
        const auto event = qmp.next_event(scope);
        if (event.name != "MIGRATION") {
            continue;
        }
        const auto status = std::string(event.data.at("status").as_string());
        if (status == "completed") {
            return;
        }
        if (status == "failed" || status == "cancelled") {
            throw_migration_failed(
                fmt::format("QEMU could not move the state of the VM's devices ({})", status));
        }
    }
}

void forget_events(QmpClient& qmp) {
    while (qmp.poll_event()) {
    }
}

}  // namespace

void put_on_top(QmpClient& qmp,
                int nth,
                const os::Path& overlay,
                const base::Cancellation& cancellation) {
    const int set = kFirstLaterSet + nth;
    give_file(qmp, set, os::open_file(overlay, O_RDWR), cancellation);
    give_file(qmp, set, os::open_file(overlay, O_RDONLY), cancellation);
    const object cache{{"direct", false}, {"no-flush", true}};
    qmp.execute("blockdev-add",
                {{"driver", "qcow2"},
                 {"node-name", top_node(nth + 1)},
                 {"backing", nullptr},
                 {"discard", "unmap"},
                 {"cache", cache},
                 {"file",
                  object{{"driver", "file"},
                         {"filename", fmt::format("/dev/fdset/{}", set)},
                         {"locking", "off"},
                         {"discard", "unmap"},
                         {"cache", cache}}}},
                cancellation);
    qmp.execute("blockdev-snapshot",
                {{"node", top_node(nth)}, {"overlay", top_node(nth + 1)}},
                cancellation);
}

void save_devices(QmpClient& qmp, const os::Fd& file, const base::Cancellation& cancellation) {
    set_capabilities(qmp, cancellation);
    forget_events(qmp);
    qmp.execute_with_fd("getfd", {{"fdname", "state"}}, file.get(), cancellation);
    qmp.execute("migrate", {{"uri", "fd:state"}}, cancellation);
    wait_until_migrated(qmp, cancellation);
}

void load_devices(QmpClient& qmp, const os::Fd& file, const base::Cancellation& cancellation) {
    set_capabilities(qmp, cancellation);
    forget_events(qmp);
    qmp.execute_with_fd("getfd", {{"fdname", "state"}}, file.get(), cancellation);
    qmp.execute("migrate-incoming", {{"uri", "fd:state"}}, cancellation);
    wait_until_migrated(qmp, cancellation);
}

void take_uplink_away(QmpClient& qmp, const base::Cancellation& cancellation) {
    qmp.execute("netdev_del", {{"id", "uplink-port"}}, cancellation);
    qmp.execute("netdev_del", {{"id", "uplink"}}, cancellation);
}

void bring_uplink_back(QmpClient& qmp,
                       const MachineSpec& spec,
                       const base::Cancellation& cancellation) {
    qmp.execute("netdev_add", uplink_netdev(spec), cancellation);
    qmp.execute("netdev_add", uplink_port_netdev(), cancellation);
}

}  // namespace ingot::vm
