// SPDX-License-Identifier: Apache-2.0
#include "build/build_vm.h"

#include "base/digest.h"
#include "disk/qemu_img.h"
#include "guest/agent_install.h"
#include "guest/agent_program.h"
#include "guest/build_user.h"
#include "guest/credentials.h"
#include "guest/seed.h"
#include "os/child_process.h"
#include "vm/accelerator.h"
#include "vm/machine_identity.h"

#include <chrono>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace ingot::build {
namespace {

// As long as the service waits for SSH ("Waiting for SSH, up to timeout: 20m0s").
constexpr auto kAnswerWithin = std::chrono::minutes(20);

constexpr auto kResumeWithin = std::chrono::minutes(2);
constexpr auto kSealWithin = std::chrono::minutes(10);

// Grows the root partition and its file system, where cloud-init is not there to do it.
constexpr std::string_view kGrowRoot = R"(set -e
root=$(findmnt -no SOURCE /)
part=$(cat "/sys/class/block/${root##*/}/partition")
disk=/dev/$(lsblk -no PKNAME "$root")
growpart "$disk" "$part" || [ $? -eq 1 ]
case $(findmnt -no FSTYPE /) in
    ext*) resize2fs "$root" ;;
    xfs) xfs_growfs / ;;
    btrfs) btrfs filesystem resize max / ;;
esac
)";

// Decision 0013: where an emulated program lies elsewhere each time, it is translated each time.
constexpr std::string_view kFixAddresses = "echo 0 >/proc/sys/kernel/randomize_va_space";

// Not for a VM that is looked at instead of built in.
bool fixes_addresses(const vm::MachineSpec& spec) {
    return spec.accelerator == vm::Accelerator::Tcg && spec.sealable;
}

bool can_start_directly(const BuildVmRequest& request) {
    return way_in_name(request.way_in, request.base) == "direct";
}

vm::Accelerator choose_accelerator(const BuildVmRequest& request,
                                   const base::Cancellation& cancellation) {
    const auto kernel = request.base.boot ? request.base.boot->kernel : os::Path();
    const auto choice = vm::choose_accelerator({kernel, request.cache}, cancellation);
    request.say(choice.explanation);
    return choice.accelerator;
}

vm::MachineSpec describe_machine(const BuildVmRequest& request,
                                 const os::Path& overlay,
                                 const base::Cancellation& cancellation) {
    vm::MachineSpec spec;
    spec.firmware = request.base.generation == arm::HyperVGeneration::V2 ? vm::Firmware::Uefi
                                                                         : vm::Firmware::Bios;
    spec.accelerator = choose_accelerator(request, cancellation);
    spec.vcpus = request.shape.vcpus;
    spec.memory = request.shape.memory;
    vm::Disk disk{.top = {overlay, disk::ImageFormat::Qcow2}};
    for (const auto& earlier : request.from.overlays) {
        disk.backing.push_back({earlier, disk::ImageFormat::Qcow2});
    }
    disk.backing.push_back({request.base.disk, disk::ImageFormat::Raw});
    spec.disks = {disk};
    spec.sealable = request.sealable;
    return spec;
}

void start_directly(vm::MachineSpec& spec,
                    const BuildVmRequest& request,
                    const guest::SshKeyPair& host_key,
                    const guest::SshKeyPair& build_key) {
    const auto access =
        guest::build_user_by_credentials(std::string(kBuildUser), host_key, build_key.public_key);
    spec.firmware = vm::Firmware::Bios;  // the kernel is started by QEMU: no firmware matters
    spec.kernel = vm::DirectKernel{request.base.boot->kernel, request.base.boot->initrd, ""};
    // panic=-1 makes a panic end the machine at once instead of hanging it.
    auto& line = spec.kernel->command_line;
    line = request.base.boot->root_argument + " ro console=ttyS0 panic=-1";
    line += fixes_addresses(spec) ? " norandmaps" : "";
    for (const auto& argument : access.kernel_arguments) {
        line += " " + argument;
    }
    for (const auto& credential : access.credentials) {
        spec.credentials.push_back({credential.name, credential.value});
    }
}

void add_seed(vm::MachineSpec& spec,
              const BuildVmRequest& request,
              const guest::SshKeyPair& host_key,
              const guest::SshKeyPair& build_key,
              const base::Cancellation& cancellation) {
    spec.seed_iso = request.folder / "seed.iso";
    guest::write_seed_iso(spec.seed_iso,
                          {.instance_id = request.instance_id,
                           .hostname = "ingot-build",
                           .user = std::string(kBuildUser),
                           .authorized_key = build_key.public_key,
                           .host_key = host_key},
                          cancellation);
}

