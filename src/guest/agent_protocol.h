// SPDX-License-Identifier: Apache-2.0
// What Ingot and its guest agent say to each other over a virtio-serial port: the one description
// that both sides compile. How the bytes travel is not told here, nor who starts the agent
// (agent_install.h). It includes nothing that a small static program could not afford.
//
// A frame is a little-endian u32 (the length of the payload), a u8 (the type) and the payload.
// Numbers in payloads are little-endian; a "text" is a u32 length and its bytes, without a NUL.
// Ingot asks, the agent answers; one request at a time, and the next only after the last frame of
// the answer. The agent answers a request it does not know with Failed and goes on.
//
//   request                                                     answer
//   Hello    {text nonce}                                       Hello {u32 version, text nonce}
//   Renew    {i64 seconds, u32 nanoseconds, text entropy}       Done | Failed
//   Run      {text user, text command}                          (Out | Err)* Exited | Failed
//   Script   {text user, text path}                             -
//   PutBegin {text user, u32 mode, text path}                   -
//   PutData  {bytes}, any number of times                       -
//   PutEnd   {}                                                 to a Put: Done | Failed
//                                                               to a Script: as to a Run
//   Freeze   {}                                                 Done | Failed
//   Thaw     {}                                                 Done | Failed
//   any other                                                   Failed
//
//   answer                    payload
//   Hello                     {u32 version, text nonce}: the nonce that was sent
//   Done                      {}
//   Failed                    bytes: what went wrong, for a person
//   Out, Err                  bytes of the command's output, in the order in which they came
//   Exited                    {u32 exit code}: 128 + n if signal n ended the command
//
// An empty user is root. A Put and a Script are answered after their PutEnd, also when they failed
// at once. A Script is written to its path, run from there, and removed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ingot::guest::agent {

inline constexpr std::uint32_t kVersion = 1;

// The name of the virtio-serial port, and where udev shows it in the guest.
inline constexpr const char* kPortName = "org.ingot.agent";
inline constexpr const char* kPortDevice = "/dev/virtio-ports/org.ingot.agent";

inline constexpr std::size_t kHeaderSize = 5;
inline constexpr std::size_t kLargestPayload = 1024 * 1024;
// What both sides send at most in one frame of bytes: small enough to share a port, large enough
// to cost little.
inline constexpr std::size_t kPiece = 64 * 1024;

inline constexpr std::size_t kLeastEntropy = 64;
inline constexpr std::size_t kMostEntropy = 512;

// How long a process that a command left behind may keep quiet before its output is given up.
inline constexpr int kStragglersMayBeQuietMilliseconds = 2000;

enum class Frame : std::uint8_t {
    Hello = 1,
    Renew = 2,
    Run = 3,
    PutBegin = 4,
    PutData = 5,
    PutEnd = 6,
    Freeze = 7,
    Thaw = 8,
    Script = 9,

    Done = 65,
    Failed = 66,
    Out = 67,
    Err = 68,
    Exited = 69,
};

}  // namespace ingot::guest::agent
