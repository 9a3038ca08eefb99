// SPDX-License-Identifier: Apache-2.0
#include "base/byte_count.h"
#include "base/error.h"
#include "build/machine_shape.h"
#include "cli/commands.h"
#include "os/child_process.h"
#include "os/files.h"
#include "sources/catalog.h"
#include "sources/host_apt.h"
#include "vm/accelerator.h"
#include "vm/host_facts.h"

#include <filesystem>
#include <functional>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace ingot::cli {
namespace {

enum class Verdict { Good, Slow, Missing };

struct Finding {
    Verdict verdict = Verdict::Good;
    std::string what;
    std::string detail;
    std::string advice{};  // what to do; empty if nothing
};

struct Tool {
    const char* program;
    const char* package;
    const char* purpose;
};

// Debian's package names; other distributions call them alike.
constexpr Tool kTools[] = {
    {"qemu-system-x86_64", "qemu-system-x86", "runs the build VM"},
    {"qemu-img", "qemu-utils", "makes overlays and converts disks"},
    {"slirp4netns", "slirp4netns", "the build VM's network"},
    {"ip", "iproute2", "the build VM's network"},
    {"xorriso", "xorriso", "writes seeds for cloud-init"},
    {"debugfs", "e2fsprogs", "finds the kernel on a disk"},
    {"unshare", "util-linux", "isolates recipes"},
    {"mmdebstrap", "mmdebstrap", "makes the Debian base image"},
    {"sfdisk", "fdisk", "makes the Debian base image"},
    {"mkfs.vfat", "dosfstools", "makes the Debian base image"},
    {"mcopy", "mtools", "makes the Debian base image"},
};

Finding check_tool(const Tool& tool) {
    const auto found = os::find_program(tool.program);
    if (found) {
        return {Verdict::Good, tool.program, *found};
    }
    return {Verdict::Missing,
            tool.program,
            fmt::format("not found; it {}", tool.purpose),
            fmt::format("apt-get install {}", tool.package)};
}

Finding check_user_namespaces(const base::Cancellation& cancellation) {
    const auto problem = vm::user_namespace_problem(cancellation);
    if (problem.empty()) {
        return {Verdict::Good, "user namespaces", "can be made"};
    }
    return {Verdict::Missing,
            "user namespaces",
            problem,
            "allow them: sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu "
            "kernel.apparmor_restrict_unprivileged_userns=0"};
}

Finding check_tun() {
    const auto problem = vm::tun_device_problem();
    if (problem.empty()) {
        return {Verdict::Good, "/dev/net/tun", "can be opened"};
    }
    return {Verdict::Missing,
            "/dev/net/tun",
            problem,
            "load the module tun and give the device its usual mode: chmod 0666 /dev/net/tun"};
}

// An ordinary user needs them to make a base image; root does not.
Finding check_subordinate_ids(const base::Cancellation& cancellation) {
    if (::geteuid() == 0) {
        return {Verdict::Good, "subordinate ids", "not needed as root"};
    }
    const auto done = os::run(
        {.argv = {"unshare", "--user", "--map-root-user", "--map-auto", "true"}}, cancellation);
    if (done.status.success()) {
        return {Verdict::Good, "subordinate ids", "present"};
    }
    return {Verdict::Missing,
            "subordinate ids",
            "this user has none, so it cannot make a base image from packages",
            "apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids "
            "100000-165535 USER"};
}

Finding check_firmware() {
    if (const auto firmware = vm::find_uefi_firmware()) {
        return {Verdict::Good, "UEFI firmware", firmware->code};
    }
    return {
        Verdict::Missing, "UEFI firmware", "not found; V2 images need it", "apt-get install ovmf"};
}

Finding check_space(const os::Path& state) {
    auto folder = state;
    while (!std::filesystem::exists(folder)) {
        folder = folder.parent_path();
    }
    const auto free = os::free_space(folder);
    const bool enough = free >= base::ByteCount::gib(5);
    return {enough ? Verdict::Good : Verdict::Missing,
            "disk space",
            fmt::format("{} free for {}", base::to_string(free), state.string()),
            enough ? ""
                   : "a build of a small image takes about 5 GiB; free some, or name another "
                     "folder with --state-dir"};
}

Finding check_memory() {
    const auto host = build::this_host();
    const bool enough = host.memory >= base::ByteCount::gib(3);
    return {enough ? Verdict::Good : Verdict::Slow,
            "cores and memory",
            fmt::format("{} cores, {}", host.cores, base::to_string(host.memory)),
            enough ? "" : "build VMs get at most half of it, which is little here"};
}

Finding check_mirror(const base::Cancellation& cancellation) {
    try {
        static_cast<void>(sources::host_apt("bookworm", cancellation));
        return {Verdict::Good, "Debian mirror", "known to this host's apt"};
    } catch (const base::Error& error) {
        return {Verdict::Missing, "Debian mirror", error.message()};
    }
}

os::Path some_kernel(const Settings& settings) {
    std::error_code ignored;
    for (const auto& folder : {settings.state.cache() / "boot", os::Path("/boot")}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
            if (entry.path().filename().string().starts_with("vmlinuz")) {
                return entry.path();
            }
        }
    }
    return {};
}

