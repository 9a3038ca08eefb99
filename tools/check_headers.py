#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on headers of src/ that do not compile alone.

A .cpp that includes its own header first has already proved that header when clang-tidy read it; only
the others are compiled here (all of them with --all).

usage: check_headers.py [--all] BUILD_DIR (configured with the preset `lint`)
"""
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent.resolve()


def proved_by_the_linter(header: Path) -> bool:
    source = header.with_suffix(".cpp")
    if not source.exists():
        return False
    first = re.search(r'^\s*#\s*include\s*(\S+)', source.read_text(encoding="utf-8"), re.M)
    return first is not None and first[1] == f'"{header.relative_to(ROOT / "src")}"'


def compiler_flags(build: Path) -> list[str]:
    """Of any source of src/: the include paths and the warnings."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    command = next(entry["command"] for entry in commands if "/src/" in entry["file"])
    words = shlex.split(command)
    kept = [word for word in words if word.startswith(("-I", "-D", "-std", "-W", "-m"))]
    kept += [part for flag, value in zip(words, words[1:]) if flag == "-isystem"
             for part in (flag, value)]
    return kept


def compile_alone(header: Path, flags: list[str]) -> str:
    # Through a file that includes it: a header as the main file would warn about `#pragma once`.
    include = f'#include "{header.relative_to(ROOT / "src")}"\n'
    done = subprocess.run(["g++", *flags, "-fsyntax-only", "-x", "c++", "-"], cwd=ROOT,
                          input=include, text=True, capture_output=True, check=False)
    return done.stderr if done.returncode != 0 else ""


def main() -> int:
    everything = "--all" in sys.argv
    build = Path(sys.argv[-1]).resolve()
    headers = sorted((ROOT / "src").rglob("*.h"))
    alone = [header for header in headers if everything or not proved_by_the_linter(header)]
    flags = compiler_flags(build)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(lambda header: compile_alone(header, flags), alone))
    failed = 0
    for header, error in zip(alone, errors):
        if error:
            failed += 1
            print(f"{header.relative_to(ROOT)} does not compile alone. Include what it uses.\n{error}")
    if not failed:
        print(f"headers: {len(headers)} compile alone ({len(headers) - len(alone)} proved by the linter)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
