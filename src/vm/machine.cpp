// SPDX-License-Identifier: Apache-2.0
#include "vm/machine.h"

#include "os/files.h"
#include "os/wait.h"
#include "vm/host_facts.h"
#include "vm/machine_sealing.h"
#include "vm/memory_state.h"
#include "vm/outbound_network.h"
#include "vm/qemu_argv.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <future>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::vm {
namespace {

constexpr uid_t kNobody = 65534;

// A descriptor for QEMU: ours, and its number there.
struct Handed {
    os::Fd fd;
    int number;
};

using HandedList = std::vector<Handed>;

// Who QEMU is to the host: the user who runs Ingot, but nobody where that is root.
os::NamespaceSpec identity_for(const MachineSpec& spec) {
    os::NamespaceSpec identity{.host_uid = ::geteuid(), .host_gid = ::getegid()};
    if (identity.host_uid == 0 && os::is_mapped(kNobody, kNobody)) {
        identity.host_uid = kNobody;
        identity.host_gid = kNobody;

        struct stat kvm {};

        // Distributions give /dev/kvm to a group of its own.
        if (spec.accelerator == Accelerator::Kvm && ::stat("/dev/kvm", &kvm) == 0 &&
            kvm.st_gid != 0) {
            identity.host_gid = kvm.st_gid;
        }
    }
    identity.resolv_conf = fmt::format("nameserver {}\n", kUplinkNameServer);
    return identity;
}

// A file that QEMU opens anew through /proc, as nobody: where only root may read it, a copy.
os::Fd reopenable(const os::Path& path) {
    auto fd = os::open_file(path, O_RDONLY);

    struct stat status {};

    const bool anybody = ::fstat(fd.get(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
    if (::geteuid() != 0 || anybody) {
        return fd;
    }
    return os::memory_file("boot", os::read_file(path));
}

void hand_firmware(HandedList& list, const FdNumbers& numbers) {
    const auto firmware = find_uefi_firmware();
    if (!firmware) {
        throw base::Error(base::ErrorKind::Unavailable,
                          "UefiFirmwareMissing",
                          "this machine boots by UEFI, whose firmware is not installed here "
                          "(Debian: apt-get install ovmf)",
                          "ovmf");
    }
    list.push_back({os::open_file(firmware->code, O_RDONLY), numbers.uefi_code});
    list.push_back({os::memory_file("uefi-variables", os::read_file(firmware->variables)),
                    numbers.uefi_variables});
}

HandedList open_files(const MachineSpec& spec, const FdNumbers& numbers) {
    HandedList list;
    if (spec.firmware == Firmware::Uefi) {
        hand_firmware(list, numbers);
    }
    if (numbers.kernel >= 0) {
        list.push_back({reopenable(spec.kernel->kernel), numbers.kernel});
    }
    if (numbers.initrd >= 0) {
        list.push_back({reopenable(spec.kernel->initrd), numbers.initrd});
    }
    if (numbers.seed_iso >= 0) {
        list.push_back({os::open_file(spec.seed_iso, O_RDONLY), numbers.seed_iso});
    }
    for (std::size_t i = 0; i < spec.disks.size(); ++i) {
        const auto& disk = spec.disks[i];
        const int mode = disk.read_only ? O_RDONLY : O_RDWR;
        list.push_back({os::open_file(disk.top.path, mode), numbers.disks[i][0]});
        for (std::size_t depth = 0; depth < disk.backing.size(); ++depth) {
            list.push_back(
                {os::open_file(disk.backing[depth].path, O_RDONLY), numbers.disks[i][depth + 1]});
        }
    }
    for (std::size_t i = 0; i < spec.credentials.size(); ++i) {
        list.push_back(
            {os::memory_file("credential", spec.credentials[i].value), numbers.credentials[i]});
    }
    return list;
}

// Our ends of what QEMU talks through.
struct Channels {
    os::Fd commands;
    os::Fd events;
    os::Fd console;
    os::Fd agent;
};

Channels open_channels(HandedList& list, const FdNumbers& numbers) {
    const auto open = [&list](int number) {
        auto pair = os::make_socket_pair();
        list.push_back({std::move(pair.theirs), number});
        return std::move(pair.ours);
    };
    Channels channels{open(numbers.commands), open(numbers.events), open(numbers.console), {}};
    if (numbers.agent >= 0) {
        channels.agent = open(numbers.agent);
    }
    return channels;
}

const char* error_code(MachineEndKind kind) {
    switch (kind) {
        case MachineEndKind::Panicked:
            return "GuestPanicked";
        case MachineEndKind::DiskFull:
            return "DiskFull";
        case MachineEndKind::ShutDown:
        case MachineEndKind::Reset:
        case MachineEndKind::DiskError:
        case MachineEndKind::Died:
            return "BuildVmDied";
    }
    return "BuildVmDied";
}

// QEMU hung up before it spoke: its standard error says why.
[[noreturn]] void throw_not_started(os::Child& qemu) {
    std::string words;
    std::array<char, 4096> buffer{};
    qemu.send_signal(SIGKILL);
    for (auto got = ::read(qemu.standard_error().get(), buffer.data(), buffer.size()); got > 0;
         got = ::read(qemu.standard_error().get(), buffer.data(), buffer.size())) {
        words.append(buffer.data(), static_cast<std::size_t>(got));
    }
    throw base::Error(base::ErrorKind::Unavailable,
                      "BuildVmDied",
                      "QEMU did not start: " + (words.empty() ? "it gave no reason" : words),
                      "qemu-system-x86_64");
}

QmpClient connect_monitor(os::Fd socket, os::Child& qemu, const base::Cancellation& cancellation) {
    try {
        return QmpClient(std::move(socket), cancellation);
    } catch (const base::Error& error) {
        if (error.code() == "QmpClosed") {
            throw_not_started(qemu);
        }
        throw;
    }
}

os::Child start_qemu(const MachineSpec& spec,
                     const FdNumbers& numbers,
                     const HandedList& handed,
                     const os::Namespaces& namespaces) {
    os::ProcessSpec process{.argv = qemu_argv(spec, numbers), .standard_error = os::Stream::Pipe};
    for (const auto& [fd, number] : handed) {
        process.fds.emplace_back(fd.get(), number);
    }
    process.before_exec = namespaces.enter_confined();
    return os::Child::start(process);
}

}  // namespace

// In the order of their making: at the end the watch goes first, then QEMU, then its network.
struct Machine::Parts {
    MachineSpec spec;
    std::optional<GuestMemory> memory;
    os::Fd agent;
    int sealed = 0;  // how often
    std::optional<os::Namespaces> namespaces;
    std::optional<OutboundNetwork> network;
    std::optional<os::Child> qemu;
    std::optional<QmpClient> commands;
    std::optional<MachineWatch> watch;
};

// Says what QEMU says, for whoever reads the log.
void Machine::resume(Parts& parts, const os::Fd& devices, const base::Cancellation& cancellation) {
    try {
        load_devices(*parts.commands, devices, cancellation);
    } catch (base::Error& error) {
        throw base::Error(error.kind(),
                          error.code(),
                          fmt::format("{}\n{}", error.message(), parts.watch->errors()));
    }
}

Machine Machine::start(const MachineSpec& spec,
                       const base::Cancellation& cancellation,
                       MachineOptions options) {
    const auto numbers = number_fds(spec);
    auto handed = open_files(spec, numbers);
    auto channels = open_channels(handed, numbers);
    auto parts = std::make_unique<Parts>();
    parts->spec = spec;
    parts->agent = std::move(channels.agent);
    std::future<os::Fd> devices;  // memory is filled while QEMU starts
    if (spec.sealable) {
        parts->memory.emplace(spec.memory);
        handed.push_back({parts->memory->file().duplicate(), numbers.memory});
    }
    if (!spec.resume_from.empty()) {
        devices = std::async(std::launch::async, [&, memory = &*parts->memory] {
            memory->load(spec.resume_from, cancellation);
            return open_devices_file(spec.resume_from, cancellation);
        });
    }
    parts->namespaces = os::Namespaces::create(identity_for(spec), cancellation);
    if (spec.network == NetworkMode::Outbound) {
        parts->network.emplace(*parts->namespaces);
    }
    parts->qemu = start_qemu(spec, numbers, handed, *parts->namespaces);
    handed.clear();  // or a dead QEMU would not show as a closed connection
    if (parts->network) {
        parts->network->wait_until_ready(cancellation);
    }
    parts->commands = connect_monitor(std::move(channels.commands), *parts->qemu, cancellation);
    parts->watch.emplace(WatchedMachine{
        .events = connect_monitor(std::move(channels.events), *parts->qemu, cancellation),
        .console = std::move(channels.console),
        .qemu = &*parts->qemu,
        .network = parts->network ? &parts->network->process() : nullptr,
        .on_console_line = std::move(options.on_console_line)});
    if (!spec.resume_from.empty()) {
        resume(*parts, devices.get(), cancellation);
    }
    parts->commands->execute("cont", cancellation);
    return Machine(std::move(parts));
}

Machine::Machine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Machine::Machine(Machine&& other) noexcept = default;
Machine& Machine::operator=(Machine&& other) noexcept = default;
Machine::~Machine() = default;

QmpClient& Machine::qmp() {
    return *parts_->commands;
}

pid_t Machine::pid() const {
    return parts_->qemu->pid();
}

os::Fd Machine::connect_guest(std::uint16_t guest_port,
                              const base::Cancellation& cancellation) const {
    const auto& ports = parts_->spec.guest_ports;
    const auto found = std::find(ports.begin(), ports.end(), guest_port);
    if (found == ports.end()) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "GuestPortNotForwarded",
                          fmt::format("port {} of the guest is not forwarded", guest_port));
    }
    const auto port = forwarded_port(static_cast<std::size_t>(found - ports.begin()));
    try {
        return parts_->namespaces->connect_loopback(port, cancellation);
    } catch (const base::Error& error) {
        throw base::Error(base::ErrorKind::Unavailable, "GuestUnreachable", error.message());
    }
}

