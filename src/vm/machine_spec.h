// SPDX-License-Identifier: Apache-2.0
// What a virtual machine is made of, as plain values. qemu_argv.h turns it into a command line and
// machine.h into a running machine; nothing here opens or checks anything.
#pragma once

#include "base/byte_count.h"
#include "disk/qemu_img.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ingot::vm {

enum class Firmware { Bios, Uefi };
enum class Accelerator { Kvm, Tcg };

// "kvm", "tcg": as QEMU, logs and cache keys spell them.
[[nodiscard]] std::string to_string(Accelerator accelerator);

// A virtio disk. The guest writes to `top` alone; what is in `backing` (nearest first, the base
// last) is opened for reading only. The chain is given here in full: names of backing files inside
// the images are never followed.
struct Disk {
    disk::ImageFile top;
    std::vector<disk::ImageFile> backing{};
    bool read_only = false;  // then `top` is not written to either
};

// Boots this kernel without firmware and boot loader. Only with Firmware::Bios.
struct DirectKernel {
    std::filesystem::path kernel;
    std::filesystem::path initrd{};  // may be empty
    std::string command_line{};
};

// A systemd credential, which the guest finds as the firmware blob
// opt/io.systemd.credentials/<name>. The value never appears in an argument list or a folder.
struct Credential {
    std::string name;
    std::string value;
};

// The name of a sealable machine's serial port, as the guest finds it in /dev/virtio-ports/.
inline constexpr const char* kAgentPortName = "org.ingot.agent";

enum class NetworkMode {
    None,      // no network card
    Outbound,  // the outside, but nothing of the host; the host reaches guest_ports
};

struct MachineSpec {
    Firmware firmware = Firmware::Bios;
    Accelerator accelerator = Accelerator::Tcg;
    std::string cpu_model{};  // empty: default_cpu_model()
    int vcpus = 1;
    base::ByteCount memory = base::ByteCount::gib(1);
    std::vector<Disk> disks{};  // the guest's vda, vdb, ...
    std::optional<DirectKernel> kernel{};
    std::vector<Credential> credentials{};
    std::filesystem::path seed_iso{};  // a read-only disk after `disks`; empty for none
    NetworkMode network = NetworkMode::Outbound;
    // TCP ports of the guest that Machine::connect_guest may reach. Only with Outbound.
    std::vector<std::uint16_t> guest_ports = {22};
    // A machine whose state can be kept (Machine::seal): its memory lies in a file of its own, its
    // network card stays when what is behind it goes, and it has a virtio-serial port (agent_port).
    bool sealable = false;
    // The folder of a memory state (memory_state.h) that a machine of this very specification was
    // sealed with, apart from its disks' files: it resumes from there instead of booting.
    std::filesystem::path resume_from{};
};

// KVM: the host's own. TCG: the x86-64-v2 level, which current enterprise distributions require;
// richer models only make emulation slower.
[[nodiscard]] std::string default_cpu_model(Accelerator accelerator);

}  // namespace ingot::vm
