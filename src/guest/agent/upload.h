// SPDX-License-Identifier: Apache-2.0
// Carries out a Put: a file written by a child with the user's own rights, so that the kernel
// decides what that user may write. What such a child does afterwards is command.h's.
#pragma once

#include "guest/agent/account.h"
#include "guest/agent/descriptor.h"
#include "guest/agent/port.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace ingot::guest::agent {

// The child that writes, seen from the agent. It is killed with this object.
class FileWriter {
  public:
    // `then`: what the child does once it has all of the file. It returns only if it failed: errno.
    FileWriter(const Account& account,
               unsigned mode,
               const std::string& path,
               const std::function<int()>& then = {});
    ~FileWriter();
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    // Takes the frames up to PutEnd from `port`. False if the host hung up.
    bool take_file(Port& port);

    // Why it failed; empty if the file is there, and the child has begun with what comes then.
    std::string finish();

    // The child is the caller's now.
    [[nodiscard]] pid_t release();

  private:
    bool write(std::string_view bytes, const Port& port);

    pid_t pid_ = -1;
    Descriptor data_;
    Descriptor words_;
    std::string failure_;
};

// Takes the frames up to PutEnd from `port` and answers there.
void receive_file(Port& port, const Account& account, unsigned mode, const std::string& path);

// The same for what cannot be done.
void refuse_file(Port& port, const std::string& why);

}  // namespace ingot::guest::agent