MachineEnd Machine::wait_for_end(const base::Cancellation& cancellation) const {
    [[maybe_unused]] const bool readable = os::wait_readable(ended_fd(), cancellation);
    return end().value();
}

std::optional<MachineEnd> Machine::end() const {
    return parts_->watch->end();
}

int Machine::ended_fd() const {
    return parts_->watch->ended_fd();
}

void Machine::check_alive() const {
    if (const auto ended = end()) {
        throw base::Error(
            base::ErrorKind::GuestFailed, error_code(ended->kind), ended->explanation);
    }
}

os::Fd Machine::take_agent_port() {
    return std::move(parts_->agent);
}

base::ByteCount Machine::occupied_memory() const {
    return parts_->memory->occupied();
}

Sealed Machine::seal(const SealRequest& request, const base::Cancellation& cancellation) {
    auto& qmp = *parts_->commands;
    qmp.execute("stop", cancellation);
    put_on_top(qmp, parts_->sealed++, request.new_top, cancellation);
    Sealed sealed;
    if (!request.memory_folder.empty()) {
        take_uplink_away(qmp, cancellation);
        try {
            save_devices(qmp, make_devices_file(request.memory_folder), cancellation);
            sealed.written = parts_->memory->save(request.memory_folder, cancellation);
        } catch (const base::Error& error) {
            check_alive();
            sealed.no_memory_because = error.message();
        }
        bring_uplink_back(qmp, parts_->spec, cancellation);
    }
    qmp.execute("cont", cancellation);
    return sealed;
}