// Waits until the guest has finished booting: customizers that start earlier fail now and then, and
// nobody should have to add a sleep to a script. Then does what cloud-init does on the ordinary
// way.
void settle(guest::Communicator& guest,
            const BuildVmRequest& request,
            const vm::MachineSpec& spec,
            const base::Cancellation& scope) {
    std::string script = fixes_addresses(spec) ? std::string(kFixAddresses) : "";
    if (!spec.kernel) {
        script += "\n! command -v cloud-init >/dev/null || cloud-init status --wait >/dev/null";
    } else {
        script += "\nsystemctl is-system-running --wait >/dev/null";
        if (request.disk_size > request.base.facts.virtual_size) {
            script += "\n" + std::string(kGrowRoot);
        }
    }
    std::string said;
    const int exit_code = guest.run_as_root(
        script + "\ntrue",
        [&](guest::GuestStream, std::string_view line) { said += fmt::format("\n{}", line); },
        scope);
    if (exit_code != 0) {
        throw base::Error(base::ErrorKind::GuestFailed,
                          "GuestSetupFailed",
                          fmt::format("preparing the guest for the build failed with exit code "
                                      "{}:{}",
                                      exit_code,
                                      said));
    }
}

// What a VM that went on from somebody's memory still has of its builder: his key and his host key
// make room for ours. The secret one is overwritten where it lies, or its bytes would stay on the
// disk in a block that nobody has.
std::string new_identity_script(const guest::SshKeyPair& build_key,
                                const guest::SshKeyPair& host_key) {
    constexpr std::string_view kScript = R"(set -e
keys=$(eval echo ~{0})/.ssh/authorized_keys
sed -i '/ ingot-build$/d' "$keys"
echo '{1}' >>"$keys"
host_key=/etc/ssh/ssh_host_ed25519_key
dd of=$host_key conv=notrunc status=none <<'END'
{2}END
truncate -s {4} $host_key
echo '{3}' >/etc/ssh/ssh_host_ed25519_key.pub
)";
    return fmt::format(kScript,
                       kBuildUser,
                       build_key.public_key,
                       host_key.private_key,
                       host_key.public_key,
                       host_key.private_key.size());
}

os::Path new_overlay(const BuildVmRequest& request, const base::Cancellation& cancellation) {
    auto overlay = request.folder / "disk.qcow2";
    disk::create_overlay(
        overlay, {request.base.disk, disk::ImageFormat::Raw}, request.disk_size, cancellation);
    return overlay;
}

// A guest that hangs is the guest's failure, not the end of the run's time.
template <typename Body>
auto within(std::chrono::minutes limit,
            std::string_view what,
            const base::Cancellation& cancellation,
            Body&& body) -> decltype(body(cancellation)) {
    try {
        return body(cancellation.child(limit));
    } catch (const base::Cancelled&) {
        cancellation.throw_if_cancelled();
        throw base::Error(base::ErrorKind::GuestFailed,
                          "GuestDidNotAnswer",
                          fmt::format("{} took longer than {} minutes", what, limit.count()));
    }
}

// The agent runs on in a resumed machine: one that another Ingot put there may not understand us.
std::string identity_of(const vm::MachineSpec& spec) {
    return vm::machine_identity(spec) + base::sha256(guest::guest_agent_program()).hex();
}

void require_same_machine(const BuildVmRequest& request, const std::string& identity) {
    if (request.from.machine != identity) {
        throw base::Error(base::ErrorKind::Unavailable,
                          "StateOfAnotherMachine",
                          "the state is of another machine or another QEMU");
    }
}

}  // namespace

std::string way_in_name(WayIn way_in, const sources::BaseDisk& base) {
    return way_in == WayIn::Fastest && base.boot && base.reads_credentials ? "direct"
                                                                           : "cloud-init";
}

BuildVm::BuildVm(vm::Machine machine, guest::SshKeyPair build, guest::SshKeyPair host)
    : machine_(std::make_unique<vm::Machine>(std::move(machine))),
      build_key_(std::move(build)),
      host_key_(std::move(host)) {}

guest::GuestAccess BuildVm::access() const {
    auto* const machine = machine_.get();
    return {
        .dial = [machine](
                    const base::Cancellation& scope) { return machine->connect_guest(22, scope); },
        .identity = {std::string(kBuildUser), build_key_.private_key, host_key_.public_key},
        .check_alive = [machine] { machine->check_alive(); },
        .alive_fd = machine->ended_fd()};
}

