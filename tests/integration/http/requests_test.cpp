// SPDX-License-Identifier: Apache-2.0
// What clients ask and are answered, over TLS and over sockets.
#include "http/client.h"
#include "os/files.h"
#include "os/unix_socket.h"
#include "test_server.h"

#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::http {
namespace {

using test_support::echo;
using test_support::get;
using test_support::plain_client;
using test_support::RawClient;
using test_support::test_authority;
using test_support::test_options;
using test_support::tls_client;
using testing::HasSubstr;

TEST(ServerRequests, KeepsAConnectionOverTls) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    const auto first = client.ask(get("/a?x=1"));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, "GET\n/a\nx=1\n");
    EXPECT_TRUE(first.headers.contains("date"));
    EXPECT_FALSE(first.headers.contains("connection"));
    EXPECT_EQ(client.ask(get("/b")).body, "GET\n/b\n\n");
    EXPECT_EQ(server.connections(), 1U);
}

TEST(ServerRequests, AnswersPipelinedOnesInOrder) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    std::string all;
    for (int i = 0; i < 200; ++i) {
        all += get("/" + std::to_string(i));
    }
    client.send(all);
    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(client.receive().body, "GET\n/" + std::to_string(i) + "\n\n");
    }
}

TEST(ServerRequests, TakesBodiesOfBothKinds) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    EXPECT_EQ(client.ask("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").body,
              "PUT\n/a\n\nhello");
    EXPECT_EQ(client
                  .ask("POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: ignored\r\n\r\n")
                  .body,
              "POST\n/b\n\nhello world");
    const std::string large(3'000'000, 'x');
    client.send("PUT /c HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    client.send(large);
    EXPECT_EQ(client.receive().body, "PUT\n/c\n\n" + large);
}

TEST(ServerRequests, TellsAClientToContinue) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    EXPECT_EQ(
        client.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            .status,
        100);
    EXPECT_EQ(client.ask("ok").body, "PUT\n/\n\nok");
}

TEST(ServerRequests, AnswersHeadWithoutABody) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto response = client.receive(true);
    EXPECT_EQ(response.headers.at("content-length"), "9");
    EXPECT_EQ(client.ask(get("/b")).body, "GET\n/b\n\n");
}

TEST(ServerRequests, TakesAbsoluteTargets) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    EXPECT_EQ(client.ask(get("https://localhost:1/a//b?q")).body, "GET\n/a//b\nq\n");
    EXPECT_EQ(client.ask(get("http://localhost?q")).body, "GET\n/\nq\n");
}

TEST(ServerRequests, EndsAConnectionWhenAsked) {
    Server server(test_options(), echo);
    auto client = tls_client(server);
    client.send(get("/", "Connection: close\r\n"));
    EXPECT_EQ(client.receive().headers.at("connection"), "close");
    EXPECT_EQ(client.receive_rest(), "");
    auto old = plain_client(server);
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old.receive().status, 200);
    EXPECT_EQ(old.receive_rest(), "");
}

TEST(ServerRequests, HidesWhatAHandlerThrows) {
    Server server(test_options(), [](const Request& request) -> Response {
        if (request.path == "/header") {
            return {.headers = {{"X-Evil", "a\r\nSet-Cookie: b"}}};
        }
        throw std::runtime_error("a secret");
    });
    auto client = tls_client(server);
    const auto thrown = client.ask(get("/"));
    EXPECT_EQ(thrown.status, 500);
    EXPECT_EQ(thrown.body, "Internal Server Error\n");
    EXPECT_EQ(client.ask(get("/header")).status, 500);
}

TEST(ServerRequests, SaysWhoAsks) {
    Server server(test_options(), [](const Request& request) -> Response {
        return {.status = 201, .body = request.peer.listener + " " + request.peer.address};
    });
    EXPECT_EQ(tls_client(server).ask(get("/")).body, "api 127.0.0.1");
    EXPECT_EQ(plain_client(server).ask(get("/")).body, "identity 127.0.0.1");
}

