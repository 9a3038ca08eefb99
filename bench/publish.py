#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what publishing costs: a gallery version, a managed image and a VHD of one disk, against
one sparse `cp` of the same data. Each of RUNS rounds does everything once, in turn; what is printed
are medians, and ratios of medians. Nothing here is part of the product."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

GIB = 1 << 30
MIB = 1 << 20
CHUNK = 64 << 10
# What installing one small package allocates in an overlay: about a hundred clusters
# (docs/formats/disk-digest.md).
PACKAGE_CLUSTERS = 105


def call(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


class Publishing:
    def __init__(self, program, folder):
        self.program = os.path.abspath(program)
        self.folder = folder
        self.random = random.Random(20261121)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_base(self, name, size, data):
        """A raw disk with its data in pieces of 1 MiB, spread over its first four GiB."""
        path = self.path(name)
        with open(path, "wb") as file:
            file.truncate(size)
            for piece in sorted(self.random.sample(range(min(size, 4 * GIB) // MIB), data // MIB)):
                file.seek(piece * MIB)
                file.write(self.random.randbytes(MIB))
            file.flush()
            os.fsync(file.fileno())
        return path

    def make_overlay(self, name, base, base_format, size, clusters, where):
        """An overlay with this many changed clusters, as a guest leaves it."""
        path = self.path(name)
        call("qemu-img", "create", "-q", "-f", "qcow2", "-F", base_format, "-b", base, path,
             str(size))
        writes = []
        for i, place in enumerate(where(clusters)):
            writes += ["-c", f"write -q -s {self.noise(i)} {place * CHUNK} {CHUNK}"]
        for i in range(0, len(writes), 400):
            call("qemu-io", "-f", "qcow2", *writes[i:i + 400], path)
        return path

    def noise(self, number):
        path = self.path(f"noise-{number}")
        with open(path, "wb") as file:
            file.write(self.random.randbytes(CHUNK))
        return path

    def scattered(self, clusters):
        return self.random.sample(range(4 * GIB // CHUNK), clusters)

    def publish(self, state, base, *overlays):
        done = subprocess.run([self.program, self.path(state), base, *overlays], check=True,
                              stdout=subprocess.PIPE, text=True)
        result = json.loads(done.stdout)
        if result["failures"]:
            sys.exit("publishing failed")
        return result

    def publish_afresh(self, base, *overlays):
        shutil.rmtree(self.path("state"), ignore_errors=True)
        self.settle()
        return self.publish("state", base, *overlays)

    def copy(self, source):
        """Seconds of cp, and of cp with what makes it durable."""
        target = self.path("copy")
        self.settle()
        start = time.monotonic()
        call("cp", "--sparse=always", source, target)
        copied = time.monotonic() - start
        call("sync", target)
        synced = time.monotonic() - start
        os.remove(target)
        return copied, synced

    def settle(self):
        call("sync", "-f", self.folder)
        time.sleep(1)


def median(values):
    return statistics.median(values)


def used(folder):
    """Bytes on disk, each file once however many names it has."""
    seen = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(parent, name))
            seen[status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="build/dev/bin/publish_disk")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data-mib", type=int, default=1024)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingot-publish-",
                                     dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        bench = Publishing(options.program, folder)
        data = options.data_mib * MIB
        base = bench.make_base("base.raw", 4 * GIB, data)
        overlays = {}
        for size in (4, 30, 120):
            overlays[size] = bench.make_overlay(f"overlay-{size}.qcow2", base, "raw", size * GIB,
                                                PACKAGE_CLUSTERS, bench.scattered)
        more = bench.make_overlay("more.qcow2", overlays[30], "qcow2", 30 * GIB, PACKAGE_CLUSTERS,
                                  bench.scattered)
        empty = bench.make_base("empty.raw", 4 * GIB, 0)
        call("qemu-img", "convert", "-W", "-f", "raw", "-O", "qcow2", base,
             bench.path("all-new.qcow2"))

        times = {name: [] for name in ("cp", "cp+sync", 4, 30, 120, "second", "all new")}
        seals = []
        for _ in range(options.runs):
            copied, synced = bench.copy(base)
            times["cp"].append(copied)
            times["cp+sync"].append(synced)
            for size in (4, 120, 30):
                times[size].append(bench.publish_afresh(base, overlays[size])["publish"])
            before = used(bench.path("state/artifacts"))
            bench.settle()
            second = bench.publish("state", base, more, overlays[30])
            grown = used(bench.path("state/artifacts")) - before
            times["second"].append(second["publish"])
            seals.append(second["seal"])
            times["all new"].append(
                bench.publish_afresh(empty, bench.path("all-new.qcow2"))["publish"])

    figures = {name: median(values) for name, values in times.items()}
    for name, value in figures.items():
        label = f"publish, {name} GiB virtual" if isinstance(name, int) else name
        print(f"{label:28} {value:7.2f} s   ({min(times[name]):.2f} to {max(times[name]):.2f})")
    print(f"{'of second: storing chunks':28} {median(seals):7.2f} s")
    print(f"publish 30 GiB / cp            {figures[30] / figures['cp']:.2f}")
    print(f"publish 30 GiB / durable cp    {figures[30] / figures['cp+sync']:.2f}")
    print(f"120 GiB / 4 GiB virtual        {figures[120] / figures[4]:.2f}")
    print(f"one package more: new chunks   {second['new_bytes'] / second['data']:.2%} of the data, "
          f"{grown / second['data']:.2%} with list and index")


if __name__ == "__main__":
    main()
