// SPDX-License-Identifier: Apache-2.0
#include "os/event_queue.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>

namespace ingot::os {
namespace {

TEST(EventQueue, TellsOncePerArming) {
    EventQueue queue;
    const auto first = make_pipe();
    const auto second = make_pipe();
    queue.watch(first.read_end.get(), 1, Interest::Readable);
    queue.watch(second.read_end.get(), 2, Interest::Readable);
    write_all(first.write_end.get(), "x");
    EXPECT_EQ(queue.next(), 1U);
    // The first is still readable, and silent.
    write_all(second.write_end.get(), "x");
    EXPECT_EQ(queue.next(), 2U);
    queue.arm(first.read_end.get(), 3, Interest::Readable);
    EXPECT_EQ(queue.next(), 3U);
}

TEST(EventQueue, TellsThatTheOtherEndHasGone) {
    EventQueue queue;
    auto pair = make_socket_pair();
    queue.watch(pair.ours.get(), 7, Interest::Readable);
    pair.theirs.reset();
    EXPECT_EQ(queue.next(), 7U);
}

TEST(EventQueue, ForgetsADescriptorThatIsClosed) {
    EventQueue queue;
    auto pair = make_socket_pair();
    queue.watch(pair.ours.get(), 7, Interest::Both);
    pair.ours.reset();
    queue.close();
    EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(EventQueue, GivesAnEventToOneThread) {
    EventQueue queue;
    const auto pipe = make_pipe();
    std::promise<void> told;
    const auto serve = [&] {
        int count = 0;
        while (queue.next()) {
            ++count;
            told.set_value();
        }
        return count;
    };
    auto one = std::async(std::launch::async, serve);
    auto other = std::async(std::launch::async, serve);
    queue.watch(pipe.read_end.get(), 1, Interest::Readable);
    write_all(pipe.write_end.get(), "x");
    told.get_future().wait();
    queue.close();
    EXPECT_EQ(one.get() + other.get(), 1);
    EXPECT_EQ(queue.next(), std::nullopt);
}

}  // namespace
}  // namespace ingot::os
