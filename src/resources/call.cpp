// SPDX-License-Identifier: Apache-2.0
#include "resources/call.h"

#include "base/error.h"

namespace ingot::resources {

const boost::json::object& Call::object() const {
    if (!body || !body->is_object()) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "InvalidRequestContent",
                          "The request content was invalid: the body must be a JSON object.");
    }
    return body->get_object();
}

Answer ok(boost::json::value body) {
    Answer answer;
    answer.body = std::move(body);
    return answer;
}

Answer created(boost::json::value body) {
    auto answer = ok(std::move(body));
    answer.status = 201;
    return answer;
}

Answer no_content() {
    Answer answer;
    answer.status = 204;
    return answer;
}

}  // namespace ingot::resources