// --- Files
// ----------------------------------------------------------------------------------------

// 20 MiB in which every position is recognisable.
std::string recognisable_bytes() {
    std::string bytes(std::size_t{20} << 20U, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>((i * 2654435761U) >> 24U);
    }
    return bytes;
}

TEST(ServerFiles, SendsTheRangeOfAFile) {
    const auto folder = os::ScratchFolder::temporary();
    const auto path = folder.path() / "disk.vhd";
    const auto bytes = recognisable_bytes();
    os::replace_file(path, bytes);
    Server server(test_options(), [&](const Request& request) -> Response {
        const std::uint64_t first = request.query.empty() ? 0 : std::stoull(request.query);
        return {.status = first == 0 ? 200 : 206,
                .body = FileRange{.file = os::open_file(path, O_RDONLY),
                                  .first_byte = base::ByteCount(first),
                                  .length = base::ByteCount(bytes.size() - first - 7)}};
    });
    auto client = tls_client(server);
    EXPECT_TRUE(client.ask(get("/")).body == bytes.substr(0, bytes.size() - 7));
    EXPECT_TRUE(client.ask(get("/?12345678")).body ==
                bytes.substr(12345678, bytes.size() - 12345678 - 7));
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive(true).headers.at("content-length"), std::to_string(bytes.size() - 7));
}

TEST(ServerFiles, ServesOurOwnClient) {
    const auto folder = os::ScratchFolder::temporary();
    const auto bytes = recognisable_bytes();
    os::replace_file(folder.path() / "f", bytes);
    Server server(test_options(), [&](const Request& /*request*/) -> Response {
        return {.headers = {{"ETag", "\"1\""}},
                .body = FileRange{.file = os::open_file(folder.path() / "f", O_RDONLY),
                                  .length = base::ByteCount(bytes.size())}};
    });
    std::string got;
    Client client;
    const auto head =
        client.get({.url = "http://127.0.0.1:" + std::to_string(server.port("identity")) + "/f"},
                   {.on_body = [&](std::string_view piece) { got += piece; }},
                   {});
    EXPECT_EQ(head.etag, "\"1\"");
    EXPECT_TRUE(got == bytes);
}

TEST(ServerFiles, BreaksOffWhenAFileIsShorterThanPromised) {
    Server server(test_options(), [](const Request& /*request*/) -> Response {
        return {.body = FileRange{.file = os::memory_file("short", "abc"),
                                  .length = base::ByteCount(10)}};
    });
    auto client = plain_client(server);
    client.send(get("/"));
    EXPECT_THAT(client.receive_rest(), testing::EndsWith("\r\n\r\nabc"));
}

// --- Unix sockets
// ---------------------------------------------------------------------------------

ServerOptions unix_options(const std::filesystem::path& path) {
    return {.unix_sockets = {{.path = path, .mode = 0660}}, .threads = 2};
}

TEST(ServerUnixSocket, KnowsItsPeer) {
    const auto folder = os::ScratchFolder::temporary();
    const auto path = folder.path() / "ingot.sock";
    {
        Server server(unix_options(path), [](const Request& request) -> Response {
            return {.body = std::to_string(request.peer.uid.value_or(99999)) +
                            (request.peer.unix_socket ? " unix" : "")};
        });

        struct stat status {};

        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0660U);
        EXPECT_EQ(RawClient::unix_socket(path).ask(get("/")).body,
                  std::to_string(::getuid()) + " unix");
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ServerUnixSocket, ReplacesWhatADeadProcessLeft) {
    const auto folder = os::ScratchFolder::temporary();
    const auto path = folder.path() / "ingot.sock";
    static_cast<void>(os::listen_unix(path));  // closed at once; the file stays
    ASSERT_TRUE(std::filesystem::exists(path));
    const Server server(unix_options(path), echo);
    EXPECT_EQ(RawClient::unix_socket(path).ask(get("/")).status, 200);
}

