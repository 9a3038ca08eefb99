// SPDX-License-Identifier: Apache-2.0
#include "artifact/disk_manifest.h"
#include "artifact/pack_index.h"
#include "base/digest.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace ingot;

namespace {

// No fuzzer guesses a SHA-256, so it is put right for it.
std::string sealed(std::string_view contents) {
    const auto digest = base::sha256(contents);
    std::string file(contents);
    file.append(reinterpret_cast<const char*>(digest.bytes().data()), base::Sha256Digest::kSize);
    return file;
}

// What is accepted is written again as it was.
template <typename Parse>
void try_parse(const std::string& file, Parse parse) {
    try {
        if (parse(file) != file) {
            std::abort();
        }
    } catch (const base::Error&) {
        return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = sealed({reinterpret_cast<const char*>(data), size});
    try_parse(file, [](const auto& text) {
        return artifact::write_manifest(artifact::parse_manifest(text, "m"));
    });
    try_parse(file, [](const auto& text) {
        return artifact::write_chunk_list(artifact::parse_chunk_list(text, "l"));
    });
    try_parse(file, [](const auto& text) { return artifact::PackIndex::parse(text, "p").write(); });
    return 0;
}
