// SPDX-License-Identifier: Apache-2.0
#include "disk/qemu_img.h"

#include "base/error.h"
#include "base/uuid.h"
#include "disk/disk_digest.h"
#include "disk/vhd.h"
#include "os/child_process.h"
#include "os/fd.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::ByteCount;
using base::Cancellation;
using ::testing::IsEmpty;

class QemuImg : public ::testing::Test {
  protected:
    os::Path at(const std::string& name) const { return scratch_.path() / name; }

    os::Path make_raw(const std::string& name, ByteCount size) const {
        const auto fd = os::open_file(at(name), O_RDWR | O_CREAT);
        EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size.bytes())), 0);
        EXPECT_EQ(::pwrite(fd.get(), "boot", 4, 0), 4);
        EXPECT_EQ(::pwrite(fd.get(), "end", 3, static_cast<off_t>(size.bytes() - 3)), 3);
        return at(name);
    }

    void qemu_img(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "qemu-img");
        os::run_checked({.argv = std::move(arguments)}, scope_);
    }

    void write_vhd(const os::Path& raw, const os::Path& vhd) const {
        write_fixed_vhd(DiskView::of_raw(raw),
                        vhd,
                        {.created = base::now(), .unique_id = base::new_uuid()},
                        scope_);
    }

    static std::string refusal_of(const ImageFile& image) {
        try {
            require_self_contained(image);
        } catch (const base::Error& error) {
            return error.code();
        }
        return "accepted";
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    Cancellation scope_;
};

TEST_F(QemuImg, FlattenedOverlayIsTheBaseWithWhatChanged) {
    const auto base = make_raw("base: odd, name?.raw", ByteCount::mib(64));
    create_overlay(at("overlay"), {base, ImageFormat::Raw}, ByteCount::mib(128), scope_);
    const auto info = image_info({at("overlay"), ImageFormat::Qcow2}, scope_);
    EXPECT_EQ(info.virtual_size, ByteCount::mib(128));
    EXPECT_EQ(info.backing_file, base);
    os::run_checked({.argv = {"qemu-io", "-f", "qcow2", "-c", "write -P 65 1M 64k", at("overlay")}},
                    scope_);
    check_image(at("overlay"), scope_);
    flatten(at("overlay"), at("flat"), scope_);

    EXPECT_EQ(os::file_length(at("flat")), ByteCount::mib(128));
    EXPECT_LT(os::allocated_size(at("flat")), ByteCount::mib(1));
    const auto expected = at("expected");
    os::copy_sparse(base, expected, scope_);
    const auto fd = os::open_file(expected, O_RDWR);
    ASSERT_EQ(::ftruncate(fd.get(), 128 << 20), 0);
    const std::string written(64U << 10U, 'A');
    ASSERT_EQ(::pwrite(fd.get(), written.data(), written.size(), 1 << 20), 64 << 10);
    EXPECT_EQ(measure_disk(at("flat"), scope_), measure_disk(expected, scope_));
}

TEST_F(QemuImg, ConvertsThereAndBack) {
    const auto raw = make_raw("raw", ByteCount::mib(64));
    for (const auto format : {ImageFormat::Qcow2, ImageFormat::Vhd}) {
        const ImageFile other{at(std::string(qemu_name(format))), format};
        convert({raw, ImageFormat::Raw}, other, scope_);
        require_self_contained(other);
        const ImageFile back{other.path.string() + ".raw", ImageFormat::Raw};
        convert(other, back, scope_);
        EXPECT_EQ(measure_disk(back.path, scope_), measure_disk(raw, scope_));
    }
}

