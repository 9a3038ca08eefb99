// SPDX-License-Identifier: Apache-2.0
// QEMU's monitor protocol over a connected socket: commands with their answers, and the events that
// come in between. What an event means is the business of machine_watch.h. One object belongs to
// one thread; QEMU may have several monitors, and every one of them receives every event.
#pragma once

#include "base/cancellation.h"
#include "os/fd.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::vm {

struct QmpEvent {
    std::string name;
    boost::json::object data;
};

// A text member of an answer or an event; empty if it is absent or no text.
[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view key);

// All functions throw Error{Unavailable, "QmpClosed"} when QEMU is gone and Error{Corrupt,
// "QmpProtocol"} when what comes is not QMP.
class QmpClient {
  public:
    // Reads the greeting and leaves negotiation mode. Blocks until QEMU has answered.
    QmpClient(os::Fd socket, const base::Cancellation& cancellation);

    // The command's "return". Throws Error{Internal, "QmpCommandFailed"} with QEMU's own words if
    // QEMU refuses. After Cancelled the client may be used on: the late answer is dropped.
    boost::json::value execute(std::string_view command,
                               const boost::json::object& arguments,
                               const base::Cancellation& cancellation);
    boost::json::value execute(std::string_view command, const base::Cancellation& cancellation);

    // The same with a descriptor handed over beside it (add-fd, getfd).
    boost::json::value execute_with_fd(std::string_view command,
                                       const boost::json::object& arguments,
                                       int fd,
                                       const base::Cancellation& cancellation);

    // The oldest event not yet taken, of the last 1000. poll_event() does not wait for one.
    [[nodiscard]] QmpEvent next_event(const base::Cancellation& cancellation);
    [[nodiscard]] std::optional<QmpEvent> poll_event();

    // Readable when poll_event() may have news.
    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    using Message = boost::json::object;

    bool read_available();
    [[nodiscard]] std::optional<Message> take_message();
    [[nodiscard]] std::optional<Message> take_answer();
    Message wait_for_answer(std::string_view id, const base::Cancellation& cancellation);
    boost::json::value ask(std::string_view command,
                           const boost::json::object& arguments,
                           int fd,
                           const base::Cancellation& cancellation);
    void send(const Message& message, int fd, const base::Cancellation& cancellation);

    os::Fd socket_;
    std::string received_;
    std::deque<QmpEvent> events_;
    unsigned long last_id_ = 0;
};

}  // namespace ingot::vm
