// SPDX-License-Identifier: Apache-2.0
// The guest agent: a static program that Ingot puts into a guest's memory, where it carries out
// what is asked of it over a virtio-serial port (guest/agent_protocol.h), as root.
//
// usage: ingot-guest-agent [--background] PORT ENVFILE
//
// PORT is a device, or fd:N for an inherited stream. ENVFILE holds the environment of a login,
// NAME=VALUE separated by NUL. With --background it returns as soon as the port is open.
#include "guest/agent/account.h"
#include "guest/agent/command.h"
#include "guest/agent/descriptor.h"
#include "guest/agent/freezer.h"
#include "guest/agent/port.h"
#include "guest/agent/renewal.h"
#include "guest/agent/upload.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ingot::guest::agent {
namespace {

constexpr std::string_view kMalformed = "the request is malformed";

class Agent {
  public:
    Agent(Port port, std::string login) : port_(std::move(port)), login_(std::move(login)) {}

    // Until an inherited port is closed; a device for ever.
    void serve() {
        while (true) {
            if (const auto frame = port_.receive()) {
                carry_out(*frame);
            } else if (port_.comes_back()) {
                ::usleep(100'000);
            } else {
                return;
            }
        }
    }

  private:
    void carry_out(const ReceivedFrame& request) {
        PayloadReader payload(request.payload);
        switch (request.type) {
            case Frame::Hello:
                return hello(payload);
            case Frame::Renew:
                return renew(payload);
            case Frame::Run:
                return run(payload);
            case Frame::Script:
                return script(payload);
            case Frame::PutBegin:
                return put(payload);
            case Frame::Freeze:
                return answer(freezer_.freeze());
            case Frame::Thaw:
                return answer(freezer_.thaw());
            case Frame::PutData:
            case Frame::PutEnd:
            case Frame::Done:
            case Frame::Failed:
            case Frame::Out:
            case Frame::Err:
            case Frame::Exited:
                break;
        }
        answer("this agent does not know such a request");
    }

    void hello(PayloadReader payload) {
        const auto nonce = payload.text();
        if (!nonce) {
            return answer(kMalformed);
        }
        port_.send(Frame::Hello, PayloadWriter().u32(kVersion).text(*nonce).bytes());
    }

    void renew(PayloadReader payload) {
        const auto seconds = payload.i64();
        const auto nanoseconds = payload.u32();
        const auto entropy = payload.text();
        answer(entropy ? agent::renew({*seconds, *nanoseconds, *entropy})
                       : std::string(kMalformed));
    }

    void run(PayloadReader payload) {
        const auto user = payload.text();
        const auto command = payload.text();
        if (!command) {
            return answer(kMalformed);
        }
        const auto account = find_account(*user);
        if (!account) {
            return answer(unknown(*user));
        }
        run_command(port_, *account, login_, std::string(*command));
    }

    void script(PayloadReader payload) {
        const auto user = payload.text();
        const auto path = payload.text();
        if (const auto account = owner_of_file(user, path.has_value())) {
            run_script(port_, *account, login_, std::string(*path));
        }
    }

    void put(PayloadReader payload) {
        const auto user = payload.text();
        const auto mode = payload.u32();
        const auto path = payload.text();
        if (const auto account = owner_of_file(user, path.has_value())) {
            receive_file(port_, *account, *mode, std::string(*path));
        }
    }

    // Nobody if the request was refused: it is malformed, or names a user who is not there.
    std::optional<Account> owner_of_file(std::optional<std::string_view> user, bool well_formed) {
        auto account = well_formed ? find_account(*user) : std::nullopt;
        if (!account) {
            refuse_file(port_, well_formed ? unknown(*user) : std::string(kMalformed));
        }
        return account;
    }

    static std::string unknown(std::string_view user) {
        return "there is no user " + std::string(user);
    }

    void answer(std::string_view words) {
        port_.send(words.empty() ? Frame::Done : Frame::Failed, words);
    }

    Port port_;
    std::string login_;
    Freezer freezer_;
};

int complain(const std::string& words) {
    write_all(STDERR_FILENO, "ingot-guest-agent: " + words + "\n");
    return 1;
}

// Returns in the child; the parent ends well.
bool go_to_background() {
    const pid_t pid = ::fork();
    if (pid != 0) {
        if (pid > 0) {
            ::_exit(0);
        }
        return false;
    }
    ::setsid();
    if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
        for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::dup2(null, standard);
        }
        if (null > STDERR_FILENO) {
            ::close(null);
        }
    }
    return ::chdir("/") == 0;
}

// Descriptors 0 to 2 must be taken, or a pipe would get their numbers.
void fill_standard_descriptors() {
    int fd = 0;
    do {
        fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    ::close(fd);
}

void prepare_signals() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN);
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
}

int start(bool in_background, const char* port_name, const char* environment) {
    fill_standard_descriptors();
    Port port(port_name);
    if (!port.usable()) {
        return complain(failure(errno, std::string("opening ") + port_name));
    }
    auto login = read_file(environment);
    if (!login) {
        return complain(failure(errno, std::string("reading ") + environment));
    }
    if (in_background && !go_to_background()) {
        return complain(failure(errno, "going to the background"));
    }
    prepare_signals();
    // Best effort: it answers at once also when the guest is short of memory.
    ::mlockall(MCL_CURRENT | MCL_FUTURE);
    Agent(std::move(port), std::move(*login)).serve();
    return 0;
}

}  // namespace
}  // namespace ingot::guest::agent

int main(int count, char** words) {
    const bool in_background = count == 4 && ::strcmp(words[1], "--background") == 0;
    if (count != 3 && !in_background) {
        return ingot::guest::agent::complain("usage: [--background] PORT ENVFILE");
    }
    return ingot::guest::agent::start(in_background, words[count - 2], words[count - 1]);
}