TEST(ServerUnixSocket, LeavesALiveOneAlone) {
    const auto folder = os::ScratchFolder::temporary();
    const auto path = folder.path() / "ingot.sock";
    const Server server(unix_options(path), echo);
    try {
        const Server second(unix_options(path), echo);
        FAIL() << "two servers at one socket";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::AlreadyExists);
        EXPECT_THAT(error.what(), HasSubstr(path.string()));
    }
    EXPECT_EQ(RawClient::unix_socket(path).ask(get("/")).status, 200);
    os::replace_file(folder.path() / "file", "precious");
    EXPECT_THROW(Server(unix_options(folder.path() / "file"), echo), base::Error);
    EXPECT_EQ(os::read_file(folder.path() / "file"), "precious");
}

// --- TLS and listeners
// ----------------------------------------------------------------------------

TEST(ServerTls, TakesOnlyCurrentVersions) {
    Server server(test_options(), echo);
    const auto client_of = [&](int version) {
        return RawClient::tls(
            server.port("api"),
            {.authority_pem = test_authority().certificate_chain, .highest_version = version});
    };
    EXPECT_THROW(static_cast<void>(client_of(TLS1_1_VERSION)), std::runtime_error);
    EXPECT_EQ(client_of(TLS1_2_VERSION).ask(get("/")).status, 200);
    EXPECT_EQ(client_of(TLS1_3_VERSION).ask(get("/")).status, 200);
}

TEST(ServerTls, SpeaksHttp11AndNothingElse) {
    Server server(test_options(), echo);
    const auto client_of = [&](const std::string& protocols) {
        return RawClient::tls(
            server.port("api"),
            {.authority_pem = test_authority().certificate_chain, .protocols = protocols});
    };
    EXPECT_EQ(client_of("\x02h2\x08http/1.1").chosen_protocol(), "http/1.1");
    EXPECT_THROW(static_cast<void>(client_of("\x02h2")), std::runtime_error);
}

TEST(ServerTls, TakesANewCertificateWhileItRuns) {
    Server server(test_options(), echo);
    auto before = tls_client(server);
    const auto other = make_authority("another", base::now());
    server.use_identity(make_server_certificate(other, {.dns = {"localhost"}}, base::now()));
    EXPECT_THROW(static_cast<void>(tls_client(server)), std::runtime_error);
    auto after = RawClient::tls(server.port("api"), {.authority_pem = other.certificate_chain});
    EXPECT_EQ(after.ask(get("/")).status, 200);
    EXPECT_EQ(before.ask(get("/")).status, 200);
    EXPECT_THROW(server.use_identity({"nonsense", "nonsense"}), base::Error);
    EXPECT_THROW(server.use_identity({other.certificate_chain, test_authority().private_key}),
                 base::Error);
}

TEST(ServerTls, HangsUpOnPlainText) {
    Server server(test_options(), echo);
    auto client = RawClient::plain(server.port("api"));
    client.send(get("/"));
    EXPECT_THAT(client.receive_rest(), testing::Not(HasSubstr("HTTP")));
    EXPECT_EQ(tls_client(server).ask(get("/")).status, 200);
}

TEST(ServerListeners, RefuseWhatIsNotSafeOrNotPossible) {
    EXPECT_THROW(Server({.tcp = {{.address = "0.0.0.0", .tls = false}}}, echo), base::Error);
    EXPECT_THROW(Server({.tcp = {{.address = "localhost", .tls = false}}}, echo), base::Error);
    EXPECT_THROW(Server({.tcp = {{}}}, echo), base::Error);
    const Server first({.tcp = {{.tls = false}}}, echo);
    EXPECT_THROW(Server({.tcp = {{.port = first.port(), .tls = false}}}, echo), base::SystemError);
}

}  // namespace
}  // namespace ingot::http
