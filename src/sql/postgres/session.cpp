// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/session.h"

#include "os/wait.h"
#include "sql/errors.h"
#include "sql/postgres/postgres_errors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace ingot::sql {
namespace {

using base::Error;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

// For a host that swallows packets; connect_timeout in the URL overrules it.
constexpr seconds kConnectTimeout{10};
// How long a server may take to stop a statement, or to undo a transaction.
constexpr seconds kPatience{5};

using ConnectionOptions = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// libpq's own words would repeat the URL, and with it the password.
void refuse_unreadable(const std::string& url) {
    const ConnectionOptions options(PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    if (!options) {
        throw Error(ErrorKind::InvalidArgument,
                    "DatabaseLocationInvalid",
                    "the location of the database is no URL that PostgreSQL reads; write "
                    "postgresql://USER@HOST:PORT/DATABASE, then ?NAME=VALUE for further "
                    "parameters, and special characters as %XX");
    }
}

seconds connect_timeout(PGconn* connection) {
    const ConnectionOptions options(PQconninfo(connection), &PQconninfoFree);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
        if (std::string_view(option->keyword) == "connect_timeout" && option->val != nullptr) {
            const std::string_view text(option->val);
            int told = 0;
            std::from_chars(text.data(), text.data() + text.size(), told);
            return told > 0 ? seconds(told) : kConnectTimeout;
        }
    }
    return kConnectTimeout;
}

bool is_error(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
}

}  // namespace

Session::Session(const std::string& url, OpenOptions options)
    : options_(std::move(options)), handle_(start(url)), name_(name_of(handle_.get())) {
    finish_connecting();
    refuse_other_encodings();
    set_up();
}

Session::Handle Session::start(const std::string& url) {
    refuse_unreadable(url);
    // What stands before the URL it may overrule, what stands after it not. Without the time limit
    // a server that vanished would be noticed after a quarter of an hour.
    constexpr std::array<const char*, 5> kNames = {
        "fallback_application_name", "tcp_user_timeout", "dbname", "client_encoding", nullptr};
    const std::array<const char*, 5> values = {"ingot", "30000", url.c_str(), "UTF8", nullptr};
    return Handle(PQconnectStartParams(kNames.data(), values.data(), 1));
}

std::string Session::name_of(const PGconn* connection) {
    const auto text = [](const char* value) { return value == nullptr ? "" : value; };
    const std::string_view host = text(PQhost(connection));
    const std::string_view database = text(PQdb(connection));
    return host.starts_with('/')
               ? fmt::format("postgresql:///{}?host={}", database, host)
               : fmt::format("postgresql://{}:{}/{}", host, text(PQport(connection)), database);
}

void Session::finish_connecting() {
    const auto end = std::chrono::steady_clock::now() + connect_timeout(handle_.get());
    auto state =
        PQstatus(handle_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED) {
            lose();
        }
        const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
        const auto wait = state == PGRES_POLLING_READING ? &os::wait_readable : &os::wait_writable;
        if (!wait(
                PQsocket(handle_.get()), options_.cancellation, std::max(left, milliseconds(0)))) {
            throw unavailable(name_, "the server does not answer");
        }
        state = PQconnectPoll(handle_.get());
    }
    PQsetnonblocking(handle_.get(), 1);
    // By default they are printed on standard error.
    PQsetNoticeReceiver(
        handle_.get(), [](void*, const PGresult*) {}, nullptr);
}

void Session::refuse_other_encodings() const {
    const char* const encoding = PQparameterStatus(handle_.get(), "server_encoding");
    if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
        throw Error(ErrorKind::PreconditionFailed,
                    "DatabaseEncoding",
                    fmt::format("the database {} has the encoding {}, which cannot hold every "
                                "name; make one WITH ENCODING 'UTF8' TEMPLATE template0",
                                name_,
                                encoding == nullptr ? "?" : encoding),
                    name_);
    }
}

// The keepalives let the server notice within a minute that a client's machine has vanished, and
// take back the write lock. Of the durable settings of synchronous_commit the server's own is kept.
void Session::set_up() {
    execute(fmt::format(
        "SET lock_timeout = {}; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; "
        "SET tcp_keepalives_count = 3; SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'",
        std::max<std::int64_t>(options_.busy_timeout.count(), 1)));
}

