// SPDX-License-Identifier: Apache-2.0
#include "build/build_vm.h"

#include "disk/qemu_img.h"
#include "guest/credentials.h"
#include "guest/seed.h"
#include "os/child_process.h"
#include "vm/accelerator.h"

#include <chrono>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace ingot::build {
namespace {

// As long as the service waits for SSH ("Waiting for SSH, up to timeout: 20m0s").
constexpr auto kAnswerWithin = std::chrono::minutes(20);

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

bool can_start_directly(const BuildVmRequest& request) {
    return request.way_in == WayIn::Fastest && request.base.boot && request.base.reads_credentials;
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
    spec.disks = {{.top = {overlay, disk::ImageFormat::Qcow2},
                   .backing = {{request.base.disk, disk::ImageFormat::Raw}}}};
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
            bool started_directly,
            const base::Cancellation& scope) {
    std::string script =
        "! command -v cloud-init >/dev/null || cloud-init status --wait >/dev/null";
    if (started_directly) {
        script = "systemctl is-system-running --wait >/dev/null";
        if (request.disk_size > request.base.facts.virtual_size) {
            script += "\n" + std::string(kGrowRoot);
        }
    }
    std::string said;
    const int exit_code = guest.run(
        fmt::format("sudo -n sh -c {}", os::to_shell({script + "\ntrue"})),
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

}  // namespace

BuildVm::BuildVm(vm::Machine machine,
                 guest::SshKeyPair build,
                 guest::SshKeyPair host,
                 os::Path overlay)
    : machine_(std::make_unique<vm::Machine>(std::move(machine))),
      build_key_(std::move(build)),
      host_key_(std::move(host)),
      overlay_(std::move(overlay)) {}

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
    auto build_key = guest::generate_ssh_key("ingot-build");
    auto host_key = guest::generate_ssh_key("ingot-build-host");
    const auto overlay = request.folder / "disk.qcow2";
    disk::create_overlay(
        overlay, {request.base.disk, disk::ImageFormat::Raw}, request.disk_size, cancellation);
    auto spec = describe_machine(request, overlay, cancellation);
    const bool directly = can_start_directly(request);
    if (directly) {
        start_directly(spec, request, host_key, build_key);
    } else {
        add_seed(spec, request, host_key, build_key, cancellation);
    }
    request.say(
        fmt::format("starting a VM with {} vCPUs and {} of memory, {}",
                    spec.vcpus,
                    base::to_string(spec.memory),
                    directly ? "kernel started directly" : "through its firmware and boot loader"));
    BuildVm vm(vm::Machine::start(spec, cancellation, {request.console}),
               std::move(build_key),
               std::move(host_key),
               overlay);
    vm.machine_->while_alive(cancellation.child(kAnswerWithin),
                             [&](const base::Cancellation& scope) {
                                 vm.guest_ = guest::wait_until_ready(vm.access(), scope);
                                 settle(*vm.guest_, request, directly, scope);
                             });
    return vm;
}

}  // namespace ingot::build
