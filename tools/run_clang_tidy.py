#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over src/ (or the files named), as many at a time as there are cores.

A file that passed is not read again until it, a header of this project that it includes, .clang-tidy
or the tool changes. What passed is on record in BUILD_DIR/tidy and, so that a fresh machine need not
read everything again, in tools/tidy_record.txt; --record writes that file when all is clean, and
--all reads every file whatever is on record. The slowest files are listed at the end.

BUILD_DIR is configured with the preset `lint`: there each file is compiled by itself and without the
precompiled header, so that it includes what it uses.

usage: run_clang_tidy.py [--all] [--record] BUILD_DIR [FILE...]
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.resolve()
TIDY = "clang-tidy-14"
RECORD = ROOT / "tools" / "tidy_record.txt"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


@dataclass
class Outcome:
    source: Path
    seconds: float
    output: str  # empty if it passed


def closure(source: Path) -> set[Path]:
    """The file and every header of this project that it includes, however deep."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in found or not path.exists():
            continue
        found.add(path)
        waiting += [base / name for name in INCLUDE.findall(path.read_text(encoding="utf-8"))
                    for base in (ROOT / "src", ROOT / "tests", path.parent)]
    return found


def fingerprint(source: Path, salt: bytes) -> str:
    digest = hashlib.sha256(salt)
    for path in sorted(closure(source)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def salt_of_everything() -> bytes:
    said = subprocess.run([TIDY, "--version"], capture_output=True, check=True, text=True).stdout
    version = next(line.strip() for line in said.splitlines() if "version" in line)
    return version.encode() + (ROOT / ".clang-tidy").read_bytes()


def recorded() -> set[str]:
    return set(RECORD.read_text(encoding="utf-8").split()) if RECORD.exists() else set()


def record(sources: list[Path], salt: bytes) -> None:
    lines = sorted(f"{source.relative_to(ROOT)} {fingerprint(source, salt)}\n"
                   for source in sources)
    RECORD.write_text("".join(lines), encoding="utf-8")


def lint(source: Path, build: Path, salt: bytes, known: set[str]) -> Outcome:
    mark = fingerprint(source, salt)
    passed = build / "tidy" / mark
    if mark in known:
        return Outcome(source, 0, "")
    start = time.monotonic()
    done = subprocess.run([TIDY, "--quiet", "-p", build, source], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    if done.returncode == 0:
        passed.touch()
    return Outcome(source, time.monotonic() - start,
                   "" if done.returncode == 0 else done.stdout or done.stderr)


def sources_of(build: Path, wanted: list[str]) -> list[Path]:
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    known = sorted({Path(entry["file"]) for entry in commands})
    if not wanted:
        return [path for path in known if path.is_relative_to(ROOT / "src")]
    return [path for path in known if path in {Path(name).resolve() for name in wanted}]


def main() -> int:
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not words or not set(options) <= {"--all", "--record"}:
        print(__doc__)
        return 2
    build = Path(words[0]).resolve()
    (build / "tidy").mkdir(exist_ok=True)
    salt = salt_of_everything()
    known = set() if "--all" in options else \
        recorded() | {entry.name for entry in (build / "tidy").iterdir()}
    start = time.monotonic()
    # The largest first: the last file must not run alone for long.
    sources = sorted(sources_of(build, words[1:]), key=lambda path: -path.stat().st_size)
    outcomes = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(lambda source: lint(source, build, salt, known), sources):
            outcomes.append(outcome)
            if outcome.output:
                print(outcome.output.replace(f"{ROOT}/", ""), flush=True)
    slowest = sorted(outcomes, key=lambda outcome: -outcome.seconds)[:3]
    failed = sum(1 for outcome in outcomes if outcome.output)
    fresh = [outcome for outcome in outcomes if outcome.seconds]
    print(f"clang-tidy: {len(outcomes)} files, {failed} with findings, {len(outcomes) - len(fresh)} "
          f"known to be clean; {time.monotonic() - start:.0f} s" +
          "".join(f"; {o.source.relative_to(ROOT)} {o.seconds:.1f} s" for o in slowest if o.seconds))
    if failed or not outcomes:
        return 1
    if "--record" in options and not words[1:]:
        record(sources, salt)
    return 0


if __name__ == "__main__":
    sys.exit(main())