Result Session::execute(const std::string& script) {
    options_.cancellation.throw_if_cancelled();
    return answer_to(PQsendQuery(handle_.get(), script.c_str()));
}

void Session::prepare(const std::string& name, const std::string& statement) {
    options_.cancellation.throw_if_cancelled();
    answer_to(PQsendPrepare(handle_.get(), name.c_str(), statement.c_str(), 0, nullptr));
}

Result Session::run(const std::string& name, const Parameters& parameters) {
    options_.cancellation.throw_if_cancelled();
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& parameter : parameters) {
        values.push_back(parameter ? parameter->c_str() : nullptr);
    }
    constexpr int kAsText = 0;
    return answer_to(PQsendQueryPrepared(handle_.get(),
                                         name.c_str(),
                                         static_cast<int>(values.size()),
                                         values.data(),
                                         nullptr,
                                         nullptr,
                                         kAsText));
}

Result Session::answer_to(int sent) {
    if (sent == 0) {
        lose();
    }
    Result result;
    try {
        result = await(options_.cancellation);
    } catch (const base::Cancelled&) {
        result = stop();
        if (!result) {
            throw;
        }
    }
    if (!result || is_error(result.get())) {
        fail(result.get());
    }
    // Also when the request to stop came too late: then it is done, and the next one is stopped.
    return result;
}

Result Session::await(const base::Cancellation& cancellation) {
    flush(cancellation);
    Result kept;
    while (true) {
        while (PQisBusy(handle_.get()) != 0) {
            (void)os::wait_readable(PQsocket(handle_.get()), cancellation);
            read_more();
        }
        Result next(PQgetResult(handle_.get()));
        if (!next) {
            return kept;
        }
        if (!kept || !is_error(kept.get())) {
            kept = std::move(next);
        }
    }
}

// Reads meanwhile: a server that cannot get rid of its answers stops listening.
void Session::flush(const base::Cancellation& cancellation) {
    int left = PQflush(handle_.get());
    for (; left > 0; left = PQflush(handle_.get())) {
        std::array<pollfd, 1> socket = {pollfd{PQsocket(handle_.get()), POLLIN | POLLOUT, 0}};
        (void)os::wait_for_any(socket, cancellation);
        if ((socket[0].revents & POLLIN) != 0) {
            read_more();
        }
    }
    if (left < 0) {
        lose();
    }
}

void Session::read_more() {
    if (PQconsumeInput(handle_.get()) == 0) {
        lose();
    }
}

Result Session::stop() {
    const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(handle_.get()),
                                                                    &PQfreeCancel);
    std::array<char, 256> ignored{};
    PQcancel(cancel.get(), ignored.data(), static_cast<int>(ignored.size()));
    try {
        return await(base::Cancellation().child(kPatience));
    } catch (const std::exception&) {
        handle_.reset();  // whatever it is doing, this connection is of no use any more
        return nullptr;
    }
}

void Session::roll_back() noexcept {
    const auto status = PQtransactionStatus(handle_.get());
    if (status == PQTRANS_IDLE || status == PQTRANS_UNKNOWN) {
        return;
    }
    try {
        if (status != PQTRANS_ACTIVE && PQsendQuery(handle_.get(), "ROLLBACK") != 0) {
            await(base::Cancellation().child(kPatience));
        }
    } catch (const std::exception&) {
        // Seen below: the transaction is still open.
    }
    if (PQtransactionStatus(handle_.get()) != PQTRANS_IDLE) {
        handle_.reset();
    }
}

bool Session::is_usable() noexcept {
    try {
        // Between statements there is nothing to read but a farewell.
        while (PQstatus(handle_.get()) == CONNECTION_OK &&
               os::wait_readable(PQsocket(handle_.get()), base::Cancellation(), milliseconds(0))) {
            read_more();
        }
    } catch (const std::exception&) {
        return false;
    }
    return PQstatus(handle_.get()) == CONNECTION_OK &&
           PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

void Session::fail(const PGresult* result) const {
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* const words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == nullptr || words == nullptr) {
        lose();  // libpq made this result itself
    }
    if (std::string_view(state) == kStateCancelled) {
        options_.cancellation.throw_if_cancelled();
    }
    throw error_of_state(state, words, name_);
}

void Session::lose() const {
    throw unavailable(name_, in_one_line(PQerrorMessage(handle_.get())));
}

}  // namespace ingot::sql
