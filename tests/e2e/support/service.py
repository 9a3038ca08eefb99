# SPDX-License-Identifier: Apache-2.0
"""`ingot serve` as a black box, on a state folder of its own and on ports that were free.

The base image is made once per build folder and lent to the state folder by hard links, as any
cache may be; tests/e2e/build does the same with the same folder.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

BINARY = Path(os.environ.get("INGOT_BINARY") or
              Path(__file__).resolve().parents[3] / "build/dev/bin/ingot").absolute()
BASE_IMAGE = "Debian:debian-12:12:latest"


def lend(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        subprocess.run(["cp", "--sparse=always", "--", source, target], check=True)


def borrow_base_image(state: Path) -> None:
    shared = BINARY.parent.parent / "test-base"
    subprocess.run([BINARY, "--state-dir", shared, "catalog", "pull", BASE_IMAGE], check=True)
    shutil.copytree(shared / "cache", state / "cache", copy_function=lend)


class Service:
    """Used in a `with`: it is ready inside, and ended behind it."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ingot-service-"))
        self.state = self.folder / "state"
        self.url = ""
        self.identity_url = ""
        self.process: subprocess.Popen | None = None
        self.log = self.folder / "serve.log"

    def __enter__(self):
        try:
            self.state.mkdir()
            borrow_base_image(self.state)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)  # their machines die with them
        shutil.rmtree(self.folder, ignore_errors=True)

    def workers(self) -> list[int]:
        """Runs in progress outlive the service, and would outlive a test that broke off."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if "worker" in words and str(self.state) in words:
                    found.append(int(entry.name))
            except OSError:
                continue  # ended meanwhile
        return found

    def start(self) -> None:
        command = [BINARY, "--state-dir", self.state, "serve",
                   "--listen", f"127.0.0.1:{self.port()}", "--identity-port", "0", "--local-sources"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url = self.find_in_output(r"ingot is ready at (https://\S+)")
        self.identity_url = self.find_in_output(r"managed identities sign in at (http://\S+)")

    # The first time any free port, and later the same one: clients remember it.
    def port(self) -> str:
        return self.url.rpartition(":")[2] if self.url else "0"

    def find_in_output(self, pattern: str) -> str:
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found:
                return found[1]
        raise RuntimeError(f"ingot serve ended without '{pattern}':\n{self.log.read_text()}")

    def stop(self) -> int:
        """As a service manager does it. Answers the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.read()
        return self.process.wait(60)

    def administrator(self) -> dict:
        return json.loads((self.state / "service/administrator.json").read_text())

    def authority(self) -> Path:
        return self.state / "service/ca.pem"

    def connect(self, *options: str, env: dict | None = None) -> str:
        return subprocess.run([BINARY, "--state-dir", self.state, "connect", *options], env=env,
                              check=True, capture_output=True, text=True).stdout

    def client_environment(self) -> dict[str, str]:
        """What `ingot connect --env` exports, on top of what we have."""
        exported = re.findall(r"^export (\w+)='(.*)'$", self.connect("--env"), re.M)
        return {**os.environ, **dict(exported)}

    def run_ingot(self, *arguments: str) -> str:
        return subprocess.run([BINARY, "--state-dir", self.state, *arguments],
                              check=True, capture_output=True, text=True).stdout

    def file_in_image(self, image: str, path: str) -> str:
        """What a file holds in the largest partition of an image."""
        raw = self.folder / "exported.raw"
        self.run_ingot("image", "export", image, "--format", "raw", str(raw))
        table = json.loads(subprocess.run(["sfdisk", "--json", raw], check=True,
                                          capture_output=True).stdout)["partitiontable"]
        largest = max(table["partitions"], key=lambda partition: partition["size"])
        disk = f"{raw}?offset={largest['start'] * table.get('sectorsize', 512)}"
        text = subprocess.run(["debugfs", "-R", f"cat {path}", disk], check=True,
                              capture_output=True, text=True).stdout
        raw.unlink()
        return text
