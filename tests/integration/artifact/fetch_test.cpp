// SPDX-License-Identifier: Apache-2.0
#include "artifact/fetch.h"

#include "base/error.h"
#include "support/http/local_http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::artifact {
namespace {

using base::ByteCount;
using test_support::LocalHttpServer;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

Checksum checksum_of(const std::string& contents) {
    return {base::HashAlgorithm::Sha256, base::sha256(contents).hex()};
}

class Fetch : public ::testing::Test {
  protected:
    Fetch() {
        request_.destination = scratch_.path() / "fetched";
        request_.retry.first_pause = 1ms;
    }

    std::string fetched(const std::string& uri) {
        fetch(uri, request_, scope_);
        auto contents = os::read_file(request_.destination);
        std::filesystem::remove(request_.destination);
        return contents;
    }

    // The code it fails with; nothing may be left behind.
    std::string failure_of(const std::string& uri) {
        try {
            fetch(uri, request_, scope_);
        } catch (const base::Error& error) {
            message_ = error.message();
            EXPECT_FALSE(std::filesystem::exists(request_.destination));
            EXPECT_FALSE(std::filesystem::exists(request_.destination.string() + ".part"));
            return error.code();
        }
        return "no failure";
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    LocalHttpServer server_;
    base::Cancellation scope_;
    FetchRequest request_;
    std::string message_;
};

TEST_F(Fetch, BringsWhatTheServerHas) {
    server_.serve("/a.sh", {{.body = "echo hello"}});
    ByteCount seen;
    const auto facts = fetch(server_.url("/a.sh"),
                             request_,
                             scope_,
                             [&](ByteCount done, std::optional<ByteCount> total) {
                                 seen = done;
                                 EXPECT_EQ(total, ByteCount(10));
                             });
    EXPECT_EQ(os::read_file(request_.destination), "echo hello");
    EXPECT_EQ(facts.sha256, base::sha256("echo hello"));
    EXPECT_EQ(facts.size, ByteCount(10));
    EXPECT_EQ(seen, ByteCount(10));
}

TEST_F(Fetch, HasPatienceWithAServerThatStumbles) {
    server_.serve("/a.sh",
                  {{.status = 503},
                   {.status = 503},
                   {.body = "long enough", .drop_after = 3},
                   {.body = "echo hello"}});
    EXPECT_EQ(fetched(server_.url("/a.sh")), "echo hello");
    EXPECT_EQ(server_.requests().size(), 4U);
}

TEST_F(Fetch, GivesUpAfterTenAttempts) {
    server_.serve("/a.sh", {{.status = 500}});
    request_.retry.longest_pause = 1ms;
    EXPECT_EQ(failure_of(server_.url("/a.sh")), "ArtifactUnavailable");
    EXPECT_THAT(message_, HasSubstr("500"));
    EXPECT_THAT(message_, HasSubstr("10 attempts"));
    EXPECT_EQ(server_.requests().size(), 10U);
}

TEST_F(Fetch, AsksOnceForWhatIsNotThere) {
    EXPECT_EQ(failure_of(server_.url("/missing.sh")), "ArtifactNotFound");
    EXPECT_THAT(message_, HasSubstr(server_.url("/missing.sh")));
    EXPECT_THAT(message_, HasSubstr("404"));
    EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Fetch, ChecksTheBytesBeforeAnybodySeesThem) {
    server_.serve("/a.sh", {{.body = "echo hello"}});
    request_.expected = checksum_of("echo hello");
    EXPECT_EQ(fetched(server_.url("/a.sh")), "echo hello");
    request_.expected = checksum_of("something else");
    EXPECT_EQ(failure_of(server_.url("/a.sh")), "ChecksumMismatch");
}

TEST_F(Fetch, RefusesWhatIsTooLarge) {
    server_.serve("/a.sh", {{.body = "echo hello"}});
    os::replace_file(scratch_.path() / "a.sh", "echo hello");
    request_.size_limit = ByteCount(9);
    request_.base_folder = scratch_.path();
    EXPECT_EQ(failure_of(server_.url("/a.sh")), "ArtifactTooLarge");
    EXPECT_EQ(failure_of("a.sh"), "ArtifactTooLarge");
}

TEST_F(Fetch, FindsFilesBesideTheTemplate) {
    os::replace_file(scratch_.path() / "a b.sh", "echo local");
    request_.base_folder = scratch_.path();
    EXPECT_EQ(fetched("a b.sh"), "echo local");
    EXPECT_EQ(fetched((scratch_.path() / "a b.sh").string()), "echo local");
    EXPECT_EQ(fetched("file://" + scratch_.path().string() + "/a%20b.sh"), "echo local");
    request_.expected = checksum_of("other");
    EXPECT_EQ(failure_of("a b.sh"), "ChecksumMismatch");
}

TEST_F(Fetch, TakesOnlyRegularFiles) {
    ASSERT_EQ(::mkfifo((scratch_.path() / "pipe").c_str(), 0600), 0);
    request_.base_folder = scratch_.path();
    EXPECT_EQ(failure_of("pipe"), "ArtifactNotFound");
    EXPECT_EQ(failure_of("/dev/zero"), "ArtifactNotFound");
    EXPECT_EQ(failure_of("."), "ArtifactNotFound");
    EXPECT_EQ(failure_of("none.sh"), "ArtifactNotFound");
}

TEST_F(Fetch, ReadsNoLocalFilesForStrangers) {
    EXPECT_EQ(failure_of("/etc/hostname"), "LocalFileNotAllowed");
    EXPECT_EQ(failure_of("file:///etc/hostname"), "LocalFileNotAllowed");
    EXPECT_EQ(failure_of("ftp://host/file"), "UnsupportedUri");
}

TEST_F(Fetch, LeavesNothingWhenCancelled) {
    server_.serve("/a.sh", {{.body = "never sent", .stalls = true}});
    const auto soon = scope_.child(50ms);
    EXPECT_THROW(fetch(server_.url("/a.sh"), request_, soon), base::Cancelled);
    EXPECT_TRUE(std::filesystem::is_empty(scratch_.path()));
}

}  // namespace
}  // namespace ingot::artifact
