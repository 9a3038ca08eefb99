// SPDX-License-Identifier: Apache-2.0
#include "build/guest_door.h"

#include "base/error.h"
#include "base/json.h"
#include "os/unix_socket.h"
#include "os/wait.h"

#include <filesystem>
#include <list>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <poll.h>

namespace ingot::build {
namespace {

os::Path socket_in(const os::Path& run_folder) {
    return run_folder / "door.sock";
}

os::Path key_in(const os::Path& run_folder) {
    return run_folder / "door.json";
}

// One person's connection: what either side sends goes to the other.
struct Visit {
    os::Fd visitor;
    os::Fd guest;
};

void write_key(const guest::SshIdentity& identity, const os::Path& file) {
    os::replace_file(
        file,
        base::pretty_json(boost::json::object{{"user", identity.user},
                                              {"privateKey", identity.private_key},
                                              {"hostPublicKey", identity.host_public_key}}),
        0600);
}

// False once one side has hung up.
bool pass_on(Visit& visit, const pollfd& visitor, const pollfd& guest) {
    return (visitor.revents == 0 || os::relay(visit.visitor.get(), visit.guest.get())) &&
           (guest.revents == 0 || os::relay(visit.guest.get(), visit.visitor.get()));
}

}  // namespace

void keep_door_open(BuildVm& vm,
                    const os::Path& run_folder,
                    const base::Cancellation& cancellation) {
    const auto access = vm.let_in(cancellation);
    write_key(access.identity, key_in(run_folder));
    const auto door = os::listen_unix(socket_in(run_folder));
    std::list<Visit> visits;
    while (!vm.machine().end()) {
        std::vector<pollfd> fds = {{door.get(), POLLIN, 0}, {access.alive_fd, POLLIN, 0}};
        for (const auto& visit : visits) {
            fds.push_back({visit.visitor.get(), POLLIN, 0});
            fds.push_back({visit.guest.get(), POLLIN, 0});
        }
        [[maybe_unused]] const bool event = os::wait_for_any(fds, cancellation);
        std::size_t at = 2;
        for (auto visit = visits.begin(); visit != visits.end(); at += 2) {
            visit = pass_on(*visit, fds[at], fds[at + 1]) ? std::next(visit) : visits.erase(visit);
        }
        if (fds[0].revents != 0) {
            if (auto visitor = os::accept_unix(door.get())) {
                visits.push_back({std::move(visitor), access.dial(cancellation)});
            }
        }
    }
}

guest::GuestAccess through_door(const os::Path& run_folder) {
    if (!std::filesystem::exists(socket_in(run_folder))) {
        throw base::Error(base::ErrorKind::NotFound,
                          "NoOpenDoor",
                          "this run keeps no VM (start the build with --keep-vm-on-error)");
    }
    const auto key = base::parse_own_json(os::read_file(key_in(run_folder)), "the VM's key");
    const auto text = [&](const char* name) { return std::string(key.at(name).as_string()); };
    return {.dial = [path = socket_in(run_folder)](
                        const base::Cancellation&) { return os::connect_unix(path); },
            .identity = {text("user"), text("privateKey"), text("hostPublicKey")}};
}

}  // namespace ingot::build
