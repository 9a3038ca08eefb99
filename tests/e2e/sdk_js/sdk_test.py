#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs story.test.mjs against a service of its own, with the packages that package-lock.json names.

They are installed once per build folder, by npm from whatever registry it is set up with.
"""
import json
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
    """Hands on each test when the block of YAML behind its line has ended."""
    result, seconds, about = None, 0.0, []
    for line in tap:
        if result is None:
            result, seconds, about = RESULT.match(line), 0.0, []
            continue
        duration = DURATION.match(line)
        if duration:
            seconds = float(duration[1]) / 1000
        if line != "  ...\n":
            about.append(line)
            continue
        problem = AssertionError("".join(about)) if result[1] else None
        story.add(result[2], seconds, Skipped(result[3].strip()) if result[3] else problem)
        result = None


def make_application(service: Service) -> dict[str, str]:
    """One that signs in by certificate; answers what the test has to know of it."""
    pem = service.folder / "sdk.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=sdk", "-keyout", pem, "-out", pem], check=True,
                   capture_output=True)
    made = json.loads(service.run_ingot("application", "create", "sdk", "--certificate", str(pem),
                                        "--output", "json"))
    return {"CERTIFICATE_CLIENT_ID": made["properties"]["clientId"], "CERTIFICATE_PATH": str(pem)}


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
        env.update(make_application(service))
        with subprocess.Popen(["node", "--test-reporter=tap", "story.test.mjs"], cwd=INSTALLED,
                              env=env, stdout=subprocess.PIPE, text=True) as node:
            report(story, node.stdout)
        with story.check("end well"):
            assert node.returncode == (1 if story.failed else 0), node.returncode
            assert len(story.cases) > 20, "node ran hardly any test"
            assert service.stop() == 0


if __name__ == "__main__":
    main("sdk_js", tell)
