// SPDX-License-Identifier: Apache-2.0
// The PostgreSQL driver: a session with the server, and the statements that were prepared in it.
#pragma once

#include "sql/driver.h"
#include "sql/postgres/session.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace ingot::sql {

class PostgresConnection final : public Connection {
  public:
    PostgresConnection(const std::string& url, const OpenOptions& options);

    // Prepared once; the same text again costs nothing.
    [[nodiscard]] std::unique_ptr<PreparedStatement> prepare(std::string_view statement) override;
    void execute(std::string_view script) override;

    void roll_back() noexcept override { session_.roll_back(); }

    [[nodiscard]] bool is_usable() noexcept override { return session_.is_usable(); }

    [[nodiscard]] const DatabaseFacts& facts() const override { return facts_; }

    // For its statements.
    [[nodiscard]] Result run(const std::string& statement, const Parameters& parameters);

  private:
    // What the server calls it.
    [[nodiscard]] const std::string& prepared(const std::string& statement);

    Session session_;
    DatabaseFacts facts_;
    std::map<std::string, std::string> prepared_;
};

}  // namespace ingot::sql
