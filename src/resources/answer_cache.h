// SPDX-License-Identifier: Apache-2.0
// Answers to GET requests, kept as text for as long as nothing at all was written to the database:
// clients that poll ask for the same thing many times a second. Rights are checked before, by the
// router; which answers depend on nothing but the database, the type says.
#pragma once

#include "resources/call.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace ingot::resources {

// Differs from an earlier one if anything was committed in between, by whoever. Nothing where the
// database cannot tell.
using DataVersion = std::function<std::optional<std::int64_t>()>;

class AnswerCache {
  public:
    explicit AnswerCache(DataVersion data_version) : data_version_(std::move(data_version)) {}

    // What `make` answers, or has answered since the last change. Any thread.
    [[nodiscard]] Answer answer(const Call& call, const std::function<Answer(const Call&)>& make);

  private:
    struct Kept {
        std::shared_ptr<const std::string> text;
        std::vector<std::pair<std::string, std::string>> headers;
    };

    [[nodiscard]] std::optional<Answer> find(std::int64_t version, const std::string& key);
    void keep(std::int64_t version, const std::string& key, Answer& answer);

    DataVersion data_version_;
    std::mutex mutex_;
    std::int64_t version_ = 0;
    std::unordered_map<std::string, Kept> kept_;
};

}  // namespace ingot::resources
