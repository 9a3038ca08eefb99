// SPDX-License-Identifier: Apache-2.0
#include "arm/error_body.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace ingot::arm {

int http_status(base::ErrorKind kind) {
    switch (kind) {
        case base::ErrorKind::InvalidArgument:
        case base::ErrorKind::Unsupported:
            return 400;
        case base::ErrorKind::Unauthenticated:
            return 401;
        case base::ErrorKind::Forbidden:
            return 403;
        case base::ErrorKind::NotFound:
            return 404;
        case base::ErrorKind::AlreadyExists:
        case base::ErrorKind::Conflict:
        case base::ErrorKind::QuotaExceeded:
            return 409;
        case base::ErrorKind::PreconditionFailed:
            return 412;
        case base::ErrorKind::TooManyRequests:
            return 429;
        case base::ErrorKind::Unavailable:
        case base::ErrorKind::Timeout:
            return 503;
        case base::ErrorKind::GuestFailed:
        case base::ErrorKind::Corrupt:
        case base::ErrorKind::Internal:
            return 500;
    }
    return 500;
}

boost::json::object error_object(const base::Error& error) {
    boost::json::object object{{"code", error.code()}, {"message", error.message()}};
    if (!error.target().empty()) {
        object["target"] = error.target();
    }
    if (!error.details().empty()) {
        auto& details = object["details"].emplace_array();
        for (const auto& detail : error.details()) {
            boost::json::object one{{"code", detail.code}, {"message", detail.message}};
            if (!detail.target.empty()) {
                one["target"] = detail.target;
            }
            details.push_back(std::move(one));
        }
    }
    return object;
}

boost::json::object error_body(const base::Error& error, ErrorShape shape) {
    auto object = error_object(error);
    return shape == ErrorShape::Bare ? object : boost::json::object{{"error", std::move(object)}};
}

}  // namespace ingot::arm