Finding check_accelerator(const Settings& settings, const base::Cancellation& cancellation) {
    const auto kernel = some_kernel(settings);
    if (vm::can_open_kvm() && kernel.empty()) {
        return {Verdict::Slow,
                "accelerator",
                "/dev/kvm can be opened; whether guests run on it shows in the first build"};
    }
    const auto choice = vm::choose_accelerator({kernel, settings.state.cache()}, cancellation);
    const bool fast = choice.accelerator == vm::Accelerator::Kvm;
    return {fast ? Verdict::Good : Verdict::Slow,
            "accelerator",
            choice.explanation,
            fast ? "" : "builds work but are slower than with KVM"};
}

Finding check_catalog(const Settings& settings) {
    try {
        const auto catalog = sources::Catalog::load(settings.catalog);
        return {Verdict::Good,
                "catalogue",
                fmt::format("{} images in {}", catalog.images().size(), settings.catalog.string())};
    } catch (const base::Error& error) {
        return {Verdict::Missing, "catalogue", error.message()};
    }
}

void print(const Finding& finding) {
    const char* mark = finding.verdict == Verdict::Good   ? "ok     "
                       : finding.verdict == Verdict::Slow ? "note   "
                                                          : "MISSING";
    fmt::print("{}  {:20} {}\n", mark, finding.what, finding.detail);
    if (!finding.advice.empty()) {
        fmt::print("         {:20} -> {}\n", "", finding.advice);
    }
}

}  // namespace

ExitCode doctor_command(const Settings& settings, const base::Cancellation& cancellation) {
    std::vector<Finding> findings;
    for (const auto& tool : kTools) {
        findings.push_back(check_tool(tool));
    }
    if (const auto version = vm::qemu_version(cancellation)) {
        findings.push_back({Verdict::Good, "QEMU", *version});
    }
    findings.push_back(check_firmware());
    findings.push_back(check_user_namespaces(cancellation));
    findings.push_back(check_subordinate_ids(cancellation));
    findings.push_back(check_tun());
    findings.push_back(check_memory());
    findings.push_back(check_space(settings.state.root()));
    findings.push_back(check_mirror(cancellation));
    findings.push_back(check_catalog(settings));
    findings.push_back(check_accelerator(settings, cancellation));
    bool ready = true;
    for (const auto& finding : findings) {
        print(finding);
        ready = ready && finding.verdict != Verdict::Missing;
    }
    fmt::print("{}\n",
               ready ? "this host can build images"
                     : "this host cannot build every image yet; see what is MISSING above");
    return ready ? ExitCode::Success : ExitCode::Internal;
}

}  // namespace ingot::cli