TEST_F(QemuImg, RefusesImagesThatLeanOnOthers) {
    const auto raw = make_raw("raw", ByteCount::mib(1));
    create_overlay(at("overlay"), {raw, ImageFormat::Raw}, ByteCount::mib(1), scope_);
    EXPECT_EQ(refusal_of({at("overlay"), ImageFormat::Qcow2}), "ImageNotSelfContained");
    qemu_img({"create",
              "-q",
              "-f",
              "qcow2",
              "-o",
              "data_file=" + at("data").string(),
              at("external"),
              "1M"});
    EXPECT_EQ(refusal_of({at("external"), ImageFormat::Qcow2}), "ImageNotSelfContained");
    EXPECT_EQ(image_info({at("external"), ImageFormat::Qcow2}, scope_).data_file, at("data"));
    EXPECT_EQ(refusal_of({raw, ImageFormat::Qcow2}), "ImageUnreadable");
    EXPECT_EQ(refusal_of({raw, ImageFormat::Vhd}), "ImageUnreadable");
    EXPECT_EQ(refusal_of({at("overlay"), ImageFormat::Raw}), "accepted")
        << "raw bytes mean nothing";
    qemu_img({"create", "-q", "-f", "qcow2", at("plain"), "1M"});
    EXPECT_EQ(refusal_of({at("plain"), ImageFormat::Qcow2}), "accepted");
    qemu_img({"create", "-q", "-f", "vpc", at("dynamic"), "1M"});
    EXPECT_EQ(refusal_of({at("dynamic"), ImageFormat::Vhd}), "accepted");
}

TEST_F(QemuImg, RefusesDifferencingVhds) {
    write_vhd(make_raw("raw", ByteCount::mib(1)), at("vhd"));
    const auto fd = os::open_file(at("vhd"), O_RDWR);
    ASSERT_EQ(::pwrite(fd.get(), "\4", 1, (1 << 20) + 63), 1);
    EXPECT_EQ(refusal_of({at("vhd"), ImageFormat::Vhd}), "ImageNotSelfContained");
}

TEST_F(QemuImg, NamesADamagedImage) {
    qemu_img({"create", "-q", "-f", "qcow2", at("q"), "64M"});
    os::run_checked({.argv = {"qemu-io", "-f", "qcow2", "-c", "write 0 1M", at("q")}}, scope_);
    const auto fd = os::open_file(at("q"), O_RDWR);
    const std::string zeros(65536, '\0');
    ASSERT_EQ(::pwrite(fd.get(), zeros.data(), zeros.size(), 2 * 65536), 65536);  // the refcounts
    try {
        check_image(at("q"), scope_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "DiskCorrupt");
    }
}

// An independent reader takes our VHD for what it is, at sizes where the geometry falls short.
TEST_F(QemuImg, ReadsOurFixedVhdAtItsFullSize) {
    for (const auto size : {ByteCount::mib(1), ByteCount::mib(100), ByteCount::mib(4099)}) {
        const auto raw = make_raw("raw", size);
        write_vhd(raw, at("vhd"));
        EXPECT_THAT(verify_fixed_vhd(at("vhd")), IsEmpty());
        EXPECT_EQ(image_info({at("vhd"), ImageFormat::Vhd}, scope_).virtual_size, size);
        EXPECT_NO_THROW(qemu_img({"compare", "-q", "-f", "raw", "-F", "vpc", raw, at("vhd")}));
        std::filesystem::remove(raw);
        std::filesystem::remove(at("vhd"));
    }
}

TEST_F(QemuImg, MakesFixedVhdsThatPassOurCheck) {
    convert({make_raw("raw", ByteCount::mib(100)), ImageFormat::Raw},
            {at("vhd"), ImageFormat::Vhd},
            scope_);
    EXPECT_THAT(verify_fixed_vhd(at("vhd")), IsEmpty());
}

TEST_F(QemuImg, SaysThatTheDiskIsFull) {
    const ImageFile backing{make_raw("raw", ByteCount::mib(1)), ImageFormat::Raw};
    try {
        create_overlay("/dev/full", backing, ByteCount::mib(1), scope_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "DiskFull") << error.message();
        EXPECT_EQ(error.kind(), base::ErrorKind::QuotaExceeded);
        EXPECT_EQ(error.target(), "/dev/full");
    }
}

}  // namespace
}  // namespace ingot::disk
