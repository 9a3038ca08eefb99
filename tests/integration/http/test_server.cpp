// SPDX-License-Identifier: Apache-2.0
#include "test_server.h"

namespace ingot::test_support {

const http::TlsIdentity& test_authority() {
    static const auto authority = http::make_authority("Ingot test authority", base::now());
    return authority;
}

const http::TlsIdentity& test_identity() {
    static const auto identity = http::make_server_certificate(
        test_authority(), {.dns = {"localhost"}, .addresses = {"127.0.0.1"}}, base::now());
    return identity;
}

http::ServerOptions test_options() {
    http::ServerOptions options;
    options.tcp = {{.name = "api"}, {.name = "identity", .tls = false}};
    options.identity = test_identity();
    options.threads = 2;
    return options;
}

RawClient tls_client(const http::Server& server) {
    return RawClient::tls(server.port("api"),
                          {.authority_pem = test_authority().certificate_chain});
}

RawClient plain_client(const http::Server& server) {
    return RawClient::plain(server.port("identity"));
}

std::string get(std::string_view path, std::string_view more_headers) {
    return std::string("GET ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n") +
           std::string(more_headers) + "\r\n";
}

http::Response echo(http::Request&& request) {
    return {.body =
                request.method + "\n" + request.path + "\n" + request.query + "\n" + request.body};
}

}  // namespace ingot::test_support