void Machine::renew_uplink(const base::Cancellation& cancellation) {
    take_uplink_away(*parts_->commands, cancellation);
    bring_uplink_back(*parts_->commands, parts_->spec, cancellation);
}

void Machine::power_down(const base::Cancellation& cancellation) {
    parts_->commands->execute("system_powerdown", cancellation);
}

void Machine::kill() noexcept {
    parts_->qemu->terminate(std::chrono::milliseconds(0));
    if (parts_->network) {
        parts_->network->process().send_signal(SIGKILL);
    }
}

std::string Machine::console_tail() const {
    return parts_->watch->console_tail();
}

void Machine::throw_if_ending(const base::Error& error) const {
    // The connection into the guest breaks a little before the watch knows why.
    constexpr auto kNewsDelay = std::chrono::milliseconds(300);
    const bool may_follow = error.kind() == base::ErrorKind::GuestFailed ||
                            error.kind() == base::ErrorKind::Unavailable;
    if (may_follow && os::wait_readable(ended_fd(), base::Cancellation(), kNewsDelay)) {
        check_alive();
    }
}

Machine::LifeScope::LifeScope(const Machine& machine, const base::Cancellation& parent)
    : scope_(parent.child()), on_end_(machine.parts_->watch->life().token(), [scope = scope_] {
          scope.cancel(base::CancelCause::ParentGone);
      }) {}

}  // namespace ingot::vm
