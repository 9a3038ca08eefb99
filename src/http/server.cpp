// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "base/cancellation.h"
#include "base/error.h"
#include "http/server/connection.h"
#include "http/server/connection_table.h"
#include "http/server/listening_socket.h"
#include "http/server/response_text.h"
#include "http/server/tls_context.h"
#include "os/event_queue.h"
#include "os/wait.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace ingot::http {
namespace {

using base::ErrorKind;
using os::Interest;
using Steady = Connection::Steady;

// Tokens below are listeners, by their place in the list.
constexpr os::EventQueue::Token kFirstConnection = 1U << 16U;
constexpr std::size_t kScratch = std::size_t{64} << 10U;
// Accepted in one go, before others get the thread.
constexpr int kAcceptedAtOnce = 64;

unsigned thread_count(unsigned wanted) {
    return wanted > 0 ? wanted : std::max(8U, 4 * std::thread::hardware_concurrency());
}

// How often deadlines are looked at: late by at most a quarter of the shortest.
std::chrono::milliseconds sweep_interval(const ServerLimits& limits) {
    using std::chrono::milliseconds;
    const auto shortest = std::min(
        {limits.head_timeout, limits.body_timeout, limits.idle_timeout, limits.stall_timeout});
    return std::clamp(shortest / 4, milliseconds(10), milliseconds(1000));
}

}  // namespace

class Server::Service {
  public:
    Service(ServerOptions options, Handler handler);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    [[nodiscard]] std::uint16_t port(std::string_view listener) const;

    [[nodiscard]] std::size_t connections() const { return world_->connections.size(); }

    void use_identity(const TlsIdentity& identity);
    void stop(std::chrono::milliseconds grace);

  private:
    // A listener goes when the server stops, and its lock keeps that from happening under accept().
    struct Listener {
        std::unique_ptr<ListeningSocket> socket;
        std::mutex mutex{};
        bool paused = false;  // out of descriptors; the sweep tries again
    };

    void listen(const ServerOptions& options);
    void start_threads(unsigned count);
    void serve_events();
    void dispatch(os::EventQueue::Token token, std::span<char> scratch);
    void accept_from(os::EventQueue::Token token);
    void admit(Accepted&& accepted, bool tls);
    [[nodiscard]] TlsSession new_session(int fd);
    void make_room();
    void sweep_until_stopped();
    void sweep();
    void resume_paused();
    void close_listeners();
    void end_threads();

    const Handler handler_;
    const unsigned thread_count_;
    const std::shared_ptr<ServedWorld> world_;
    std::mutex identity_mutex_;
    std::shared_ptr<const TlsContext> tls_;
    std::vector<std::unique_ptr<Listener>> listeners_;  // as many as there are, from the start on
    std::vector<std::pair<std::string, std::uint16_t>> ports_;
    std::atomic<os::EventQueue::Token> next_connection_ = kFirstConnection;
    std::mutex stop_mutex_;
    bool stopped_ = false;
    base::Cancellation stop_sweeping_;
    std::vector<std::jthread> threads_;
};

Server::Service::Service(ServerOptions options, Handler handler)
    : handler_(std::move(handler)),
      thread_count_(thread_count(options.threads)),
      world_(std::make_shared<ServedWorld>(options.limits,
                                           options.refusal ? options.refusal : plain_response)) {
    if (options.identity) {
        tls_ = std::make_shared<const TlsContext>(*options.identity);
    }
    listen(options);
    try {
        start_threads(thread_count_);
    } catch (...) {
        end_threads();
        throw;
    }
}

Server::Service::~Service() {
    stop(std::chrono::milliseconds(0));
}

std::uint16_t Server::Service::port(std::string_view listener) const {
    const auto found =
        std::ranges::find(ports_, listener, &std::pair<std::string, std::uint16_t>::first);
    return found == ports_.end() ? 0 : found->second;
}

void Server::Service::use_identity(const TlsIdentity& identity) {
    auto context = std::make_shared<const TlsContext>(identity);
    const std::lock_guard lock(identity_mutex_);
    tls_ = std::move(context);
}

// --- Start
// ----------------------------------------------------------------------------------------

void Server::Service::listen(const ServerOptions& options) {
    const auto add = [this](const auto& listener) {
        auto socket = std::make_unique<ListeningSocket>(listener);
        ports_.emplace_back(socket->name(), socket->port());
        listeners_.push_back(std::make_unique<Listener>());
        listeners_.back()->socket = std::move(socket);
    };
    for (const auto& listener : options.tcp) {
        if (listener.tls && !tls_) {
            throw base::Error(ErrorKind::InvalidArgument,
                              "InvalidListener",
                              "a listener with TLS needs a certificate",
                              listener.name);
        }
        add(listener);
    }
    std::ranges::for_each(options.unix_sockets, add);
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        world_->events.watch(listeners_[i]->socket->fd(), i, Interest::Readable);
    }
}

