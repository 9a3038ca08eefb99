#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the same image from the same base with Ingot and with its peers, in turn, and prints the
medians and the ratios. Nothing here is part of the product."""

import argparse
import contextlib
import glob
import hashlib
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGES = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/images/"
SOURCE = {"type": "ManagedImage", "imageId": IMAGES + "bench-base"}
IDENTITY = {
    "type": "UserAssigned",
    "userAssignedIdentities": {
        "/subscriptions/s/resourceGroups/rg/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/i": {}
    },
}


def template(name, source, customize, distribute):
    return {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2022-07-01",
        "name": name,
        "location": "westus2",
        "identity": IDENTITY,
        "properties": {"source": source, "customize": customize, "distribute": distribute},
    }


def managed(name):
    return {"type": "ManagedImage", "runOutputName": name, "location": "westus2",
            "imageId": IMAGES + name}


def shell_as_root(script):
    """A Shell customizer that runs the script as the peers do."""
    return {"type": "Shell", "inline": ["sudo sh -e <<'JOB'"] + script.splitlines() + ["JOB"]}


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def host(accelerator):
    """What the figures depend on, as text."""
    models = [line.split(":")[1].strip() for line in read_text("/proc/cpuinfo").splitlines()
              if line.startswith("model name")]
    qemu = subprocess.run(["qemu-system-x86_64", "--version"], text=True, capture_output=True,
                          check=True).stdout.split("\n")[0]
    return (f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores ({models[0]}), "
            f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30} GiB, "
            f"kernel {platform.release()}, {qemu}, {accelerator}, "
            f"load {os.getloadavg()[0]:.2f}")


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
    return path


def end_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()


class Bench:
    def __init__(self, ingot, folder):
        self.ingot_program = os.path.abspath(ingot)
        self.folder = folder
        self.env = dict(os.environ, INGOT_STATE=os.path.join(folder, "state"))
        self.peak_memory = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def accelerator(self):
        """What Ingot proved of this host, or the peers would hang where a KVM boots no kernel. No
        proof is kept where there is no KVM to prove."""
        proof = self.path("state/cache/accelerator.json")
        return json.loads(read_text(proof))["accelerator"] if os.path.exists(proof) else "tcg"

    def call(self, *argv, **kwargs):
        with self.start(argv, **kwargs) as process:
            try:
                output, _ = process.communicate()
            except BaseException:  # also what it started: Packer leaves its QEMU behind
                end_group(process)
                raise
        if process.returncode != 0:
            sys.exit(f"{' '.join(argv)} failed with {process.returncode}:\n{output[-4000:]}")
        return output

    def start(self, argv, **kwargs):
        return subprocess.Popen(argv, env=kwargs.pop("env", self.env), cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL, start_new_session=True, **kwargs)

    def ingot(self, *argv):
        return self.call(self.ingot_program, *argv)

    # --- the base that all of them start from ----------------------------------------------------

    def make_repository(self):
        """A flat package repository with the one small package."""
        self.call("apt-get", "download", "tree")
        package = glob.glob(self.path("tree_*.deb"))[0]
        with open(package, "rb") as file:
            content = file.read()
        fields = self.call("dpkg-deb", "-f", package)
        name = os.path.basename(package)
        with open(self.path("Packages"), "w", encoding="utf-8") as file:
            file.write(f"{fields.rstrip()}\nFilename: ./{name}\nSize: {len(content)}\n"
                       f"SHA256: {hashlib.sha256(content).hexdigest()}\n")
        return name

    def make_base(self):
        package = self.make_repository()
        for name in ("job.sh", "generalize.sh", "note.txt"):
            source = os.path.join(HERE, name)
            if os.path.exists(source):
                shutil.copy(source, self.path(name))
        with open(self.path("note.txt"), "w", encoding="utf-8") as file:
            file.write("a note\n")
        customize = [
            {"type": "File", "sourceUri": package, "destination": f"/tmp/{package}"},
            {"type": "File", "sourceUri": "Packages", "destination": "/tmp/Packages"},
            {"type": "Shell", "inline": [
                "sudo mkdir -p /opt/bench",
                "sudo mv /tmp/*.deb /tmp/Packages /opt/bench",
                "echo 'deb [trusted=yes] file:/opt/bench ./' | sudo tee /opt/bench/bench.list"]},
        ]
        source = {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12",
                  "sku": "12", "version": "latest"}
        self.ingot("build", write_json(self.path("base.json"),
                                       template("bench-base", source, customize,
                                                [managed("bench-base")])))
        self.ingot("image", "export", "bench-base", "--format", "qcow2", self.path("base.qcow2"))

    # --- Ingot -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def memory_watched(self):
        stop = threading.Event()
        watcher = threading.Thread(target=self.watch_memory, args=(stop,))
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()

    def watch_memory(self, stop):
        while not stop.wait(0.1):
            total = 0
            for status in glob.glob("/proc/[0-9]*/status"):
                try:
                    if os.readlink(os.path.dirname(status) + "/exe") != self.ingot_program:
                        continue
                    sizes = dict(line.split()[:2] for line in read_text(status).splitlines()
                                 if line.startswith("VmRSS"))
                    total += int(sizes["VmRSS:"])
                except (OSError, KeyError):  # it ended while it was looked at
                    continue
            self.peak_memory = max(self.peak_memory, total)

    def run_ingot(self):
        targets = [
            {"type": "SharedImage", "runOutputName": "version",
             "galleryImageId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/"
                               "galleries/g/images/bench", "replicationRegions": ["westus2"]},
            managed("bench-result"),
            {"type": "VHD", "runOutputName": "vhd"},
        ]
        file = write_json(self.path("job.json"),
                          template("bench-job", SOURCE, self.customizers(), targets))
        with self.memory_watched():
            self.ingot("build", file)

    @staticmethod
    def customizers():
        return [shell_as_root(read_text(os.path.join(HERE, "job.sh"))),
                {"type": "File", "sourceUri": "note.txt", "destination": "/tmp/note.txt"}]

    def overhead(self):
        """Seconds of the newest run that were not spent with the guest."""
        run = json.loads(self.ingot("run", "show", "latest"))
        guest = ("boot", "customize", "generalize", "shutdown")
        spent = {step["step"]: step["milliseconds"] / 1000 for step in run["steps"]}
        return spent, sum(s for name, s in spent.items() if not name.startswith(guest))

    # --- Packer ----------------------------------------------------------------------------------

    def prepare_packer(self):
        self.call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path("key"))
        key = read_text(self.path("key.pub")).strip()
        seed = self.path("seed")
        os.makedirs(seed)
        write_json(os.path.join(seed, "meta-data"), {"instance-id": "bench"})
        with open(os.path.join(seed, "user-data"), "w", encoding="utf-8") as file:
            file.write("#cloud-config\n" + json.dumps({"users": [{
                "name": "packer", "sudo": "ALL=(ALL) NOPASSWD:ALL", "shell": "/bin/bash",
                "ssh_authorized_keys": [key]}]}))
        self.call("xorriso", "-as", "genisoimage", "-quiet", "-V", "CIDATA", "-J", "-r", "-o",
                  self.path("seed.iso"), seed)
        self.write_packer("packer", [
            {"type": "shell", "script": os.path.join(HERE, "job.sh"),
             "execute_command": "sudo sh -e {{ .Path }}"},
            {"type": "file", "source": self.path("note.txt"), "destination": "/tmp/note.txt"}])

    def write_packer(self, name, provisioners):
        write_json(self.path(f"{name}.json"), {
            "builders": [{
                "type": "qemu", "disk_image": True, "iso_url": self.path("base.qcow2"),
                "iso_checksum": "none", "accelerator": self.accelerator(), "headless": True,
                "format": "qcow2", "disk_size": "4096M", "cpus": 2, "memory": 2048,
                "disk_interface": "virtio", "net_device": "virtio-net",
                "ssh_username": "packer", "ssh_private_key_file": self.path("key"),
                "ssh_timeout": "20m", "output_directory": self.path("packer-out"),
                # As one command: after the generalization nobody may use sudo any more.
                "shutdown_command": "sudo sh -c 'sh /tmp/generalize.sh; systemctl poweroff'",
                "qemuargs": [["-cdrom", self.path("seed.iso")]]}],
            "provisioners": provisioners + [
                {"type": "file", "source": os.path.join(HERE, "generalize.sh"),
                 "destination": "/tmp/generalize.sh"}],
        })

    def run_packer(self, name="packer"):
        shutil.rmtree(self.path("packer-out"), ignore_errors=True)
        env = dict(self.env, PACKER_CACHE_DIR=self.path("packer-cache"), CHECKPOINT_DISABLE="1")
        self.call("packer", "build", self.path(f"{name}.json"), env=env)

    # --- libguestfs ------------------------------------------------------------------------------

    def run_virt(self):
        env = dict(self.env, LIBGUESTFS_BACKEND="direct", TMPDIR=self.folder)
        if self.accelerator() == "tcg":
            env["LIBGUESTFS_BACKEND_SETTINGS"] = "force_tcg"
        disk = self.path("virt.qcow2")
        if os.path.exists(disk):
            os.unlink(disk)
        self.call("qemu-img", "create", "-q", "-f", "qcow2", "-b", self.path("base.qcow2"), "-F",
                  "qcow2", disk)
        self.call("virt-customize", "-q", "-a", disk, "--run", os.path.join(HERE, "job.sh"),
                  "--copy-in", self.path("note.txt") + ":/tmp", env=env)
        self.call("virt-sysprep", "-q", "-a", disk, env=env)
        self.call("qemu-img", "convert", "-O", "qcow2", disk, self.path("virt-flat.qcow2"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", help="names of what to measure, with commas")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(arguments.ingot, folder)
        print("making the base image", flush=True)
        bench.make_base()
        bench.prepare_packer()
        builders = {"ingot": bench.run_ingot, "packer": bench.run_packer,
                    "virt-customize + virt-sysprep": bench.run_virt}
        if arguments.only:
            builders = {n: b for n, b in builders.items() if n.split()[0] in arguments.only}
        seconds = {name: [] for name in builders}
        steps, overheads = {}, []
        for turn in range(arguments.runs):
            for name, build in builders.items():
                start = time.monotonic()
                build()
                seconds[name].append(time.monotonic() - start)
                print(f"  turn {turn + 1}: {name}: {seconds[name][-1]:.1f} s", flush=True)
                if name == "ingot":
                    steps, overhead = bench.overhead()
                    overheads.append(overhead)
        report(seconds, steps, overheads, bench)


def report(seconds, steps, overheads, bench):
    print(f"\n{host(bench.accelerator())}")
    print("| builder | median s | runs | of packer |\n|---|---|---|---|")
    packer = statistics.median(seconds["packer"]) if seconds.get("packer") else None
    for name, values in seconds.items():
        median = statistics.median(values)
        ratio = f"{median / packer:.2f}" if packer else "-"
        runs = " ".join(f"{v:.1f}" for v in values)
        print(f"| {name} | {median:.1f} | {runs} | {ratio} |")
    if overheads:
        print("\nsteps of the last run of ingot: " +
              ", ".join(f"{name} {s:.1f}" for name, s in steps.items()))
        print(f"outside the guest: {statistics.median(overheads):.2f} s (median)")
        print(f"peak memory of ingot's own processes: {bench.peak_memory / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
