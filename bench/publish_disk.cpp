// SPDX-License-Identifier: Apache-2.0
// Publishes a disk as the end of a run does, without the run: stores the disk of an overlay, then
// publishes a gallery version, a managed image and a VHD of it at once. Prints one line of JSON.
// For bench/publish.py.
//
//     publish_disk STATE BASE.raw [OVERLAY.qcow2...]     (the overlay nearest to the guest first)
#include "artifact/disk_manifest.h"
#include "base/error.h"
#include "base/uuid.h"
#include "build/distributors/distributor.h"
#include "store/connection_pool.h"
#include "store/image_store.h"
#include "store/run_store.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

using namespace ingot;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Beside the file, as the cache of base disks keeps it.
artifact::KnownBase known_base(const os::Path& raw, const base::Cancellation& scope) {
    const os::Path file = raw.string() + ".chunks";
    if (!std::filesystem::exists(file)) {
        const auto list = disk::list_chunks(disk::DiskView::of_raw(raw), scope);
        os::replace_file(file, artifact::write_chunk_list(list));
    }
    return {raw,
            std::make_shared<const disk::ChunkList>(
                artifact::parse_chunk_list(os::read_file(file), file.string()))};
}

std::vector<templates::Distributor> targets() {
    const std::string group = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/";
    templates::SharedImageTarget gallery;
    gallery.gallery_image_id = group + "galleries/g/images/d";
    gallery.regions.push_back({.name = "westus2"});
    return {{"gallery", {}, gallery},
            {"managed", {}, templates::ManagedImageTarget{group + "images/i", "westus2"}},
            {"vhd", {}, templates::VhdTarget{}}};
}

void publish(const build::StateFolder& folder, const disk::DiskChain& chain) {
    const base::Cancellation scope;
    const artifact::ArtifactStorage storage(folder.artifacts());
    store::ConnectionPool database(folder.database().string());
    store::RunStore runs(database);
    store::ImageStore images(database);
    const build::Run run{.id = base::new_uuid(), .template_name = "bench", .started = base::now()};
    runs.create(run);
    build::Journal journal(runs, run.id, [] {});
    const auto base = known_base(chain.base, scope);

    const auto start = Clock::now();
    const auto stored = storage.put_disk(disk::DiskView::of_chain(chain, scope), base, scope);
    const auto sealed = seconds_since(start);
    const auto failures =
        build::distribute_to_all(targets(),
                                 {.content = {.digest = stored.facts.digest,
                                              .virtual_size = stored.facts.virtual_size,
                                              .data_size = stored.facts.data_size,
                                              .generation = arm::HyperVGeneration::V1,
                                              .os_type = "Linux"},
                                  .provenance = {run.id, run.template_name, "bench"},
                                  .images = images,
                                  .storage = storage,
                                  .folder = folder,
                                  .journal = journal,
                                  .cancellation = scope});
    fmt::print(
        R"({{"seal": {:.3f}, "publish": {:.3f}, "new_bytes": {}, "data": {}, "failures": {}}})"
        "\n",
        sealed,
        seconds_since(start),
        stored.new_bytes.bytes(),
        stored.facts.data_size.bytes(),
        failures.size());
    for (const auto& failure : failures) {
        fmt::print(stderr, "{}\n", failure);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: publish_disk STATE BASE.raw [OVERLAY.qcow2...]\n");
        return 2;
    }
    try {
        const build::StateFolder folder{os::Path(argv[1])};
        os::make_folders(folder.root());
        publish(folder, {{argv + 3, argv + argc}, argv[2]});
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "publish_disk: {}\n", error.what());
        return 1;
    }
}
