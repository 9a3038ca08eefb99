// SPDX-License-Identifier: Apache-2.0
#include "guest/agent_frames.h"

#include <gtest/gtest.h>

namespace ingot::guest::agent {
namespace {

TEST(FrameReader, CutsAStreamWhereverItIsTorn) {
    const auto stream = encode(Frame::Out, "first") + encode(Frame::Done, "") +
                        encode(Frame::Err, std::string(70'000, 'x'));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
        FrameReader reader;
        std::vector<ReceivedFrame> frames;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            reader.add(std::string_view(stream).substr(at, piece));
            while (auto frame = reader.next()) {
                frames.push_back(*frame);
            }
        }
        ASSERT_EQ(frames.size(), 3U);
        EXPECT_EQ(frames[0].type, Frame::Out);
        EXPECT_EQ(frames[0].payload, "first");
        EXPECT_EQ(frames[1].payload, "");
        EXPECT_EQ(frames[2].payload.size(), 70'000U);
    }
}

TEST(FrameReader, TakesTheLargestAndRefusesOneByteMore) {
    FrameReader reader;
    reader.add(encode(Frame::Out, std::string(kLargestPayload, 'x')));
    EXPECT_FALSE(reader.broken());
    EXPECT_TRUE(reader.next());
    reader.add(encode(Frame::Out, std::string(kLargestPayload + 1, 'x')));
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
    reader.forget();
    EXPECT_FALSE(reader.broken());
}

TEST(PayloadReader, ReadsWhatWasWrittenAndNothingBeyond) {
    const auto bytes = PayloadWriter().u32(0xfedcba98).i64(-2).text("words").bytes();
    PayloadReader reader(bytes);
    EXPECT_EQ(reader.u32(), 0xfedcba98);
    EXPECT_EQ(reader.i64(), -2);
    EXPECT_EQ(reader.text(), "words");
    EXPECT_TRUE(reader.at_end());
    EXPECT_FALSE(reader.u32());
    EXPECT_FALSE(PayloadReader("\xff\xff\xff\xff").text());
    EXPECT_FALSE(PayloadReader("abc").u32());
    EXPECT_FALSE(PayloadReader("abcdefg").i64());
}

}  // namespace
}  // namespace ingot::guest::agent
