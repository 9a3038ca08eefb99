#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs story.test.mjs against a service of its own, with the packages that package-lock.json names.

They are installed once per build folder, by npm from whatever registry it is set up with.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from service import BINARY, Service  # noqa: E402
from story import Skipped, Story, main  # noqa: E402

INSTALLED = BINARY.parent.parent / "sdk_js"
# Of node's TAP: "not ok 3 - a fact # SKIP why", then a block of YAML with the duration.
RESULT = re.compile(r"^(not )?ok \d+ - (.*?)(?: # (?:SKIP|TODO)(.*))?$")
DURATION = re.compile(r"^  duration_ms: ([\d.]+)$")


def install() -> None:
    """Leaves things alone when they are already what the lock file wants."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    lock = HERE / "package-lock.json"
    done = INSTALLED / "installed.json"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, INSTALLED)
        npm = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=INSTALLED,
                             capture_output=True, text=True)
        if npm.returncode != 0:
            raise Skipped(f"npm could not install the SDKs: {npm.stderr.strip()}")
        shutil.copy(lock, done)
    for file in HERE.glob("*.mjs"):
        shutil.copy(file, INSTALLED)


def report(story: Story, tap) -> None:
    """Hands on each test when it has ended; what stands between two is about the first."""
    fact, problem, seconds, about = "", None, 0.0, []

    def flush() -> None:
        if fact:
            failure = AssertionError("".join(about)) if problem is True else problem
            story.add(fact, seconds, failure)

    for line in tap:
        result = RESULT.match(line)
        if result:
            flush()
            fact, about, seconds = result[2], [], 0.0
            problem = Skipped(result[3].strip()) if result[3] is not None else bool(result[1]) or None
        elif fact and DURATION.match(line):
            seconds = float(DURATION.match(line)[1]) / 1000
        elif line.startswith("#"):
            print(line, end="")
        else:
            about.append(line)
    flush()


def tell(story: Story) -> None:
    if not shutil.which("npm"):
        story.add("are installed", 0, Skipped("there is no npm: ./dev setup test"))
        return
    try:
        install()
    except Skipped as reason:
        story.add("are installed", 0, reason)
        return
    with Service() as service:
        env = service.client_environment()
        env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = service.identity_url.partition("/metadata")[0]
        with subprocess.Popen(["node", "--test-reporter=tap", "story.test.mjs"], cwd=INSTALLED,
                              env=env, stdout=subprocess.PIPE, text=True) as node:
            report(story, node.stdout)
        with story.check("end well"):
            assert node.returncode == (1 if story.failed else 0), node.returncode
            assert len(story.cases) > 20, "node ran hardly any test"
            assert service.stop() == 0


if __name__ == "__main__":
    main("sdk_js", tell)
