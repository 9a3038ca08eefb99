// SPDX-License-Identifier: Apache-2.0
// One conversation with a PostgreSQL server, over libpq. Every wait in it ends when its scope is
// cancelled: the server is asked to stop (PQcancel), and a server that does not answer is left
// alone. Only the look-up of a host's name cannot be interrupted.
#pragma once

#include "sql/database.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

namespace ingot::sql {

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};

using Result = std::unique_ptr<PGresult, ClearResult>;

using Parameters = std::vector<std::optional<std::string>>;

class Session {
  public:
    Session(const std::string& url, OpenOptions options);

    // One or more statements without parameters; the last one's result. Like prepare() and run(),
    // throws what went wrong.
    Result execute(const std::string& script);
    void prepare(const std::string& name, const std::string& statement);
    [[nodiscard]] Result run(const std::string& name, const Parameters& parameters);

    // Ends the transaction, or else the conversation, upon which the server does.
    void roll_back() noexcept;
    // Looks whether the server has hung up. Does not wait.
    [[nodiscard]] bool is_usable() noexcept;

    // postgresql://HOST:PORT/DATABASE, without user and password.
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    struct Finish {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };

    using Handle = std::unique_ptr<PGconn, Finish>;

    static Handle start(const std::string& url);
    [[nodiscard]] static std::string name_of(const PGconn* connection);
    void finish_connecting();
    void refuse_other_encodings() const;
    void set_up();
    // `sent` is what the PQsend function answered.
    Result answer_to(int sent);
    // The last result, or the first one that is an error.
    Result await(const base::Cancellation& cancellation);
    void flush(const base::Cancellation& cancellation);
    void read_more();
    // What the server answers to a request to stop; nothing when it does not.
    Result stop();
    [[noreturn]] void fail(const PGresult* result) const;
    [[noreturn]] void lose() const;

    OpenOptions options_;
    Handle handle_;
    std::string name_;
};

}  // namespace ingot::sql
