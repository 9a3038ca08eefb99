// SPDX-License-Identifier: Apache-2.0
#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"

#include <thread>

#include <gtest/gtest.h>

namespace ingot::base {
namespace {

TEST(Sha256, MatchesTheStandardsExample) {
    // FIPS 180-4 example: SHA-256("abc").
    EXPECT_EQ(sha256("abc").hex(),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(Sha256Digest::from_hex(sha256("abc").hex()), sha256("abc"));
    EXPECT_FALSE(Sha256Digest::from_hex("abc"));
    EXPECT_FALSE(Sha256Digest::from_hex(std::string(64, 'g')));
}

TEST(ByteCount, RoundsUpAndReadsWell) {
    EXPECT_EQ(ByteCount(1).rounded_up_to(ByteCount::mib(1)), ByteCount::mib(1));
    EXPECT_EQ(ByteCount::mib(3).rounded_up_to(ByteCount::mib(1)), ByteCount::mib(3));
    EXPECT_EQ(to_string(ByteCount(1536)), "1.5 KiB");
    EXPECT_EQ(to_string(ByteCount(12)), "12 B");
}

TEST(Timestamp, SurvivesAJourneyThroughText) {
    const auto time = from_rfc3339("2026-11-20T09:17:31.187Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(to_rfc3339(*time), "2026-11-20T09:17:31.187Z");
    EXPECT_EQ(to_compact(*time), "20261120091731");
    EXPECT_FALSE(from_rfc3339("yesterday"));
    EXPECT_FALSE(from_rfc3339("2026-11-20T24:00:00Z"));
    EXPECT_FALSE(from_rfc3339("2026-11-20T09:00:1e300Z"));
    // Certificates that never end do so in 9999; nanoseconds end in 2262.
    EXPECT_EQ(to_rfc3339(*from_rfc3339("9999-12-31T23:59:59Z")), "9999-12-31T23:59:59.000Z");
}

TEST(Uuid, IsVersionFourAndNeverTheSame) {
    const auto id = new_uuid();
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(id, new_uuid());
}

TEST(Uuid, MadeOfANameFollowsTheStandard) {
    // RFC 9562 appendix A.4: the DNS name space and www.example.com.
    EXPECT_EQ(name_based_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
              "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    EXPECT_THROW((void)name_based_uuid("6ba7b810", "x"), Error);
    EXPECT_THROW((void)name_based_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430+8", "x"), Error);
}

TEST(Error, ReadsOutsideIn) {
    try {
        with_context("building t", [] {
            with_context("copying x", [] { throw SystemError(ENOSPC, "writing"); });
        });
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "building t: copying x: writing: No space left on device");
        EXPECT_EQ(error.kind(), ErrorKind::QuotaExceeded);
        EXPECT_EQ(error.code(), "DiskFull");
    }
}

TEST(Cancellation, ReachesChildrenWithItsCause) {
    const Cancellation root;
    const auto child = root.child().child(std::chrono::hours(1));
    EXPECT_NO_THROW(child.throw_if_cancelled());
    root.cancel(CancelCause::User);
    root.cancel(CancelCause::Shutdown);
    EXPECT_EQ(child.cause(), CancelCause::User);
    EXPECT_THROW(child.throw_if_cancelled(), Cancelled);
}

TEST(Cancellation, OfAChildLeavesItsParentAlone) {
    const Cancellation root;
    root.child().cancel(CancelCause::User);
    EXPECT_FALSE(root.cause());
}

TEST(Cancellation, TakesTheEarliestDeadlineUpTheTree) {
    const Cancellation root;
    const auto outer = root.child(std::chrono::nanoseconds(0));
    const auto inner = outer.child(std::chrono::hours(1));
    EXPECT_EQ(inner.deadline(), outer.deadline());
    EXPECT_EQ(inner.cause(), CancelCause::Timeout);
}

TEST(Cancellation, OfAnAlreadyCancelledParentReachesANewChild) {
    const Cancellation root;
    root.cancel(CancelCause::Shutdown);
    EXPECT_EQ(root.child().cause(), CancelCause::Shutdown);
}

}  // namespace
}  // namespace ingot::base
