// SPDX-License-Identifier: Apache-2.0
#include "http/server/connection.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include <unistd.h>

namespace ingot::http {
namespace {

using os::Interest;

// A connection gives its thread back after so many steps, for the others' sake.
constexpr int kStepsPerTurn = 32;
constexpr std::uint64_t kPieceOfFile = std::uint64_t{128} << 10U;
// A buffer that grew beyond this is not kept for the next request.
constexpr std::size_t kKeptBuffer = std::size_t{16} << 10U;
// What a client may send ahead while it listens to a stream.
constexpr std::size_t kSentAhead = std::size_t{64} << 10U;
// After the last response the client gets so long to read it: closing with unread input would reset
// the connection and take the response back.
constexpr auto kLingering = std::chrono::seconds(2);

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

// clang 14 cannot deduce this by itself.
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

void release_if_large(std::string& buffer) {
    buffer.clear();
    if (buffer.capacity() > kKeptBuffer) {
        buffer.shrink_to_fit();
    }
}

RequestParser::Limits parser_limits(const ServerLimits& limits) {
    return {.head = static_cast<std::uint32_t>(limits.head.bytes()), .body = limits.body.bytes()};
}

Connection::Steady::rep ticks(Connection::Steady::time_point time) {
    return time.time_since_epoch().count();
}

std::optional<std::uint64_t> length_of(const Response& response) {
    if (const auto* const text = std::get_if<std::string>(&response.body)) {
        return text->size();
    }
    if (const auto* const range = std::get_if<FileRange>(&response.body)) {
        return range->length.bytes();
    }
    return std::nullopt;
}

}  // namespace

Connection::Connection(std::shared_ptr<ServedWorld> world,
                       const Handler& handler,
                       Id id,
                       Transport transport,
                       Peer peer)
    : world_(std::move(world)),
      handler_(handler),
      id_(id),
      peer_(std::move(peer)),
      transport_(std::move(transport)),
      parser_(parser_limits(world_->limits)),
      deadline_(ticks(Steady::now() + world_->limits.head_timeout)),
      idle_since_(ticks(Steady::now())) {}

void Connection::start() {
    world_->events.watch(transport_.fd(), id_, Interest::Readable);
}

// --- What other threads may ask
// -------------------------------------------------------------------

bool Connection::is_late(Steady::time_point now) const {
    return ticks(now) > deadline_;
}

std::optional<Connection::Steady::time_point> Connection::idle_since() const {
    const Steady::rep since = idle_since_;
    return since == 0 ? std::nullopt : std::optional(Steady::time_point(Steady::duration(since)));
}

void Connection::cut() const noexcept {
    transport_.cut();
}

void Connection::end_soon() const noexcept {
    if (idle_since_ != 0) {
        transport_.cut();
    } else if (phase_ == Phase::Streaming) {
        // Finding the end of its input wakes the stream, and then it sees why.
        transport_.cut_reading();
    }
}

// --- The machine
// ----------------------------------------------------------------------------------

void Connection::serve(std::span<char> scratch) {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::Closed) {
        return;
    }
    try {
        run(scratch);
    } catch (...) {
        // Memory, a file that broke off: nothing that this client could still be told about.
        close();
    }
}

void Connection::run(std::span<char> scratch) {
    for (int steps = 0; steps < kStepsPerTurn; ++steps) {
        switch (step(scratch)) {
            case Next::Again:
                break;
            case Next::Asleep:
                return;
            case Next::Close:
                close();
                return;
        }
    }
    // Writable is nearly always true, so this queues up behind the others.
    arm(Interest::Writable);
}

Connection::Next Connection::step(std::span<char> scratch) {
    switch (phase_) {
        case Phase::Handshake:
            return shake_hands();
        case Phase::Reading:
            return read_request(scratch);
        case Phase::Responding:
            return send_response();
        case Phase::Streaming:
            return send_stream(scratch);
        case Phase::Lingering:
            return linger(scratch);
        case Phase::Closed:
            break;
    }
    return Next::Close;
}

void Connection::close() {
    phase_ = Phase::Closed;
    if (stream_) {
        stream_->end(false);
    }
    // From here on nobody cuts this socket; it closes with the last reference, our caller's.
    world_->connections.remove(id_);
}

Connection::Next Connection::shake_hands() {
    const auto status = transport_.handshake();
    if (status != IoStatus::Done) {
        return wait_for(status);
    }
    phase_ = Phase::Reading;
    return Next::Again;
}

// --- Requests
// -------------------------------------------------------------------------------------

Connection::Next Connection::read_request(std::span<char> scratch) {
    if (const auto next = flush(Interest::Writable)) {
        return *next;
    }
    if (!input_.empty()) {
        if (const auto next = parse_input()) {
            return *next;
        }
    }
    // After a response the next request is hardly ever there already: one recv saved.
    if (std::exchange(just_answered_, false) && !transport_.holds_input()) {
        return park(Interest::Readable);
    }
    return receive(scratch);
}

