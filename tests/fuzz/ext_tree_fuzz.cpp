// SPDX-License-Identifier: Apache-2.0
// A small sound file system, made by mke2fs at the start, in which the input changes bytes: four
// bytes of input are a place (two, little-endian), a length and a value. Whatever they damage, the
// answer is a tree, whose contents can be read, or an Error.
#include "base/error.h"
#include "disk/ext_tree.h"
#include "os/child_process.h"
#include "os/fd.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using ingot::base::ByteCount;
using ingot::base::Cancellation;

constexpr std::size_t kFirst = 1024;        // the superblock
constexpr std::size_t kReach = 64U * 1024;  // all metadata is before this

std::string make_file_system() {
    const auto scratch = ingot::os::ScratchFolder::temporary();
    const auto tree = scratch.path() / "tree";
    ingot::os::make_folders(tree / "etc/deep/er");
    std::ofstream(tree / "etc/hostname") << "guest";
    std::ofstream(tree / "file") << std::string(20'000, 'f');
    std::filesystem::create_symlink(std::string(200, 'l'), tree / "link");
    std::filesystem::create_hard_link(tree / "file", tree / "name");
    const auto image = scratch.path() / "image";
    ingot::os::run_checked({.argv = {"mke2fs",
                                     "-q",
                                     "-t",
                                     "ext4",
                                     "-O",
                                     "^metadata_csum,^has_journal,^resize_inode,inline_data",
                                     "-b",
                                     "1024",
                                     "-N",
                                     "64",
                                     "-U",
                                     "11111111-2222-3333-4444-555555555555",
                                     "-d",
                                     tree,
                                     image,
                                     "512k"}},
                           Cancellation());
    return ingot::os::read_file(image);
}

void put(int file, const std::string& bytes, std::size_t at = 0) {
    if (::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes.size())) {
        std::abort();
    }
}

void read_all(int file, const ingot::disk::FileTree& tree) {
    for (const auto& name : tree.names) {
        const auto& node = tree.nodes.at(name.node);
        if (node.type == ingot::disk::FileType::File && node.size < ByteCount::mib(1)) {
            (void)ingot::disk::read_whole(file, node, ByteCount::mib(1));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string kSound = make_file_system();
    static const ingot::os::Fd kFile(::memfd_create("image", 0));
    static const auto kPath = "/proc/self/fd/" + std::to_string(kFile.get());
    put(kFile.get(), kSound);
    for (std::size_t i = 0; i + 4 <= size && i < 64; i += 4) {
        const auto at = kFirst + (data[i] | static_cast<std::size_t>(data[i + 1]) << 8U);
        if (at < kReach) {
            put(kFile.get(),
                std::string(1U + data[i + 2] % 4U, static_cast<char>(data[i + 3])),
                at);
        }
    }
    try {
        if (const auto tree =
                ingot::disk::read_ext_tree(kPath, {0, kSound.size()}, Cancellation())) {
            read_all(kFile.get(), *tree);
        }
    } catch (const ingot::base::Error&) {  // as it should be
    }
    return 0;
}
