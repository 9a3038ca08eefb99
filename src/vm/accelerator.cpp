// SPDX-License-Identifier: Apache-2.0
#include "vm/accelerator.h"

#include "base/error.h"
#include "base/json.h"
#include "os/files.h"
#include "os/wait.h"
#include "vm/boot_proof_initrd.h"
#include "vm/host_facts.h"
#include "vm/machine.h"

#include <array>
#include <optional>
#include <string_view>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/utsname.h>

namespace ingot::vm {
namespace {

// A kernel under a working KVM is there in less than one; a loaded host gets the rest.
constexpr auto kKvmDeadline = std::chrono::seconds(10);

std::filesystem::path memory_in(const std::filesystem::path& folder) {
    return folder / "accelerator.json";
}

std::string processor_model() {
    const auto text = os::read_file("/proc/cpuinfo");
    const auto key = text.find("model name");
    const auto start = text.find(": ", key);
    if (key == std::string::npos || start == std::string::npos) {
        return "unknown";
    }
    return text.substr(start + 2, text.find('\n', start) - start - 2);
}

std::string last_line(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    return std::string(text.substr(text.rfind('\n') + 1));
}

std::string text_in(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

// True when the word came, false when the machine ended without it. Throws Cancelled.
bool wait_for_word(const MachineSpec& spec, std::string& console, const base::Cancellation& scope) {
    auto word = os::make_pipe();
    const auto machine =
        Machine::start(spec, scope, {.on_console_line = [&word](std::string_view line) {
                           if (line.find(kBootProofWord) != std::string_view::npos) {
                               word.write_end.reset();
                           }
                       }});
    std::array<pollfd, 2> fds = {pollfd{word.read_end.get(), POLLIN, 0},
                                 pollfd{machine.ended_fd(), POLLIN, 0}};
    try {
        [[maybe_unused]] const bool event = os::wait_for_any(fds, scope);
    } catch (const base::Cancelled&) {
        console = machine.console_tail();
        throw;
    }
    console = machine.console_tail();
    return fds[0].revents != 0;
}

AcceleratorChoice prove_kvm(const std::filesystem::path& kernel,
                            const base::Cancellation& cancellation) {
    const auto proof = prove_boot(Accelerator::Kvm, kernel, kKvmDeadline, cancellation);
    if (proof.booted) {
        return {Accelerator::Kvm, "KVM: a kernel was booted under it as a proof"};
    }
    return {Accelerator::Tcg,
            "emulation (TCG, slower): /dev/kvm is there, but a kernel did not boot under it (" +
                proof.explanation + ")"};
}

}  // namespace

AcceleratorChoice choose_accelerator(const AcceleratorProbe& probe,
                                     const base::Cancellation& cancellation) {
    if (!std::filesystem::exists("/dev/kvm")) {
        return {Accelerator::Tcg, "emulation (TCG, slower): this host has no /dev/kvm"};
    }
    if (!can_open_kvm()) {
        return {Accelerator::Tcg,
                "emulation (TCG, slower): this user may not open /dev/kvm (a member of its group, "
                "often kvm, may)"};
    }
    const auto fingerprint = host_fingerprint();
    if (auto known = recall_accelerator(probe.cache_folder, fingerprint)) {
        return std::move(*known);
    }
    if (probe.kernel.empty()) {
        return {Accelerator::Tcg,
                "emulation (TCG, slower) for now: there is no kernel yet to prove KVM with"};
    }
    auto choice = prove_kvm(probe.kernel, cancellation);
    remember_accelerator(probe.cache_folder, fingerprint, choice);
    return choice;
}

std::optional<AcceleratorChoice> recall_accelerator(const std::filesystem::path& folder,
                                                    const std::string& fingerprint) {
    if (!std::filesystem::exists(memory_in(folder))) {
        return std::nullopt;
    }
    const auto parsed = base::parse_json(os::read_file(memory_in(folder)));
    const auto* value = std::get_if<boost::json::value>(&parsed);
    if (value == nullptr || !value->is_object() ||
        text_in(value->as_object(), "host") != fingerprint) {
        return std::nullopt;
    }
    const auto& known = value->as_object();
    const bool kvm = text_in(known, "accelerator") == to_string(Accelerator::Kvm);
    return AcceleratorChoice{kvm ? Accelerator::Kvm : Accelerator::Tcg,
                             text_in(known, "explanation")};
}

void remember_accelerator(const std::filesystem::path& folder,
                          const std::string& fingerprint,
                          const AcceleratorChoice& choice) {
    os::make_folders(folder);
    const boost::json::object known{{"host", fingerprint},
                                    {"accelerator", to_string(choice.accelerator)},
                                    {"explanation", choice.explanation}};
    os::replace_file(memory_in(folder), base::pretty_json(known));
}

BootProof prove_boot(Accelerator accelerator,
                     const std::filesystem::path& kernel,
                     std::chrono::milliseconds deadline,
                     const base::Cancellation& cancellation) {
    const auto initrd = os::memory_file("boot-proof", boot_proof_initrd());
    const MachineSpec spec{
        .accelerator = accelerator,
        .vcpus = 2,  // starting the second processor is a part of the proof
        .memory = base::ByteCount::mib(256),
        .kernel = DirectKernel{.kernel = kernel,
                               .initrd = fmt::format("/proc/self/fd/{}", initrd.get()),
                               .command_line = "console=ttyS0 panic=-1"},
        .network = NetworkMode::None,
    };
    std::string console;
    try {
        if (wait_for_word(spec, console, cancellation.child(deadline))) {
            return {true, ""};
        }
        return {false, "the machine ended early; its last words: " + last_line(console)};
    } catch (const base::Cancelled&) {
        cancellation.throw_if_cancelled();
        return {false,
                fmt::format("it had not booted after {} s; its last words: {}",
                            std::chrono::duration_cast<std::chrono::seconds>(deadline).count(),
                            last_line(console))};
    } catch (const base::Error& error) {
        if (error.code() != "BuildVmDied") {
            throw;
        }
        return {false, error.message()};
    }
}

std::string host_fingerprint() {
    utsname host{};
    ::uname(&host);
    return fmt::format("Linux {}; {}; {}", host.release, processor_model(), installed_qemu());
}

}  // namespace ingot::vm
