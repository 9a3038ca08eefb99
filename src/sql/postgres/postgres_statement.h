// SPDX-License-Identifier: Apache-2.0
// A statement of the PostgreSQL driver. All its rows come at once, so others may run on the same
// connection while they are read.
#pragma once

#include "sql/driver.h"
#include "sql/postgres/session.h"

#include <string>

namespace ingot::sql {

class PostgresConnection;

class PostgresStatement final : public PreparedStatement {
  public:
    // The connection outlives this.
    PostgresStatement(PostgresConnection& connection, std::string text);

    void bind(int parameter, Value value) override;
    [[nodiscard]] bool next() override;
    std::int64_t finish() override;
    [[nodiscard]] Value value(int column) const override;
    [[nodiscard]] std::string column_name(int column) const override;

  private:
    PostgresConnection& connection_;
    std::string text_;
    Parameters parameters_;
    Result result_;
    int row_ = -1;
};

}  // namespace ingot::sql