BuildVm BuildVm::start(const BuildVmRequest& request, const base::Cancellation& cancellation) {
    auto build_key = guest::generate_ssh_key(std::string(guest::kBuildKeyComment));
    auto host_key = guest::generate_ssh_key("ingot-build-host");
    const auto overlay = new_overlay(request, cancellation);
    auto spec = describe_machine(request, overlay, cancellation);
    if (can_start_directly(request)) {
        start_directly(spec, request, host_key, build_key);
    } else {
        add_seed(spec, request, host_key, build_key, cancellation);
    }
    const auto identity = request.sealable ? identity_of(spec) : "";
    const bool resumes = !request.from.memory.empty();
    if (resumes) {
        require_same_machine(request, identity);
        spec.resume_from = request.from.memory;
    }
    request.say(fmt::format("starting a VM with {} vCPUs and {} of memory, {}",
                            spec.vcpus,
                            base::to_string(spec.memory),
                            resumes       ? "from its memory state"
                            : spec.kernel ? "kernel started directly"
                                          : "through its firmware and boot loader"));
    BuildVm vm(vm::Machine::start(spec, cancellation, {request.console}),
               std::move(build_key),
               std::move(host_key));
    vm.identity_ = identity;
    vm.disk_size_ = request.disk_size;
    vm.overlays_ = request.from.overlays;
    vm.overlays_.insert(vm.overlays_.begin(), overlay);
    if (resumes) {
        vm.wake_up(cancellation);
    } else {
        vm.wait_for_boot(request, spec, cancellation);
    }
    return vm;
}

void BuildVm::wait_for_boot(const BuildVmRequest& request,
                            const vm::MachineSpec& spec,
                            const base::Cancellation& cancellation) {
    machine_->while_alive(cancellation.child(kAnswerWithin), [&](const base::Cancellation& scope) {
        ssh_ = guest::wait_until_ready(access(), scope);
        // The agent first: what follows costs it half of what it costs SSH.
        if (request.sealable) {
            add_agent(request, scope);
        }
        settle(guest(), request, spec, scope);
    });
}

// A guest that takes no agent is worked in over SSH.
void BuildVm::add_agent(const BuildVmRequest& request, const base::Cancellation& cancellation) {
    try {
        guest::install_agent(*ssh_, cancellation);
    } catch (const base::Error& error) {
        if (error.code() != "AgentNotInstalled") {
            throw;
        }
        request.say(fmt::format("no layers can be made of this guest: {}", error.message()));
        return;
    }
    agent_ = std::make_unique<guest::AgentCommunicator>(machine_->take_agent_port(),
                                                        std::string(kBuildUser));
    agent_->hello(cancellation);
    ssh_.reset();
    // Attempts from before the guest listened would come through now, a process of sshd's each, and
    // be at it still in every machine that goes on from this one's state.
    machine_->renew_uplink(cancellation);
}

// Entropy and time first: nothing may be drawn from what others have too.
void BuildVm::wake_up(const base::Cancellation& cancellation) {
    has_others_keys_ = true;
    agent_ = std::make_unique<guest::AgentCommunicator>(machine_->take_agent_port(),
                                                        std::string(kBuildUser));
    machine_->while_alive(cancellation.child(kResumeWithin), [&](const base::Cancellation& scope) {
        agent_->renew(scope);
        agent_->thaw(scope);
    });
}

guest::GuestAccess BuildVm::let_in(const base::Cancellation& cancellation) {
    if (!has_others_keys_) {
        return access();
    }
    std::string said;
    const int exit_code = machine_->while_alive(
        cancellation.child(kResumeWithin), [&](const base::Cancellation& scope) {
            return agent_->run_as_root(
                new_identity_script(build_key_, host_key_),
                [&](guest::GuestStream, std::string_view line) { said += line; },
                scope);
        });
    if (exit_code != 0) {
        throw base::Error(base::ErrorKind::GuestFailed,
                          "GuestSetupFailed",
                          fmt::format("giving the resumed VM its own keys failed: {}", said));
    }
    has_others_keys_ = false;
    return access();
}

guest::Communicator& BuildVm::guest() {
    return agent_ ? static_cast<guest::Communicator&>(*agent_) : *ssh_;
}

guest::SshCommunicator& BuildVm::ssh(const base::Cancellation& cancellation) {
    if (!ssh_) {
        const auto way = let_in(cancellation);
        machine_->while_alive(
            cancellation.child(kAnswerWithin),
            [&](const base::Cancellation& scope) { ssh_ = guest::wait_until_ready(way, scope); });
    }
    return *ssh_;
}

void BuildVm::disconnect() {
    ssh_.reset();
    agent_.reset();
}

vm::Sealed BuildVm::seal(const os::Path& memory_folder, const base::Cancellation& cancellation) {
    const auto top = overlays_.front().parent_path() / fmt::format("disk-{}.qcow2", ++seals_);
    disk::create_overlay(
        top, {overlays_.front(), disk::ImageFormat::Qcow2}, disk_size_, cancellation);
    return within(kSealWithin, "sealing the VM", cancellation, [&](const base::Cancellation& time) {
        return machine_->while_alive(time, [&](const base::Cancellation& scope) {
            agent_->freeze(scope);
            auto sealed = machine_->seal({top, memory_folder}, scope);
            overlays_.insert(overlays_.begin(), top);
            agent_->thaw(scope);
            return sealed;
        });
    });
}

}  // namespace ingot::build
