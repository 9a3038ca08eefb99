// SPDX-License-Identifier: Apache-2.0
#include "vm/qemu_argv.h"

#include "base/error.h"

#include <algorithm>
#include <initializer_list>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::vm {
namespace {

using boost::json::object;
using Argv = std::vector<std::string>;

constexpr std::uint16_t kFirstForwardedPort = 40000;  // low ports would need a capability

void add(Argv& argv, std::initializer_list<std::string> words) {
    argv.insert(argv.end(), words);
}

std::string own_file(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

[[noreturn]] void refuse(const char* code, std::string message) {
    throw base::Error(base::ErrorKind::InvalidArgument, code, std::move(message));
}

void add_base(Argv& argv, const MachineSpec& spec) {
    const bool kvm = spec.accelerator == Accelerator::Kvm;
    add(argv, {"qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot"});
    // Stopped until the network and the watch are ready: then no event is missed.
    add(argv, {"-S", "-display", "none"});
    add(argv,
        {"-machine",
         fmt::format("{}{}",
                     spec.firmware == Firmware::Bios
                         ? "pc"
                         : "q35,pflash0=uefi-code,pflash1=uefi-variables",
                     spec.sealable ? ",memory-backend=ram" : "")});
    // Left alone, QEMU would keep up to 1 GiB of translated code for each machine.
    add(argv, {"-accel", kvm ? "kvm" : "tcg,thread=multi,tb-size=512"});
    add(argv,
        {"-cpu", spec.cpu_model.empty() ? default_cpu_model(spec.accelerator) : spec.cpu_model});
    add(argv, {"-smp", std::to_string(spec.vcpus)});
    add(argv, {"-m", fmt::format("{}M", spec.memory.whole_mib())});
    add(argv, {"-rtc", "base=utc"});
    add(argv,
        {"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"});
}

// Shared, so that what QEMU writes is in the file; nobody else writes it.
void add_memory(Argv& argv, const MachineSpec& spec, const FdNumbers& fds) {
    if (spec.sealable) {
        add(argv,
            {"-object",
             fmt::format("memory-backend-file,id=ram,size={}M,mem-path={},share=on",
                         spec.memory.whole_mib(),
                         own_file(fds.memory))});
    }
    if (!spec.resume_from.empty()) {
        add(argv, {"-incoming", "defer"});
    }
}

void add_agent_port(Argv& argv, const MachineSpec& spec, const FdNumbers& fds) {
    if (spec.sealable) {
        add(argv, {"-chardev", fmt::format("socket,id=agent,fd={}", fds.agent)});
        add(argv, {"-device", "virtio-serial-pci"});
        add(argv, {"-device", fmt::format("virtserialport,chardev=agent,name={}", kAgentPortName)});
    }
}

void add_monitor(Argv& argv, const char* name, int fd) {
    add(argv, {"-chardev", fmt::format("socket,id={},fd={}", name, fd)});
    add(argv, {"-mon", fmt::format("chardev={},mode=control", name)});
}

void add_channels(Argv& argv, const FdNumbers& fds) {
    add_monitor(argv, "commands", fds.commands);
    add_monitor(argv, "events", fds.events);
    add(argv, {"-chardev", fmt::format("socket,id=console,fd={}", fds.console)});
    add(argv, {"-serial", "chardev:console"});
    add(argv, {"-device", "pvpanic"});
    add(argv, {"-device", "virtio-rng-pci"});
}

// A block node on an inherited descriptor, which QEMU may "open" as often as it likes.
void add_file_node(Argv& argv, const std::string& name, int fd, bool read_only) {
    add(argv, {"-add-fd", fmt::format("fd={0},set={0}", fd)});
    object node{{"driver", "file"},
                {"node-name", name},
                {"filename", fmt::format("/dev/fdset/{}", fd)},
                {"locking", "off"},  // what is written is ours alone, the rest never changes
                {"read-only", read_only}};
    if (!read_only) {
        // Nothing is synced: a build disk that a crash of the host could damage dies with it.
        node["cache"] = object{{"direct", false}, {"no-flush", true}};
        node["discard"] = "unmap";
    }
    add(argv, {"-blockdev", boost::json::serialize(node)});
}

void add_firmware(Argv& argv, const MachineSpec& spec, const FdNumbers& fds) {
    if (spec.firmware == Firmware::Uefi) {
        add_file_node(argv, "uefi-code", fds.uefi_code, true);
        add_file_node(argv, "uefi-variables", fds.uefi_variables, false);
    }
}

void add_kernel(Argv& argv, const MachineSpec& spec, const FdNumbers& fds) {
    if (!spec.kernel) {
        return;
    }
    if (spec.firmware == Firmware::Uefi) {
        refuse("DirectKernelNeedsBios",
               "a kernel can be booted directly only by a machine without UEFI");
    }
    add(argv, {"-kernel", own_file(fds.kernel)});
    if (fds.initrd >= 0) {
        add(argv, {"-initrd", own_file(fds.initrd)});
    }
    add(argv, {"-append", spec.kernel->command_line});
}

struct ImageNode {
    std::string name;
    disk::ImageFormat format;
    bool read_only;
    std::string backing;  // node name; empty for none
};

void add_image_node(Argv& argv, const ImageNode& image, int fd) {
    const auto file = image.name + "-file";
    add_file_node(argv, file, fd, image.read_only);
    object node{{"driver", disk::qemu_name(image.format)},
                {"node-name", image.name},
                {"file", file},
                {"read-only", image.read_only}};
    if (!image.read_only) {
        node["cache"] = object{{"direct", false}, {"no-flush", true}};
        node["discard"] = "unmap";
    }
    if (!image.backing.empty()) {
        node["backing"] = image.backing;
    } else if (image.format == disk::ImageFormat::Qcow2) {
        node["backing"] = nullptr;  // or QEMU would follow the name written in the image
    }
    add(argv, {"-blockdev", boost::json::serialize(node)});
}

void add_disk(Argv& argv, const Disk& disk, std::size_t index, const std::vector<int>& fds) {
    std::string backing;
    for (std::size_t depth = fds.size(); depth-- > 0;) {
        const auto& image = depth == 0 ? disk.top : disk.backing[depth - 1];
        const auto name = fmt::format("disk{}-{}", index, depth);
        add_image_node(
            argv, {name, image.format, depth > 0 || disk.read_only, backing}, fds[depth]);
        backing = name;
    }
    add(argv,
        {"-device",
         fmt::format(
             "virtio-blk-pci,drive={},bootindex={},werror=stop,rerror=stop", backing, index + 1)});
}

void add_seed(Argv& argv, const FdNumbers& fds) {
    if (fds.seed_iso >= 0) {
        add_file_node(argv, "seed", fds.seed_iso, true);
        add(argv, {"-device", "virtio-blk-pci,drive=seed"});
    }
}

void add_credentials(Argv& argv, const MachineSpec& spec, const FdNumbers& fds) {
    constexpr std::size_t kLongestName = 55;  // QEMU: FW_CFG_MAX_FILE_PATH - 1
    for (std::size_t i = 0; i < spec.credentials.size(); ++i) {
        const auto name = "opt/io.systemd.credentials/" + spec.credentials[i].name;
        if (name.size() > kLongestName || name.find(',') != std::string::npos) {
            refuse("CredentialNameInvalid",
                   fmt::format("the firmware cannot hold a credential named \"{}\"",
                               spec.credentials[i].name));
        }
        add(argv,
            {"-fw_cfg", fmt::format("name={},file={}", name, own_file(fds.credentials.at(i)))});
    }
}

std::string forwarding(const MachineSpec& spec, std::size_t index) {
    return fmt::format("tcp:127.0.0.1:{}-:{}", forwarded_port(index), spec.guest_ports[index]);
}

void add_network(Argv& argv, const MachineSpec& spec) {
    if (spec.network == NetworkMode::None) {
        return;
    }
    if (spec.sealable) {
        add(argv, {"-netdev", boost::json::serialize(uplink_netdev(spec))});
        add(argv, {"-netdev", boost::json::serialize(uplink_port_netdev())});
        add(argv, {"-netdev", "hubport,id=net0,hubid=0"});
    } else {
        std::string netdev = "user,id=net0,ipv6=off";
        for (std::size_t i = 0; i < spec.guest_ports.size(); ++i) {
            netdev += fmt::format(",hostfwd={}", forwarding(spec, i));
        }
        add(argv, {"-netdev", netdev});
    }
    add(argv, {"-device", "virtio-net-pci,netdev=net0,romfile="});
}

}  // namespace

FdNumbers number_fds(const MachineSpec& spec) {
    int next = 3;
    const auto number_if = [&next](bool wanted) { return wanted ? next++ : -1; };
    FdNumbers fds;
    fds.commands = next++;
    fds.events = next++;
    fds.console = next++;
    fds.agent = number_if(spec.sealable);
    fds.memory = number_if(spec.sealable);
    fds.uefi_code = number_if(spec.firmware == Firmware::Uefi);
    fds.uefi_variables = number_if(spec.firmware == Firmware::Uefi);
    fds.kernel = number_if(spec.kernel.has_value());
    fds.initrd = number_if(spec.kernel && !spec.kernel->initrd.empty());
    fds.seed_iso = number_if(!spec.seed_iso.empty());
    for (const auto& disk : spec.disks) {
        auto& numbers = fds.disks.emplace_back(1 + disk.backing.size());
        std::generate(numbers.begin(), numbers.end(), [&next] { return next++; });
    }
    fds.credentials.resize(spec.credentials.size());
    std::generate(fds.credentials.begin(), fds.credentials.end(), [&next] { return next++; });
    return fds;
}

std::vector<std::string> qemu_argv(const MachineSpec& spec, const FdNumbers& fds) {
    Argv argv;
    add_base(argv, spec);
    add_memory(argv, spec, fds);
    add_channels(argv, fds);
    add_agent_port(argv, spec, fds);
    add_firmware(argv, spec, fds);
    add_kernel(argv, spec, fds);
    for (std::size_t i = 0; i < spec.disks.size(); ++i) {
        add_disk(argv, spec.disks[i], i, fds.disks.at(i));
    }
    add_seed(argv, fds);
    add_credentials(argv, spec, fds);
    add_network(argv, spec);
    return argv;
}

object uplink_netdev(const MachineSpec& spec) {
    boost::json::array forwardings;
    for (std::size_t i = 0; i < spec.guest_ports.size(); ++i) {
        forwardings.push_back(object{{"str", forwarding(spec, i)}});
    }
    return {{"type", "user"}, {"id", "uplink"}, {"ipv6", false}, {"hostfwd", forwardings}};
}

object uplink_port_netdev() {
    return {{"type", "hubport"}, {"id", "uplink-port"}, {"hubid", 0}, {"netdev", "uplink"}};
}

std::uint16_t forwarded_port(std::size_t index) {
    return static_cast<std::uint16_t>(kFirstForwardedPort + index);
}

}  // namespace ingot::vm
