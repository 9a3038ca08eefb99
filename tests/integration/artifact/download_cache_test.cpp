// SPDX-License-Identifier: Apache-2.0
#include "artifact/download_cache.h"

#include "base/error.h"
#include "support/http/local_http_server.h"

#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::artifact {
namespace {

using base::ByteCount;
using test_support::HttpReply;
using test_support::LocalHttpServer;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

std::string image_bytes() {
    std::string bytes(4U << 20U, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>((i * 2654435761U) >> 13U);
    }
    return bytes;
}

class Downloads : public ::testing::Test {
  protected:
    Downloads() {
        request_.url = server_.url("/disk");
        request_.expected = {base::HashAlgorithm::Sha256, base::sha256(image_).hex()};
        request_.retry = {.attempts = 3, .first_pause = 1ms};
    }

    [[nodiscard]] HttpReply whole() const {
        return {.body = image_, .etag = "\"v1\"", .ranges = true};
    }

    [[nodiscard]] HttpReply broken_after(std::size_t bytes) const {
        auto reply = whole();
        reply.drop_after = bytes;
        return reply;
    }

    std::string failure() {
        try {
            (void)cache_.get(request_, scope_);
        } catch (const base::Error& error) {
            return error.code();
        }
        return "no failure";
    }

    // "" for a request for the whole, else what follows "bytes=".
    std::vector<std::string> ranges_asked_for() const {
        std::vector<std::string> ranges;
        for (const auto& request : server_.requests()) {
            const auto range = request.headers.find("range");
            ranges.push_back(range == request.headers.end() ? "" : range->second.substr(6));
        }
        return ranges;
    }

    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
            names.insert(entry.path().filename());
        }
        return names;
    }

    const std::string image_ = image_bytes();
    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    DownloadCache cache_ = DownloadCache(scratch_.path());
    LocalHttpServer server_;
    base::Cancellation scope_;
    DownloadRequest request_;
};

TEST_F(Downloads, AreFetchedOnce) {
    server_.serve("/disk", {whole()});
    EXPECT_FALSE(cache_.has(request_.expected));
    const auto path = cache_.get(request_, scope_);
    EXPECT_EQ(os::read_file(path), image_);
    EXPECT_EQ(cache_.get(request_, scope_), path);
    EXPECT_EQ(server_.requests().size(), 1U);
    EXPECT_EQ(files(),
              (std::set<std::string>{request_.expected.hex, request_.expected.hex + ".lock"}));
}

TEST_F(Downloads, GoOnWhereTheConnectionBroke) {
    const auto first = std::size_t{2} << 20U;
    server_.serve("/disk", {broken_after(first), whole()});
    EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
    EXPECT_THAT(ranges_asked_for(), ElementsAre("", std::to_string(first) + "-"));
}

TEST_F(Downloads, GoOnWhereAKilledProcessStopped) {
    request_.retry.attempts = 1;
    server_.serve("/disk", {broken_after(1000), whole()});
    EXPECT_EQ(failure(), "ArtifactUnavailable");
    EXPECT_EQ(os::read_file(DownloadCache(scratch_.path()).get(request_, scope_)), image_);
    EXPECT_THAT(ranges_asked_for(), ElementsAre("", "1000-"));
}

TEST_F(Downloads, StartAgainWhenTheFileHasChanged) {
    auto older = broken_after(1000);
    older.body = std::string(image_.size(), 'o');
    older.etag = "\"v0\"";
    server_.serve("/disk", {older, whole()});
    EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
    EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(Downloads, StartAgainWhenThePiecesDoNotFit) {
    auto liar = broken_after(1000);  // the same etag for other bytes
    liar.body = std::string(image_.size(), 'o');
    server_.serve("/disk", {liar, whole()});
    EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
    EXPECT_THAT(ranges_asked_for(), ElementsAre("", "1000-", ""));
}

TEST_F(Downloads, StartAgainWithoutAStrongEtag) {
    for (const auto* etag : {"", "W/\"v1\""}) {
        cache_.erase(request_.expected);
        auto broken = broken_after(1000);
        broken.etag = etag;
        server_.serve("/disk", {broken, whole()});
        EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
        EXPECT_EQ(ranges_asked_for().back(), "");
    }
}

TEST_F(Downloads, NeedNoMoreBytesWhenAllCameBeforeTheKill) {
    os::replace_file(scratch_.path() / (request_.expected.hex + ".part"), image_);
    os::replace_file(scratch_.path() / (request_.expected.hex + ".etag"), "\"v1\"");
    server_.serve("/disk", {whole()});
    EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
}

TEST_F(Downloads, CountOnlyAttemptsThatBroughtNothing) {
    std::vector<HttpReply> replies;
    for (std::size_t i = 0; i < 3; ++i) {  // each brings one MiB more; three attempts are allowed
        replies.push_back(broken_after(std::size_t{1} << 20U));
    }
    replies.push_back(whole());
    server_.serve("/disk", replies);
    EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
    EXPECT_EQ(server_.requests().size(), 4U);
}

TEST_F(Downloads, WithTheWrongChecksumAreNotKept) {
    auto wrong = whole();
    wrong.body[5] = 'x';
    server_.serve("/disk", {wrong});
    EXPECT_EQ(failure(), "ChecksumMismatch");
    EXPECT_FALSE(cache_.has(request_.expected));
    EXPECT_EQ(files(), std::set<std::string>{request_.expected.hex + ".lock"});
    EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Downloads, WithTheWrongChecksumInPiecesEndToo) {
    auto broken = broken_after(1000);
    broken.body[5] = 'x';
    auto wrong = whole();
    wrong.body[5] = 'x';
    server_.serve("/disk", {broken, wrong});
    EXPECT_EQ(failure(), "ChecksumMismatch");
    EXPECT_THAT(ranges_asked_for(), ElementsAre("", "1000-", ""));
}

TEST_F(Downloads, MayBeNamedBySha512) {
    base::Hasher hasher(base::HashAlgorithm::Sha512);
    hasher.update(image_);
    request_.expected = *Checksum::parse(hasher.finish_hex());
    server_.serve("/disk", {whole()});
    EXPECT_EQ(os::read_file(cache_.get(request_, scope_)), image_);
}

TEST_F(Downloads, SayWhatIsNotThere) {
    EXPECT_EQ(failure(), "ArtifactNotFound");
    EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Downloads, OfTwoAtOnceHappenOnce) {
    server_.serve("/disk", {whole()});
    {
        const auto get = [this] { (void)cache_.get(request_, scope_); };
        const std::jthread one(get);
        const std::jthread two(get);
    }
    EXPECT_TRUE(cache_.has(request_.expected));
    EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Downloads, ReportHowFarTheyAre) {
    server_.serve("/disk", {broken_after(1000), whole()});
    ByteCount last;
    (void)cache_.get(request_, scope_, [&](ByteCount done, std::optional<ByteCount> total) {
        EXPECT_GE(done, last);
        EXPECT_EQ(total, ByteCount(image_.size()));
        last = done;
    });
    EXPECT_EQ(last, ByteCount(image_.size()));
}

}  // namespace
}  // namespace ingot::artifact
