// SPDX-License-Identifier: Apache-2.0
#include "resources/answer_cache.h"

#include <boost/json/serialize.hpp>

namespace ingot::resources {
namespace {

constexpr std::size_t kMostAnswers = 1000;
constexpr std::size_t kLongestText = std::size_t{64} * 1024;

// All that an answer may depend on besides the database.
std::string key_of_answer(const Call& call) {
    std::string key = call.base_url + call.raw_path;
    for (const auto& [name, value] : call.query) {
        key += '\n' + name + '=' + value;
    }
    return key;
}

}  // namespace

Answer AnswerCache::answer(const Call& call, const std::function<Answer(const Call&)>& make) {
    const auto version = data_version_ ? data_version_() : std::nullopt;
    if (!version || call.verb != "GET") {
        return make(call);
    }
    const auto key = key_of_answer(call);
    if (auto known = find(*version, key)) {
        return std::move(*known);
    }
    auto answer = make(call);
    keep(*version, key, answer);
    return answer;
}

std::optional<Answer> AnswerCache::find(std::int64_t version, const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (version != version_) {
        kept_.clear();
        version_ = version;
    }
    const auto found = kept_.find(key);
    if (found == kept_.end()) {
        return std::nullopt;
    }
    Answer answer;
    answer.text = found->second.text;
    answer.headers = found->second.headers;
    return answer;
}

// `version` was read before the answer was made, so what has changed since is not missed.
void AnswerCache::keep(std::int64_t version, const std::string& key, Answer& answer) {
    if (answer.status != 200 || answer.live || !answer.file.empty() || answer.body.is_null()) {
        return;
    }
    auto text = std::make_shared<const std::string>(boost::json::serialize(answer.body));
    answer.text = text;
    const std::lock_guard lock(mutex_);
    if (version == version_ && kept_.size() < kMostAnswers && text->size() <= kLongestText) {
        kept_.insert_or_assign(key, Kept{std::move(text), answer.headers});
    }
}

}  // namespace ingot::resources