std::optional<Connection::Next> Connection::parse_input() {
    input_.erase(0, parser_.feed(input_));
    switch (parser_.state()) {
        case RequestParser::State::InHead:
            return std::nullopt;
        case RequestParser::State::InBody:
            note_progress_of_request();
            return output_.empty() ? std::nullopt : std::optional(Next::Again);
        case RequestParser::State::Complete:
            answer();
            return Next::Again;
        case RequestParser::State::Refused:
            respond(world_->refusal(parser_.refusal()), {});
            return Next::Again;
    }
    return std::nullopt;
}

// Called whenever more of a body came.
void Connection::note_progress_of_request() {
    if (!std::exchange(in_body_, true)) {
        set_deadline(world_->limits.body_timeout);
    }
    if (parser_.expects_continue() && !std::exchange(told_to_continue_, true)) {
        output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
}

Connection::Next Connection::receive(std::span<char> scratch) {
    const auto result = transport_.read(scratch);
    if (result.status != IoStatus::Done) {
        return wait_for(result.status);
    }
    input_.append(scratch.data(), result.bytes);
    if (idle_since_ != 0) {
        set_idle(false);
        if (served_any_) {
            set_deadline(world_->limits.head_timeout);
        }
    }
    return Next::Again;
}

void Connection::answer() {
    Asked asked{.http_1_0 = parser_.is_http_1_0(), .keep_alive = parser_.keep_alive()};
    auto request = parser_.take();
    request.peer = peer_;
    asked.head = request.method == "HEAD";
    set_no_deadline();
    respond(response_to(std::move(request)), asked);
}

Response Connection::response_to(Request&& request) const {
    try {
        return handler_(std::move(request));
    } catch (...) {
        return plain_response(500);
    }
}

// --- Responses
// ------------------------------------------------------------------------------------

void Connection::respond(Response&& response, const Asked& asked) {
    close_after_ = !asked.keep_alive || response.close || world_->stopping;
    try {
        begin(std::move(response), asked);
    } catch (const base::Error&) {
        // A header that nobody can send.
        output_.clear();
        begin(plain_response(500), asked);
    }
    set_deadline(world_->limits.stall_timeout);
}

void Connection::begin(Response&& response, const Asked& asked) {
    const bool streams = std::holds_alternative<Stream>(response.body);
    const bool bodiless = is_bodiless(response.status);
    // An HTTP/1.0 client knows the end of a stream only by the end of the connection.
    close_after_ = close_after_ || (streams && !bodiless && asked.http_1_0);
    append_head(output_,
                response.status,
                response.headers,
                {.content_length = bodiless ? std::nullopt : length_of(response),
                 .chunked = streams && !bodiless && !asked.http_1_0,
                 .keep_alive = !close_after_,
                 .http_1_0 = asked.http_1_0});
    phase_ = Phase::Responding;
    if (asked.head || bodiless) {
        return;
    }
    std::visit(
        Overloaded{[&](std::string&& text) { output_ += text; },
                   [&](FileRange&& range) { begin_file(std::move(range)); },
                   [&](Stream&& stream) { begin_stream(std::move(stream), !asked.http_1_0); }},
        std::move(response.body));
}

void Connection::begin_file(FileRange&& range) {
    file_ = FileRest{.file = std::move(range.file),
                     .offset = range.first_byte.bytes(),
                     .left = range.length.bytes()};
}

void Connection::begin_stream(Stream&& stream, bool chunked) {
    stream_ = std::make_shared<StreamQueue>(stream.queue_limit.bytes(), [self = weak_from_this()] {
        if (const auto connection = self.lock()) {
            connection->hear_the_bell();
        }
    });
    stream_chunked_ = chunked;
    stream_taken_ = false;
    phase_ = Phase::Streaming;
    try {
        stream.start(StreamWriter(stream_));
    } catch (...) {
        // The head says that all is well: breaking off is the only way left to say otherwise.
        transport_.cut();
    }
}

Connection::Next Connection::send_response() {
    if (const auto next = flush(Interest::Writable)) {
        return *next;
    }
    if (file_ && file_->left > 0) {
        load_piece_of_file();
        return Next::Again;
    }
    return finish_response();
}

void Connection::load_piece_of_file() {
    output_.resize(std::min(file_->left, kPieceOfFile));
    const auto got = ::pread(
        file_->file.get(), output_.data(), output_.size(), static_cast<off_t>(file_->offset));
    if (got <= 0) {
        throw base::SystemError(got < 0 ? errno : EIO, "reading a file to be sent");
    }
    const auto bytes = static_cast<std::uint64_t>(got);
    output_.resize(bytes);
    file_->offset += bytes;
    file_->left -= bytes;
}

Connection::Next Connection::finish_response() {
    file_.reset();
    if (stream_) {
        stream_->end(false);
        stream_.reset();
    }
    if (close_after_) {
        transport_.finish_writing();
        phase_ = Phase::Lingering;
        set_deadline(kLingering);
        return Next::Again;
    }
    await_request();
    return Next::Again;
}

void Connection::await_request() {
    release_if_large(output_);
    served_any_ = true;
    in_body_ = false;
    told_to_continue_ = false;
    phase_ = Phase::Reading;
    if (input_.empty()) {
        release_if_large(input_);
        just_answered_ = true;
        set_deadline(world_->limits.idle_timeout);
        set_idle(true);
    } else {
        set_deadline(world_->limits.head_timeout);
    }
}

Connection::Next Connection::linger(std::span<char> scratch) {
    const auto result = transport_.discard(scratch);
    return result.status == IoStatus::Done ? Next::Again : wait_for(result.status);
}

// --- Streams
// --------------------------------------------------------------------------------------

Connection::Next Connection::send_stream(std::span<char> scratch) {
    if (!hears_the_client(scratch)) {
        return Next::Close;
    }
    if (output_.empty()) {
        take_from_stream();
    }
    if (output_.empty() && !stream_taken_) {
        set_no_deadline();
        const bool asleep = stream_->sleep_if_empty([this] { arm(Interest::Readable); });
        return asleep ? Next::Asleep : Next::Again;
    }
    // Input that we cut ourselves stays readable for ever.
    if (const auto next = flush(reading_ended_ ? Interest::Writable : Interest::Both)) {
        return *next;
    }
    stream_->drained();
    return stream_taken_ ? finish_response() : Next::Again;
}

// On the producer's thread. The socket may be full of what was sent before the stream fell asleep:
// then nothing but the deadline would ever wake this connection.
void Connection::hear_the_bell() noexcept {
    set_deadline(world_->limits.stall_timeout);
    arm(Interest::Both);
}

// False once the client has gone: in a stream, that is when it ends its own side.
bool Connection::hears_the_client(std::span<char> scratch) {
    if (world_->stopping && !std::exchange(reading_ended_, true)) {
        close_after_ = true;
        stream_->end(true);
    }
    while (!reading_ended_) {
        const auto result = transport_.read(scratch);
        if (result.status == IoStatus::Closed) {
            return world_->stopping && hears_the_client(scratch);
        }
        if (result.status != IoStatus::Done) {
            break;
        }
        input_.append(scratch.data(), result.bytes);
        if (input_.size() > kSentAhead) {
            return false;
        }
    }
    return true;
}

void Connection::take_from_stream() {
    const auto taken = stream_->take();
    stream_taken_ = taken.last;
    set_deadline(world_->limits.stall_timeout);
    if (!stream_chunked_) {
        output_ = taken.bytes;
        return;
    }
    if (!taken.bytes.empty()) {
        append_chunk(output_, taken.bytes);
    }
    if (taken.last) {
        output_ += kLastChunk;
    }
}

// --- Waiting
// --------------------------------------------------------------------------------------

std::optional<Connection::Next> Connection::flush(Interest while_waiting) {
    if (output_.empty()) {
        return std::nullopt;
    }
    while (sent_ < output_.size()) {
        const auto result = transport_.write(std::string_view(output_).substr(sent_));
        if (result.status == IoStatus::Closed) {
            return Next::Close;
        }
        if (result.status != IoStatus::Done) {
            return park(while_waiting);
        }
        sent_ += result.bytes;
        if (phase_ != Phase::Reading) {
            set_deadline(world_->limits.stall_timeout);
        }
    }
    output_.clear();
    sent_ = 0;
    return std::nullopt;
}

Connection::Next Connection::wait_for(IoStatus status) {
    if (status == IoStatus::Closed) {
        return Next::Close;
    }
    return park(status == IoStatus::WantWrite ? Interest::Writable : Interest::Readable);
}

Connection::Next Connection::park(Interest interest) {
    // Either we see the stop here, or the stop sees us idle (end_soon).
    if (idle_since_ != 0 && world_->stopping) {
        return Next::Close;
    }
    arm(interest);
    return Next::Asleep;
}

void Connection::arm(Interest interest) noexcept {
    world_->events.arm(transport_.fd(), id_, interest);
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = ticks(Steady::now() + from_now);
}

void Connection::set_no_deadline() {
    deadline_ = std::numeric_limits<Steady::rep>::max();
}

void Connection::set_idle(bool idle) {
    idle_since_ = idle ? ticks(Steady::now()) : 0;
}

}  // namespace ingot::http
