// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/freezer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::guest::agent {
namespace {

std::vector<std::string> points(std::string_view mountinfo) {
    std::vector<std::string> names;
    for (const auto& mount : mounts_to_freeze(mountinfo)) {
        names.push_back(mount.point);
    }
    return names;
}

TEST(MountsToFreeze, AreDisksThatCanBeWrittenEachOnceAndTheRootLast) {
    EXPECT_THAT(
        points("22 27 0:21 / /proc rw,relatime - proc proc rw\n"
               "27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard\n"
               "30 27 254:15 / /boot/efi rw shared:2 - vfat /dev/vda15 rw,fmask=0022\n"
               "31 27 0:24 / /run rw,nosuid,nodev shared:3 master:1 - tmpfs tmpfs rw\n"
               "32 27 7:0 / /snap/core/1 ro,nodev - squashfs /dev/loop0 ro\n"
               "33 27 254:1 /srv /mnt/bind ro,relatime shared:1 - ext4 /dev/vda1 rw,discard\n"
               "34 27 254:32 / /data\\040disk rw - xfs /dev/vdc rw\n"
               "35 34 7:1 / /data\\040disk/image rw - ext4 /dev/loop1 rw\n"
               "36 27 0:50 / /merged rw - overlay overlay rw,lowerdir=/a\n"),
        testing::ElementsAre("/data disk/image", "/data disk", "/boot/efi", "/"));
}

TEST(MountsToFreeze, SurvivesLinesThatAreNone) {
    EXPECT_THAT(points(""), testing::IsEmpty());
    EXPECT_THAT(points("\n - \n1 2 3\n27 1 254:1 / / rw -\n27 1 254:1 / / rw - ext4 /dev/x\n"),
                testing::IsEmpty());
}

}  // namespace
}  // namespace ingot::guest::agent
