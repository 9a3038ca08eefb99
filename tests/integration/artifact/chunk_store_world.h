// SPDX-License-Identifier: Apache-2.0
// A storage in a scratch folder, disks made of numbered chunks, and ways to damage what is stored.
#pragma once

#include "artifact/artifact_storage.h"
#include "base/error.h"

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::artifact {

constexpr std::uint64_t kChunk = disk::kChunkSize.bytes();

class ChunkStoreTest : public ::testing::Test {
  protected:
    [[nodiscard]] os::Path at(const std::string& name) const {
        return scratch_.path() / "store" / name;
    }

    // One chunk for each seed; 0 is a hole.
    [[nodiscard]] os::Path make_raw(const std::string& name, const std::vector<int>& seeds) const {
        const auto path = scratch_.path() / name;
        const auto fd = os::open_file(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
        EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(seeds.size() * kChunk)), 0);
        for (std::size_t i = 0; i < seeds.size(); ++i) {
            if (seeds[i] != 0) {
                const auto bytes = chunk_of(seeds[i]);
                EXPECT_EQ(
                    ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(i * kChunk)),
                    static_cast<ssize_t>(kChunk));
            }
        }
        return path;
    }

    static std::string chunk_of(int seed) {
        std::string bytes(kChunk, '\0');
        std::minstd_rand random(static_cast<unsigned>(seed));
        for (auto& byte : bytes) {
            byte = static_cast<char>(random());
        }
        return bytes;
    }

    [[nodiscard]] StoredDisk put(const std::vector<int>& seeds) const {
        const auto raw = make_raw("put", seeds);
        return storage_.put_disk(disk::DiskView::of_raw(raw), {}, scope_);
    }

    [[nodiscard]] KnownBase known(const os::Path& raw) const {
        return {raw,
                std::make_shared<const disk::ChunkList>(
                    disk::list_chunks(disk::DiskView::of_raw(raw), scope_))};
    }

    // Reads all of it, with all checks.
    void expect_intact(const base::Sha256Digest& digest) const {
        const auto raw = scratch_.path() / "out";
        storage_.hold(digest).copy_to(raw, scope_);
        EXPECT_EQ(disk::measure_disk(raw, scope_).digest, digest);
        std::filesystem::remove(raw);
    }

    bool erase(const base::Sha256Digest& digest) const {
        return storage_.erase_unused(digest, [] { return false; });
    }

    [[nodiscard]] std::vector<os::Path> files(const std::string& folder,
                                              const std::string& extension) const {
        std::vector<os::Path> found;
        for (const auto& entry : std::filesystem::directory_iterator(at(folder))) {
            if (entry.path().extension() == extension) {
                found.push_back(entry.path());
            }
        }
        return found;
    }

    [[nodiscard]] std::uint64_t packed_bytes() const {
        std::uint64_t sum = 0;
        for (const auto& pack : files("packs", ".pack")) {
            sum += os::allocated_size(pack).bytes();
        }
        return sum;
    }

    static void flip_bit(const os::Path& file, off_t at) {
        ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
        const auto fd = os::open_file(file, O_RDWR);
        char byte = 0;
        ASSERT_EQ(::pread(fd.get(), &byte, 1, at), 1);
        byte = static_cast<char>(byte ^ 4);
        ASSERT_EQ(::pwrite(fd.get(), &byte, 1, at), 1);
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    ArtifactStorage storage_ = ArtifactStorage(scratch_.path() / "store");
    base::Cancellation scope_;
};

}  // namespace ingot::artifact
