// SPDX-License-Identifier: Apache-2.0
// A real PostgreSQL server of a test program's own: on a Unix socket in a scratch folder, started
// on first use, ended with the program (by the kernel, if that is killed). Its language sorts
// unlike SQLite, on purpose. A test gets a schema of its own.
#pragma once

#include "base/cancellation.h"
#include "os/child_process.h"
#include "os/files.h"
#include "os/wait.h"
#include "sql/database.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace ingot {

class PostgresServer {
  public:
    static PostgresServer& shared() {
        static PostgresServer server;
        return server;
    }

    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    ~PostgresServer() {
        server_.send_signal(SIGINT);  // a fast, orderly shutdown
        server_.wait(base::Cancellation());
    }

    // Parameters as in "&sslmode=disable".
    [[nodiscard]] std::string location(const std::string& database = "postgres",
                                       const std::string& parameters = "") const {
        return fmt::format(
            "postgresql://ingot@/{}?host={}{}", database, folder_.path().string(), parameters);
    }

    // Of a schema, which is made when it is first asked for.
    [[nodiscard]] std::string location_of_schema(std::string schema) {
        std::ranges::replace(schema, '-', '_');
        const std::scoped_lock lock(mutex_);
        if (schemas_.insert(schema).second) {
            sql::Database::open(location()).execute("CREATE SCHEMA " + schema);
        }
        return location("postgres", "&options=-csearch_path%3D" + schema);
    }

  private:
    // The server refuses to run as root.
    struct User {
        std::string name;
        uid_t uid = ::geteuid();
        gid_t gid = ::getegid();
    };

    PostgresServer() = default;

    [[nodiscard]] os::Child start() const {
        if (::chown(folder_.path().c_str(), user_.uid, user_.gid) != 0) {
            throw std::runtime_error("cannot give the server its folder");
        }
        make_cluster();
        auto server = os::Child::start(server_command());
        read_until_ready(server);
        return server;
    }

    static User server_user() {
        if (::geteuid() != 0) {
            return {};
        }
        for (const auto* name : {"postgres", "nobody"}) {
            // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing else asks for users meanwhile
            if (const auto* entry = ::getpwnam(name)) {
                return {.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
            }
        }
        throw std::runtime_error(
            "a PostgreSQL server cannot run as root, and there is no user "
            "postgres or nobody");
    }

    // Debian keeps the server's programs out of PATH.
    static std::string program(const std::string& name) {
        for (const auto* folder : {"/usr/lib/postgresql/15/bin/", "/usr/lib/postgresql/16/bin/"}) {
            if (std::filesystem::exists(folder + name)) {
                return folder + name;
            }
        }
        const auto found = os::find_program(name);
        if (!found) {
            throw std::runtime_error(
                "there is no PostgreSQL server on this machine, which this "
                "test needs; install it with: ./dev setup test");
        }
        return *found;
    }

    // The death signal has to be set anew by whoever changes the user id.
    [[nodiscard]] os::ProcessSpec as_server_user(std::vector<std::string> argv) const {
        std::vector<std::string> whole = {"setpriv", "--pdeathsig", "INT"};
        if (!user_.name.empty()) {
            const std::vector<std::string> identity = {
                "--reuid", user_.name, "--regid", std::to_string(user_.gid), "--clear-groups"};
            whole.insert(whole.end(), identity.begin(), identity.end());
        }
        whole.emplace_back("--");
        std::ranges::move(argv, std::back_inserter(whole));
        return {.argv = whole,
                .working_directory = folder_.path().string(),
                .standard_error = os::Stream::Pipe};
    }

    void make_cluster() const {
        auto spec = as_server_user({program("initdb"),
                                    "--pgdata=" + data(),
                                    "--username=ingot",
                                    "--auth=trust",
                                    "--encoding=UTF8",
                                    "--locale=C",
                                    "--locale-provider=icu",
                                    "--icu-locale=en",
                                    "--no-sync"});
        os::run_checked(spec, base::Cancellation());
        // Who comes as "guarded" needs a password.
        const auto rules = data() + "/pg_hba.conf";
        os::replace_file(rules, "local all guarded scram-sha-256\nlocal all all trust\n", 0644);
    }

    [[nodiscard]] os::ProcessSpec server_command() const {
        std::vector<std::string> argv = {program("postgres"), "-D", data()};
        for (const auto& setting : {"listen_addresses=",
                                    "fsync=off",
                                    "full_page_writes=off",
                                    "shared_buffers=16MB",
                                    "max_connections=60",
                                    "autovacuum=off",
                                    "dynamic_shared_memory_type=mmap",
                                    "log_min_messages=log",
                                    "log_min_error_statement=panic"}) {
            argv.insert(argv.end(), {"-c", setting});
        }
        argv.insert(argv.end(), {"-c", "unix_socket_directories=" + folder_.path().string()});
        return as_server_user(argv);
    }

    [[nodiscard]] std::string data() const { return (folder_.path() / "data").string(); }

    // What it says next on standard error; empty at its end.
    [[nodiscard]] static std::string read_some(const os::Child& server) {
        std::array<char, 4096> buffer{};
        const int output = server.standard_error().get();
        (void)os::wait_readable(output, base::Cancellation());
        const auto got = ::read(output, buffer.data(), buffer.size());
        return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
    }

    static void read_until_ready(const os::Child& server) {
        std::string said;
        while (said.find("ready to accept connections") == std::string::npos) {
            const auto more = read_some(server);
            if (more.empty()) {
                throw std::runtime_error("the PostgreSQL server did not start: " + said);
            }
            said += more;
        }
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    User user_ = server_user();
    os::Child server_ = start();
    std::mutex mutex_;
    std::set<std::string> schemas_;
    // It would stop at a full pipe.
    std::jthread drain_{[this] {
        while (!read_some(server_).empty()) {
        }
    }};
};

}  // namespace ingot
