// SPDX-License-Identifier: Apache-2.0
#include "vm/host_facts.h"

#include "base/error.h"
#include "os/child_process.h"
#include "os/namespaces.h"

#include <array>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::vm {
namespace {

constexpr const char* kQemu = "qemu-system-x86_64";

std::string open_problem(const std::string& device) {
    try {
        (void)os::open_file(device, O_RDWR);
        return "";
    } catch (const base::Error& error) {
        return error.message();
    }
}

}  // namespace

std::optional<std::string> qemu_version(const base::Cancellation& cancellation) {
    if (!os::find_program(kQemu)) {
        return std::nullopt;
    }
    // "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\n..."
    constexpr std::string_view kBefore = "version ";
    const auto text = os::run_checked({.argv = {kQemu, "--version"}}, cancellation);
    const auto start = text.find(kBefore);
    if (start == std::string::npos) {
        return "unknown";
    }
    const auto number = start + kBefore.size();
    return text.substr(number, text.find_first_of(" \n", number) - number);
}

std::string installed_qemu() {
    const auto program = os::find_program(kQemu);

    struct stat status {};

    if (!program || ::stat(program->c_str(), &status) != 0) {
        throw base::Error(base::ErrorKind::NotFound,
                          "ProgramNotFound",
                          fmt::format("the program {} is not installed", kQemu),
                          kQemu);
    }
    return fmt::format(
        "{} {} {}.{}", *program, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

bool has_slirp4netns() {
    return os::find_program("slirp4netns").has_value();
}

bool can_open_kvm() {
    return open_problem("/dev/kvm").empty();
}

std::string user_namespace_problem(const base::Cancellation& cancellation) {
    try {
        (void)os::Namespaces::create({.host_uid = ::geteuid(), .host_gid = ::getegid()},
                                     cancellation);
        return "";
    } catch (const base::Error& error) {
        return error.message();
    }
}

std::string tun_device_problem() {
    return open_problem("/dev/net/tun");
}

std::optional<UefiFirmware> find_uefi_firmware() {
    // Debian and Ubuntu; Fedora and RHEL; Arch; openSUSE.
    constexpr std::array<std::pair<const char*, const char*>, 4> kPlaces = {{
        {"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
        {"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"},
        {"/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"},
        {"/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"},
    }};
    for (const auto& [code, variables] : kPlaces) {
        if (::access(code, R_OK) == 0 && ::access(variables, R_OK) == 0) {
            return UefiFirmware{code, variables};
        }
    }
    return std::nullopt;
}

}  // namespace ingot::vm
