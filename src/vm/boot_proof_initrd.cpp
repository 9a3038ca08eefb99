// SPDX-License-Identifier: Apache-2.0
#include "vm/boot_proof_initrd.h"

#include <cstdint>
#include <cstring>

#include <elf.h>
#include <fmt/format.h>

namespace ingot::vm {
namespace {

constexpr std::uint64_t kLoadAddress = 0x400000;

template <typename Value>
std::string bytes_of(const Value& value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

// mov $value, register, by the instruction's first byte.
std::string move(char opcode, std::uint32_t value) {
    return opcode + bytes_of(value);
}

// write(1, word, length); reboot(RESTART); stop.
std::string machine_code(std::string_view word) {
    constexpr char kEax = '\xb8';
    constexpr char kEdi = '\xbf';
    constexpr char kEsi = '\xbe';
    constexpr char kEdx = '\xba';
    const std::string syscall = "\x0f\x05";
    const std::string stop = "\xeb\xfe";  // jmp to itself
    const auto after_address = move(kEdx, static_cast<std::uint32_t>(word.size())) + syscall +
                               move(kEax, 169) + move(kEdi, 0xfee1dead) + move(kEsi, 0x28121969) +
                               move(kEdx, 0x01234567) + syscall + stop;
    // lea distance(%rip), %rsi: the word follows the code
    const auto address =
        "\x48\x8d\x35" + bytes_of(static_cast<std::uint32_t>(after_address.size()));
    return move(kEax, 1) + move(kEdi, 1) + address + after_address + std::string(word);
}

std::string program(std::string_view word) {
    const auto code = machine_code(word);
    constexpr auto kHeaders = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    Elf64_Ehdr head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_ident[EI_VERSION] = EV_CURRENT;
    head.e_type = ET_EXEC;
    head.e_machine = EM_X86_64;
    head.e_version = EV_CURRENT;
    head.e_entry = kLoadAddress + kHeaders;
    head.e_phoff = sizeof head;
    head.e_ehsize = sizeof head;
    head.e_phentsize = sizeof(Elf64_Phdr);
    head.e_phnum = 1;
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_vaddr = kLoadAddress;
    segment.p_filesz = kHeaders + code.size();
    segment.p_memsz = segment.p_filesz;
    segment.p_align = 4096;
    return bytes_of(head) + bytes_of(segment) + code;
}

void pad(std::string& archive) {
    archive.resize((archive.size() + 3) / 4 * 4, '\0');
}

// The kernel's Documentation/driver-api/early-userspace/buffer-format.rst
void add_entry(std::string& archive,
               const std::string& name,
               unsigned mode,
               std::string_view data) {
    archive += fmt::format(
        "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 1, mode, 0, 0, 1, 0, data.size());
    archive += fmt::format("{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 0, 0, 0, 0, name.size() + 1, 0);
    archive += name + '\0';
    pad(archive);
    archive += data;
    pad(archive);
}

}  // namespace

std::string boot_proof_initrd() {
    std::string archive;
    add_entry(archive, "init", 0100755, program(fmt::format("{}\n", kBootProofWord)));
    add_entry(archive, "TRAILER!!!", 0, "");
    return archive;
}

}  // namespace ingot::vm
