// SPDX-License-Identifier: Apache-2.0
#include "disk/boot_files.h"

#include "base/byte_count.h"
#include "disk/ext_file_system.h"
#include "os/child_process.h"
#include "os/fd.h"

#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::ByteCount;
using base::Cancellation;

constexpr auto kUuid = "11111111-2222-3333-4444-555555555555";

// A file that QEMU would take for a Linux kernel.
std::string kernel(const std::string& tail) {
    return fmt::format("{}HdrS{}", std::string(0x202, 'k'), tail);
}

class BootFilesOf : public ::testing::Test {
  protected:
    void put(const std::string& path, const std::string& contents) const {
        const auto full = tree_ / path;
        os::make_folders(full.parent_path());
        std::ofstream(full) << contents;
    }

    void put_root() const {
        put("etc/hostname", "guest");
        put("usr/lib/systemd/libsystemd-shared-252.so", "x");
    }

    void put_kernel(const std::string& folder, const std::string& release) const {
        put(folder + "vmlinuz-" + release, kernel(release));
        put(folder + "initrd.img-" + release, "initrd " + release);
    }

    // Makes an ext4 of what was put so far, at `start` of the disk, and begins a new tree.
    void write_file_system(ByteCount start, const std::string& uuid) const {
        const auto image = scratch_.path() / "fs";
        std::filesystem::remove(image);
        os::run_checked(
            {.argv = {"mke2fs", "-q", "-t", "ext4", "-U", uuid, "-d", tree_, image, "8m"}}, scope_);
        const auto fd = os::open_file(disk_, O_WRONLY | O_CREAT);
        const auto bytes = os::read_file(image);
        ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(start.bytes())),
                  static_cast<ssize_t>(bytes.size()));
        os::remove_tree(tree_);
    }

    // One partition from 1 MiB to the end; or two, the first of 32 MiB.
    void partition(bool two) const {
        const auto fd = os::open_file(disk_, O_WRONLY | O_CREAT);
        ASSERT_EQ(::ftruncate(fd.get(), 100 << 20), 0);
        const std::string script =
            two ? "label: gpt\nstart=1MiB,size=32MiB,type=L\nstart=33MiB,type=L\n"
                : "label: gpt\nstart=1MiB,type=L\n";
        os::run_checked(
            {.argv = {"sh", "-c", "printf \"$1\" | sfdisk -q \"$2\"", "sh", script, disk_}},
            scope_);
    }

    std::optional<BootFiles> find() const {
        const auto out = scratch_.path() / "out";
        os::remove_tree(out);
        os::make_folders(out);
        return find_boot_files(disk_, out, scope_);
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    os::Path tree_ = scratch_.path() / "tree";
    os::Path disk_ = scratch_.path() / "disk: a?b.raw";
    Cancellation scope_;
};

TEST_F(BootFilesOf, ADebianDiskAreThoseOfTheNewestKernel) {
    put_root();
    put_kernel("boot/", "6.1.0-9-amd64");
    put_kernel("boot/", "6.1.0-18-amd64");
    put("boot/vmlinuz-6.1.0-20-amd64.dpkg-tmp", kernel("half"));
    put("boot/vmlinuz-0-rescue", kernel("rescue"));
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    const auto files = find();
    ASSERT_TRUE(files);
    EXPECT_EQ(files->kernel_release, "6.1.0-18-amd64");
    EXPECT_EQ(files->root_argument, fmt::format("root=UUID={}", kUuid));
    EXPECT_EQ(os::read_file(files->kernel), kernel("6.1.0-18-amd64"));
    EXPECT_EQ(os::read_file(files->initrd), "initrd 6.1.0-18-amd64");
    EXPECT_EQ(systemd_version(disk_, scope_), 252);
    EXPECT_TRUE(guest_reads_credentials(disk_, scope_));
}

TEST_F(BootFilesOf, ASeparateBootPartitionAreFound) {
    partition(true);
    put("vmlinuz-5.14.0-1.el9", kernel("el9"));
    put("initramfs-5.14.0-1.el9.img", "initrd");
    write_file_system(ByteCount::mib(1), "99999999-2222-3333-4444-555555555555");
    put_root();
    put("boot/README", "mounted here");
    write_file_system(ByteCount::mib(33), kUuid);
    const auto files = find();
    ASSERT_TRUE(files);
    EXPECT_EQ(files->kernel_release, "5.14.0-1.el9");
    EXPECT_EQ(files->root_argument, fmt::format("root=UUID={}", kUuid));
}

TEST_F(BootFilesOf, AnOldGuestDoNotIncludeCredentials) {
    put("etc/hostname", "guest");
    put("usr/bin/true", "x");
    put("lib/systemd/libsystemd-shared-247.so", "x");
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    EXPECT_EQ(systemd_version(disk_, scope_), 247);
    EXPECT_FALSE(guest_reads_credentials(disk_, scope_));
    EXPECT_FALSE(find());
}

TEST_F(BootFilesOf, ADiskWhoseKernelIsNoneAreNotFound) {
    put_root();
    put("boot/vmlinuz-6.1.0",
        "\x7f"
        "ELF and so on");
    put("boot/initrd.img-6.1.0", "initrd");
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    EXPECT_FALSE(find());
}

TEST_F(BootFilesOf, ADiskWithoutInitrdAreNotFound) {
    put_root();
    put("boot/vmlinuz-6.1.0", kernel(""));
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    EXPECT_FALSE(find());
}

TEST_F(BootFilesOf, AnEmptyDiskAreNotFound) {
    partition(false);
    EXPECT_FALSE(find());
    EXPECT_FALSE(systemd_version(disk_, scope_));
    EXPECT_FALSE(guest_reads_credentials(disk_, scope_));
}

TEST_F(BootFilesOf, ADamagedFileSystemAreNotFound) {
    put_root();
    put_kernel("boot/", "6.1.0");
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    const auto fd = os::open_file(disk_, O_WRONLY);
    // Everything behind the superblock: group descriptors, bitmaps, inodes.
    const std::string junk(7U << 20U, '\x5A');
    ASSERT_EQ(::pwrite(fd.get(), junk.data(), junk.size(), (1 << 20) + 4096),
              static_cast<ssize_t>(junk.size()));
    EXPECT_FALSE(find());
    EXPECT_FALSE(systemd_version(disk_, scope_));
}

TEST_F(BootFilesOf, AFileSystemThatWantsItsJournalReplayedAreNotRead) {
    put_root();
    put_kernel("boot/", "6.1.0");
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    ASSERT_TRUE(find());
    const auto fd = os::open_file(disk_, O_RDWR);
    const off_t incompatible_features = (1 << 20) + 1024 + 0x60;
    char flags = 0;
    ASSERT_EQ(::pread(fd.get(), &flags, 1, incompatible_features), 1);
    flags = static_cast<char>(flags | 4);
    ASSERT_EQ(::pwrite(fd.get(), &flags, 1, incompatible_features), 1);
    EXPECT_FALSE(find());
}

TEST_F(BootFilesOf, ACancelledSearchThrowsCancelled) {
    put_root();
    partition(false);
    write_file_system(ByteCount::mib(1), kUuid);
    scope_.cancel(base::CancelCause::User);
    EXPECT_THROW(find(), base::Cancelled);
}

}  // namespace
}  // namespace ingot::disk
