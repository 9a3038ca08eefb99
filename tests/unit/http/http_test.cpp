// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"
#include "http/response_head.h"

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

TEST(RedactUrl, HidesUserNamesAndSignatures) {
    EXPECT_EQ(redact_url("https://me:secret@host/a?x=1"), "https://host/a?x=1");
    EXPECT_EQ(redact_url("https://me:p@ss@host/a"), "https://host/a");
    EXPECT_EQ(redact_url("https://h/a?sv=1&sig=abc%3D&se=2"), "https://h/a?sv=1&sig=REDACTED&se=2");
    EXPECT_EQ(redact_url("https://h/a?X-Amz-Signature=ff#top"),
              "https://h/a?X-Amz-Signature=REDACTED#top");
    EXPECT_EQ(redact_url("https://h?sig=a@b"), "https://h?sig=REDACTED");
}

TEST(RedactUrl, LeavesOtherUrlsAlone) {
    EXPECT_EQ(redact_url("https://host/a@b?signed=1&q"), "https://host/a@b?signed=1&q");
    EXPECT_EQ(redact_url("scripts/a.sh"), "scripts/a.sh");
    EXPECT_EQ(redact_url(""), "");
    EXPECT_EQ(redact_url("?"), "?");
}

ResponseHead head_from(std::initializer_list<std::string_view> lines) {
    ResponseHead head;
    for (const auto line : lines) {
        read_head_line(line, head);
    }
    return head;
}

TEST(ResponseHead, ReadsWhatADownloadNeeds) {
    const auto head = head_from({"HTTP/2 206 \r\n",
                                 "ETAG:\"v1\"\r\n",
                                 "content-length: 12\r\n",
                                 "Content-Range: bytes 100-111/112\r\n",
                                 "Accept-Ranges: bytes\r\n",
                                 "\r\n"});
    EXPECT_EQ(head.status, 206);
    EXPECT_EQ(head.etag, "\"v1\"");
    EXPECT_EQ(head.content_length, base::ByteCount(12));
    EXPECT_EQ(head.first_byte, base::ByteCount(100));
    EXPECT_TRUE(head.accepts_ranges);
}

TEST(ResponseHead, StartsAnewWithEachStatusLine) {
    const auto head = head_from({"HTTP/1.1 302 Found", "ETag: \"old\"", "HTTP/1.1 200 OK"});
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.etag, "");
}

TEST(ResponseHead, TakesNonsenseForAbsent) {
    const auto head = head_from({"HTTP/1.1", "content-length: many", "accept-ranges: none", ":"});
    EXPECT_EQ(head.status, 0);
    EXPECT_FALSE(head.content_length);
    EXPECT_FALSE(head.accepts_ranges);
}

}  // namespace
}  // namespace ingot::http
