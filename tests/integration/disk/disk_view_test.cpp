// SPDX-License-Identifier: Apache-2.0
#include "disk/disk_view.h"

#include "base/error.h"
#include "disk/chunks.h"
#include "disk/disk_copy.h"
#include "disk/disk_digest.h"
#include "disk/qemu_img.h"
#include "os/child_process.h"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::ByteCount;

class View : public ::testing::Test {
  protected:
    os::Path at(const std::string& name) const { return scratch_.path() / name; }

    std::uint64_t any(std::uint64_t most) {
        return std::uniform_int_distribution<std::uint64_t>(0, most)(random_);
    }

    // Writes of data, of zeros and discards at places that are no multiples of anything but 512.
    void scribble(const os::Path& image, const std::string& format, std::uint64_t size) {
        std::vector<std::string> argv = {"qemu-io", "-d", "unmap", "-f", format};
        for (int i = 0; i < 24; ++i) {
            const auto start = any(size / 512 - 1) * 512;
            const auto most = std::min<std::uint64_t>(size - start, 300U << 10U);
            const auto length = std::max<std::uint64_t>(any(most / 512) * 512, 512);
            const auto what = any(5);
            const auto verb = what == 0   ? std::string("write -z -u")
                              : what == 1 ? std::string("discard")
                                          : fmt::format("write -P {}", 1 + any(250));
            argv.insert(argv.end(), {"-c", fmt::format("{} {} {}", verb, start, length)});
        }
        argv.push_back(image);
        os::run_checked({.argv = argv}, scope_);
    }

    DiskChain make_chain(std::uint64_t base_size, const std::vector<std::uint64_t>& sizes) {
        DiskChain chain{.base = at("base")};
        os::run_checked(
            {.argv =
                 {"qemu-img", "create", "-q", "-f", "raw", chain.base, std::to_string(base_size)}},
            scope_);
        scribble(chain.base, "raw", base_size);
        ImageFile below{chain.base, ImageFormat::Raw};
        for (const auto size : sizes) {
            const auto overlay = at(fmt::format("overlay: {}", chain.overlays.size()));
            create_overlay(overlay, below, ByteCount(size), scope_);
            scribble(overlay, "qcow2", size);
            chain.overlays.insert(chain.overlays.begin(), overlay);
            below = {overlay, ImageFormat::Qcow2};
        }
        return chain;
    }

    void expect_same_as_qemu(const DiskChain& chain) {
        flatten(chain.overlays.front(), at("flat"), scope_);
        const auto view = DiskView::of_chain(chain, scope_);
        copy_to_raw(view, at("copy"), scope_);
        os::run_checked({.argv = {"cmp", at("flat"), at("copy")}},
                        scope_);  // qemu-img compare pads sizes
        const auto expected = list_chunks(DiskView::of_raw(at("flat")), scope_);
        EXPECT_EQ(list_chunks(view, scope_).chunks, expected.chunks);
        const auto base = list_chunks(DiskView::of_raw(chain.base), scope_);
        const auto plan = plan_reading(view, &base, [](const Chunk&) { return true; });
        EXPECT_EQ(list_chunks(view, plan, {}, scope_).chunks, expected.chunks);
        copy_checked(view, expected, at("checked"), scope_);
        os::run_checked({.argv = {"cmp", at("flat"), at("checked")}}, scope_);
        for (const auto* name : {"flat", "copy", "checked"}) {
            std::filesystem::remove(at(name));
        }
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    base::Cancellation scope_;
    std::mt19937_64 random_{20261121};
};

TEST_F(View, OfAnyChainIsWhatQemuReads) {
    for (int round = 0; round < 12; ++round) {
        const auto base = (2048 + any(6000)) * 512;
        std::vector<std::uint64_t> sizes;
        for (auto last = base, layers = 1 + any(3); layers > 0; --layers) {
            last += any(1) * any(4000) * 512;
            sizes.push_back(last);
        }
        SCOPED_TRACE(fmt::format("round {}, {} layers", round, sizes.size()));
        const auto chain = make_chain(base, sizes);
        expect_same_as_qemu(chain);
        std::filesystem::remove(chain.base);
        for (const auto& overlay : chain.overlays) {
            std::filesystem::remove(overlay);
        }
    }
}

// What an overlay's header says about the file below it is not believed.
TEST_F(View, GoesByTheChainItWasGiven) {
    const auto chain = make_chain(1U << 20U, {1U << 20U});
    flatten(chain.overlays.front(), at("expected"), scope_);
    std::filesystem::copy_file(chain.base, at("moved"));
    std::filesystem::remove(chain.base);
    const auto view = DiskView::of_chain({chain.overlays, at("moved")}, scope_);
    copy_to_raw(view, at("copy"), scope_);
    EXPECT_EQ(os::read_file(at("copy")), os::read_file(at("expected")));
}

TEST_F(View, RefusesCompressedClusters) {
    os::run_checked({.argv = {"qemu-img", "create", "-q", "-f", "raw", at("base"), "1M"}}, scope_);
    os::run_checked({.argv = {"qemu-io", "-f", "raw", "-c", "write -P 7 0 1M", at("base")}},
                    scope_);
    os::run_checked(
        {.argv =
             {"qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", at("base"), at("overlay")}},
        scope_);
    try {
        (void)DiskView::of_chain({{at("overlay")}, at("base")}, scope_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "CompressedOverlay");
    }
}

TEST_F(View, NamesAFileThatBecameShorter) {
    os::replace_file(at("raw"), std::string(200000, 'x'));
    const auto view = DiskView::of_raw(at("raw"));
    ASSERT_EQ(::truncate(at("raw").c_str(), 100000), 0);
    try {
        (void)list_chunks(view, scope_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::Corrupt);
        EXPECT_EQ(error.target(), at("raw").string());
    }
}

TEST_F(View, ACheckedCopyNamesTheChunkThatIsWrong) {
    os::replace_file(at("raw"), std::string(200000, 'x'));
    auto list = list_chunks(DiskView::of_raw(at("raw")), scope_);
    list.chunks[2].digest = base::sha256("something else");
    try {
        copy_checked(DiskView::of_raw(at("raw")), list, at("copy"), scope_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "ChunkCorrupt");
        EXPECT_NE(error.message().find("chunk 2 "), std::string::npos);
    }
}

}  // namespace
}  // namespace ingot::disk
