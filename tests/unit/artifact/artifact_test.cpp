// SPDX-License-Identifier: Apache-2.0
#include "artifact/checksum.h"
#include "artifact/decompress.h"
#include "artifact/http_failure.h"
#include "artifact/local_uri.h"
#include "artifact/retry.h"
#include "base/error.h"

#include <gtest/gtest.h>

namespace ingot::artifact {
namespace {

using base::ErrorKind;
using namespace std::chrono_literals;

TEST(Checksum, IsToldByItsLength) {
    EXPECT_EQ(Checksum::parse(std::string(64, 'A')),
              (Checksum{base::HashAlgorithm::Sha256, std::string(64, 'a')}));
    EXPECT_EQ(Checksum::parse(std::string(128, '0'))->algorithm, base::HashAlgorithm::Sha512);
    EXPECT_FALSE(Checksum::parse(std::string(64, 'g')));
    EXPECT_FALSE(Checksum::parse("abc"));
    EXPECT_FALSE(Checksum::parse(""));
}

TEST(Checksum, AMismatchShowsBothDigests) {
    const auto expected = *Checksum::parse(std::string(64, 'a'));
    EXPECT_NO_THROW(require_match(expected, std::string(64, 'a'), "setup.sh"));
    try {
        require_match(expected, std::string(64, 'b'), "setup.sh");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "ChecksumMismatch");
        EXPECT_EQ(error.kind(), ErrorKind::InvalidArgument);
        for (const auto& part :
             {std::string(64, 'a'), std::string(64, 'b'), std::string("setup.sh")}) {
            EXPECT_NE(error.message().find(part), std::string::npos) << part;
        }
    }
}

TEST(LocalPath, IsRelativeToTheTemplate) {
    EXPECT_EQ(local_path("scripts/a.sh", "/t"), "/t/scripts/a.sh");
    EXPECT_EQ(local_path("/etc/a.sh", "/t"), "/etc/a.sh");
}

TEST(LocalPath, UnderstandsFileUris) {
    EXPECT_EQ(local_path("file:///a%20b/c", "/t"), "/a b/c");
    EXPECT_EQ(local_path("FILE://localhost/a", "/t"), "/a");
    EXPECT_EQ(local_path("file:/a", "/t"), "/a");
}

TEST(LocalPath, RefusesOtherHostsSchemesAndTricks) {
    for (const auto* uri : {"file://server/share",
                            "ftp://h/a",
                            "file:///a%00b",
                            "file:///a%2",
                            "file:///a%zz",
                            "file:a",
                            "file:",
                            ""}) {
        EXPECT_FALSE(local_path(uri, "/t")) << uri;
    }
}

TEST(IsHttp, LooksAtTheSchemeOnly) {
    EXPECT_TRUE(is_http("http://h/a"));
    EXPECT_TRUE(is_http("HTTPS://h/a"));
    EXPECT_FALSE(is_http("httpd.conf"));
    EXPECT_FALSE(is_http("files/http://x"));
}

TEST(CompressionOf, GoesByTheEnding) {
    EXPECT_EQ(compression_of("https://h/disk.raw.xz?token=1"), Compression::Xz);
    EXPECT_EQ(compression_of("disk.qcow2.gz"), Compression::Gzip);
    EXPECT_EQ(compression_of("disk.img.zst"), Compression::Zstd);
    EXPECT_EQ(compression_of("disk.qcow2"), Compression::None);
}

TEST(Retries, EndAfterTheLastAttempt) {
    const base::Cancellation scope;
    Retries retries({.attempts = 3, .first_pause = 0ms});
    EXPECT_TRUE(retries.another(scope));
    EXPECT_TRUE(retries.another(scope));
    EXPECT_FALSE(retries.another(scope));
    EXPECT_EQ(retries.made(), 3);
    retries.start_over();
    EXPECT_TRUE(retries.another(scope));
}

TEST(Retries, PauseIsCancellable) {
    const auto scope = base::Cancellation().child(1ms);
    Retries retries({.attempts = 2, .first_pause = 1h});
    EXPECT_THROW((void)retries.another(scope), base::Cancelled);
}

TEST(ArtifactError, HasACodeForWhatThePersonCanDo) {
    const auto code_of = [](ErrorKind kind, const std::string& code, int status) {
        return artifact_error(http::HttpError(kind, code, "GET x: oh", "x", status), 10).code();
    };
    EXPECT_EQ(code_of(ErrorKind::NotFound, "HttpStatus", 404), "ArtifactNotFound");
    EXPECT_EQ(code_of(ErrorKind::Forbidden, "HttpStatus", 403), "ArtifactForbidden");
    EXPECT_EQ(code_of(ErrorKind::Unavailable, "ConnectionFailed", 0), "ArtifactUnavailable");
    EXPECT_EQ(code_of(ErrorKind::TooManyRequests, "HttpStatus", 429), "ArtifactUnavailable");
    EXPECT_EQ(code_of(ErrorKind::InvalidArgument, "ResponseTooLarge", 200), "ArtifactTooLarge");
    EXPECT_EQ(code_of(ErrorKind::InvalidArgument, "UnsupportedUrl", 0), "UnsupportedUri");
    EXPECT_EQ(code_of(ErrorKind::InvalidArgument, "HttpStatus", 400), "ArtifactRefused");
}

}  // namespace
}  // namespace ingot::artifact
