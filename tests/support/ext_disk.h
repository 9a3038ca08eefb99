// SPDX-License-Identifier: Apache-2.0
// Raw disks with real ext file systems, made by mke2fs and sfdisk without privileges.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/child_process.h"
#include "os/fd.h"
#include "os/files.h"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::tests {

// A folder to fill, and the disk that is made of it.
class ExtDisk {
  public:
    ExtDisk(os::Path folder, const std::string& name)
        : tree_(folder / (name + ".tree")), disk_(folder / (name + ".raw")) {
        os::make_folders(tree_);
    }

    [[nodiscard]] os::Path at(const std::string& path) const { return tree_ / path; }

    [[nodiscard]] const os::Path& disk() const { return disk_; }

    void put(const std::string& path, const std::string& contents) const {
        os::make_folders(at(path).parent_path());
        std::ofstream(at(path), std::ios::binary) << contents;
    }

    // The whole disk is the file system. The same tree gives the same disk but for times.
    void make(const std::vector<std::string>& more = {"-t", "ext4"},
              const std::string& size = "8m") const {
        std::vector<std::string> argv{"mke2fs", "-q", "-F", "-U", kUuid, "-E"};
        argv.insert(argv.end(), {fmt::format("hash_seed={}", kUuid), "-d", tree_});
        argv.insert(argv.end(), more.begin(), more.end());
        argv.insert(argv.end(), {disk_, size});
        os::run_checked({.argv = std::move(argv)}, base::Cancellation());
    }

    // A GPT of this size, with sfdisk's lines for its partitions.
    void partition(base::ByteCount size, const std::string& lines) const {
        {
            const auto fd = os::open_file(disk_, O_WRONLY | O_CREAT);
            ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size.bytes())), 0);
        }
        os::run_checked({.argv = {"sh",
                                  "-c",
                                  "printf \"label: gpt\nlabel-id: $3\n$1\" | sfdisk -q \"$2\"",
                                  "sh",
                                  lines,
                                  disk_,
                                  kUuid}},
                        base::Cancellation());
    }

    void make_in_partition(base::ByteCount start, const std::string& size = "8m") const {
        os::run_checked({.argv = {"mke2fs",
                                  "-q",
                                  "-F",
                                  "-t",
                                  "ext4",
                                  "-U",
                                  kUuid,
                                  "-E",
                                  fmt::format("offset={},hash_seed={}", start.bytes(), kUuid),
                                  "-d",
                                  tree_,
                                  disk_,
                                  size}},
                        base::Cancellation());
    }

    // Carries out a request of debugfs on a whole-disk file system. It takes a path with a question
    // mark for options, so the disk goes in as a descriptor.
    void debugfs(const std::string& request) const {
        const auto fd = os::open_file(disk_, O_RDWR);
        os::run_checked(
            {.argv = {"debugfs", "-w", "-R", request, "/dev/fd/3"}, .fds = {{fd.get(), 3}}},
            base::Cancellation());
    }

    void write(std::uint64_t at, const std::string& bytes) const {
        const auto fd = os::open_file(disk_, O_WRONLY);
        ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)),
                  static_cast<ssize_t>(bytes.size()));
    }

  private:
    static constexpr auto kUuid = "11111111-2222-3333-4444-555555555555";

    os::Path tree_;
    os::Path disk_;
};

}  // namespace ingot::tests
