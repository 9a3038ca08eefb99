// SPDX-License-Identifier: Apache-2.0
// One client's connection from handshake to close, as a machine that is driven by events: it does
// what can be done without waiting, arms its socket for what it waits for and gives the thread
// back. Accepting it and watching its deadline are the server's job.
#pragma once

#include "http/message.h"
#include "http/server/connection_table.h"
#include "http/server/request_parser.h"
#include "http/server/response_text.h"
#include "http/server/stream_queue.h"
#include "http/server/transport.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace ingot::http {

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Steady = std::chrono::steady_clock;
    using Id = ConnectionTable::Id;

    Connection(std::shared_ptr<ServedWorld> world,
               const Handler& handler,
               Id id,
               Transport transport,
               Peer peer);

    // Asks for its first event. Throws SystemError.
    void start();

    // For each of its events, on a thread of the server; calls the handler. `scratch` is the
    // thread's.
    void serve(std::span<char> scratch);

    // The rest for any thread, while the connection stands in the table.
    [[nodiscard]] bool is_late(Steady::time_point now) const;
    // Since when it waits for a request; empty while it has one.
    [[nodiscard]] std::optional<Steady::time_point> idle_since() const;
    // Makes it close at its next event, which comes at once.
    void cut() const noexcept;
    // The server stops: an idle connection closes, a stream ends, a request goes on.
    void end_soon() const noexcept;

  private:
    enum class Phase { Handshake, Reading, Responding, Streaming, Lingering, Closed };
    // What a step leaves to do.
    enum class Next { Again, Asleep, Close };

    // What the framing of a response depends on besides the response.
    struct Asked {
        bool head = false;
        bool http_1_0 = false;
        bool keep_alive = false;
    };

    struct FileRest {
        os::Fd file;
        std::uint64_t offset = 0;
        std::uint64_t left = 0;
    };

    void run(std::span<char> scratch);
    Next step(std::span<char> scratch);
    Next shake_hands();
    Next read_request(std::span<char> scratch);
    Next send_response();
    Next send_stream(std::span<char> scratch);
    Next linger(std::span<char> scratch);
    void close();

    std::optional<Next> parse_input();
    Next receive(std::span<char> scratch);
    void note_progress_of_request();
    void answer();
    Response response_to(Request&& request) const;
    void respond(Response&& response, const Asked& asked);
    void begin(Response&& response, const Asked& asked);
    void begin_file(FileRange&& range);
    void begin_stream(Stream&& stream, bool chunked);
    void load_piece_of_file();
    void take_from_stream();
    void hear_the_bell() noexcept;
    bool hears_the_client(std::span<char> scratch);
    Next finish_response();
    void await_request();

    // Empty when all of output_ was sent.
    std::optional<Next> flush(os::Interest while_waiting);
    Next wait_for(IoStatus status);
    Next park(os::Interest interest);
    void arm(os::Interest interest) noexcept;
    void set_deadline(std::chrono::milliseconds from_now);
    void set_no_deadline();
    void set_idle(bool idle);

    const std::shared_ptr<ServedWorld> world_;
    const Handler& handler_;
    const Id id_;
    const Peer peer_;

    // One event at a time is the rule, and a stream's bell the exception.
    std::mutex mutex_;
    Transport transport_;
    RequestParser parser_;
    std::string input_;   // received, not parsed
    std::string output_;  // to be sent, from sent_ on
    std::size_t sent_ = 0;
    std::optional<FileRest> file_;
    std::shared_ptr<StreamQueue> stream_;
    bool stream_chunked_ = false;
    bool stream_taken_ = false;   // to its end
    bool reading_ended_ = false;  // by ourselves, to end a stream
    bool close_after_ = false;
    bool served_any_ = false;
    bool in_body_ = false;
    bool told_to_continue_ = false;
    bool just_answered_ = false;

    std::atomic<Phase> phase_ = Phase::Handshake;
    std::atomic<Steady::rep> deadline_;
    std::atomic<Steady::rep> idle_since_;  // 0: not idle
};

}  // namespace ingot::http
