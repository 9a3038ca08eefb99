// SPDX-License-Identifier: Apache-2.0
// The real server as the tests start it: a TLS listener "api" and a plain one "identity", both on
// the loopback interface, under a certificate authority of the test program.
#pragma once

#include "http/server.h"
#include "raw_client.h"

#include <string>
#include <string_view>

namespace ingot::test_support {

// Made once; for "localhost" and 127.0.0.1.
[[nodiscard]] const http::TlsIdentity& test_authority();
[[nodiscard]] const http::TlsIdentity& test_identity();

[[nodiscard]] http::ServerOptions test_options();

[[nodiscard]] RawClient tls_client(const http::Server& server);
[[nodiscard]] RawClient plain_client(const http::Server& server);

// "GET path HTTP/1.1" with a Host.
[[nodiscard]] std::string get(std::string_view path, std::string_view more_headers = {});

// Answers with method, path, query and body, one a line.
[[nodiscard]] http::Response echo(http::Request&& request);

}  // namespace ingot::test_support
