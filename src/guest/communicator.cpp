// SPDX-License-Identifier: Apache-2.0
#include "guest/communicator.h"

#include "base/error.h"

#include <fmt/format.h>

namespace ingot::guest {

int Communicator::run_script(std::string_view script,
                             const std::string& path,
                             const OutputHandler& on_output,
                             const base::Cancellation& cancellation) {
    upload(script, path, 0755, cancellation);
    // One round trip for both: removing the script must not hide the script's exit code.
    return run(fmt::format("{0}; code=$?; rm -f {0}; exit $code", path), on_output, cancellation);
}

std::string Communicator::capture(const std::string& command,
                                  const base::Cancellation& cancellation) {
    std::string out;
    std::string last_error;
    const auto keep = [&](GuestStream stream, std::string_view line) {
        if (stream == GuestStream::Out) {
            out.append(line).append("\n");
        } else {
            last_error = line;
        }
    };
    const int code = run(command, keep, cancellation);
    if (code != 0) {
        throw base::Error(base::ErrorKind::GuestFailed,
                          "GuestCommandFailed",
                          fmt::format("in the guest, \"{}\" failed with exit code {}: {}",
                                      command,
                                      code,
                                      last_error.empty() ? "no message" : last_error));
    }
    return out;
}

}  // namespace ingot::guest
