// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/event_stream.h"

#include "base/json.h"
#include "cli/remote/members.h"

#include <charconv>

#include <boost/json/value.hpp>

namespace ingot::cli {

void EventStream::take(std::string_view bytes) {
    unfinished_ += bytes;
    std::size_t begin = 0;
    for (auto end = unfinished_.find('\n'); end != std::string::npos;
         end = unfinished_.find('\n', begin)) {
        auto line = std::string_view(unfinished_).substr(begin, end - begin);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        take_line(line);
        begin = end + 1;
    }
    unfinished_.erase(0, begin);
}

void EventStream::take_line(std::string_view line) {
    if (line.empty()) {
        if (has_data_) {
            on_event_(event_);
        }
        event_ = {};
        has_data_ = false;
        return;
    }
    const auto colon = line.find(':');
    const auto field = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    if (field == "id") {
        event_.id = value;
    } else if (field == "event") {
        event_.name = value;
    } else if (field == "data") {
        event_.data += has_data_ ? "\n" : "";
        event_.data += value;
        has_data_ = true;
    }  // comments keep a connection awake and say nothing
}

std::optional<build::RunEvent> run_event_from(const ServerEvent& event) {
    const auto kind = build::event_kind_from(event.name);
    const auto parsed = base::parse_json(event.data);
    const auto* value = std::get_if<boost::json::value>(&parsed);
    if (!kind || value == nullptr || !value->is_object()) {
        return std::nullopt;
    }
    const auto& data = value->get_object();
    build::RunEvent result;
    result.kind = *kind;
    std::from_chars(event.id.data(), event.id.data() + event.id.size(), result.sequence);
    result.time = base::from_rfc3339(text_of(data, "time")).value_or(base::Timestamp());
    result.step = text_of(data, "step");
    result.title = text_of(data, "title");
    result.text = text_of(data, "text");
    if (result.kind == build::EventKind::Output) {
        result.stream = text_of(data, "stream") == "stderr" ? build::OutputStream::Err
                                                            : build::OutputStream::Out;
    }
    if (const auto* code = data.if_contains("exitCode"); code != nullptr && code->is_int64()) {
        result.exit_code = static_cast<int>(code->get_int64());
    }
    const auto* succeeded = data.if_contains("succeeded");
    result.succeeded = succeeded != nullptr && succeeded->is_bool() && succeeded->get_bool();
    return result;
}

}  // namespace ingot::cli