void Server::Service::start_threads(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        threads_.emplace_back([this] { serve_events(); });
    }
    threads_.emplace_back([this] { sweep_until_stopped(); });
}

// --- Events
// ---------------------------------------------------------------------------------------

void Server::Service::serve_events() {
    std::vector<char> scratch(kScratch);
    while (const auto token = world_->events.next()) {
        dispatch(*token, scratch);
    }
}

void Server::Service::dispatch(os::EventQueue::Token token, std::span<char> scratch) {
    if (token < kFirstConnection) {
        accept_from(token);
    } else if (const auto connection = world_->connections.find(token)) {
        connection->serve(scratch);
    }
}

void Server::Service::accept_from(os::EventQueue::Token token) {
    auto& listener = *listeners_.at(token);
    const std::lock_guard lock(listener.mutex);
    if (!listener.socket) {
        return;
    }
    try {
        for (int i = 0; i < kAcceptedAtOnce; ++i) {
            auto accepted = listener.socket->accept();
            if (!accepted) {
                break;
            }
            admit(std::move(*accepted), listener.socket->tls());
        }
    } catch (const std::exception&) {
        // Descriptors or memory have run out. Asking again at once would spin.
        make_room();
        listener.paused = true;
        return;
    }
    world_->events.arm(listener.socket->fd(), token, Interest::Readable);
}

void Server::Service::admit(Accepted&& accepted, bool tls) {
    if (world_->connections.size() >= world_->limits.connections) {
        make_room();
    }
    const int fd = accepted.socket.get();
    Transport transport(std::move(accepted.socket), tls ? new_session(fd) : nullptr);
    const auto id = next_connection_++;
    const auto connection = std::make_shared<Connection>(
        world_, handler_, id, std::move(transport), std::move(accepted.peer));
    world_->connections.add(id, connection);
    try {
        connection->start();
    } catch (...) {
        world_->connections.remove(id);
        throw;
    }
}

TlsSession Server::Service::new_session(int fd) {
    std::shared_ptr<const TlsContext> context;
    {
        const std::lock_guard lock(identity_mutex_);
        context = tls_;
    }
    return context->new_session(fd);
}

// Closes the connection that has been idle for longest.
void Server::Service::make_room() {
    std::shared_ptr<const Connection> longest;
    auto since = Steady::time_point::max();
    world_->connections.for_each([&](const Connection& connection) {
        const auto idle_since = connection.idle_since();
        if (idle_since && *idle_since < since) {
            longest = connection.shared_from_this();
            since = *idle_since;
        }
    });
    if (longest) {
        longest->cut();
    }
}

// --- Deadlines
// ------------------------------------------------------------------------------------

void Server::Service::sweep_until_stopped() {
    try {
        while (true) {
            os::pause_for(sweep_interval(world_->limits), stop_sweeping_);
            sweep();
        }
    } catch (const base::Cancelled&) {
        return;
    }
}

void Server::Service::sweep() {
    const auto now = Steady::now();
    world_->connections.for_each([now](const Connection& connection) {
        if (connection.is_late(now)) {
            connection.cut();
        }
    });
    resume_paused();
}

void Server::Service::resume_paused() {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        auto& listener = *listeners_[i];
        const std::lock_guard lock(listener.mutex);
        if (listener.socket && std::exchange(listener.paused, false)) {
            world_->events.arm(listener.socket->fd(), i, Interest::Readable);
        }
    }
}

// --- Stop
// -----------------------------------------------------------------------------------------

void Server::Service::stop(std::chrono::milliseconds grace) {
    const std::lock_guard lock(stop_mutex_);
    if (std::exchange(stopped_, true)) {
        return;
    }
    close_listeners();
    world_->stopping = true;
    world_->connections.for_each([](const Connection& connection) { connection.end_soon(); });
    world_->connections.wait_until_empty(grace);
    world_->connections.for_each([](const Connection& connection) { connection.cut(); });
    world_->connections.wait_until_empty();
    end_threads();
}

void Server::Service::close_listeners() {
    for (const auto& listener : listeners_) {
        const std::lock_guard lock(listener->mutex);
        listener->socket.reset();
    }
}

void Server::Service::end_threads() {
    stop_sweeping_.cancel(base::CancelCause::Shutdown);
    world_->events.close();
    threads_.clear();
}

// --- The public face
// ------------------------------------------------------------------------------

Server::Server(ServerOptions options, Handler handler)
    : service_(std::make_unique<Service>(std::move(options), std::move(handler))) {}

Server::~Server() = default;

std::uint16_t Server::port(std::string_view listener) const {
    return service_->port(listener);
}

std::size_t Server::connections() const {
    return service_->connections();
}

void Server::use_identity(const TlsIdentity& identity) {
    service_->use_identity(identity);
}

void Server::stop(std::chrono::milliseconds grace) {
    service_->stop(grace);
}

}  // namespace ingot::http
