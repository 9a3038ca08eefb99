#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on files longer than their gate; functions are measured by clang-tidy.

usage: check_sizes.py [ROOT]
"""
import sys
from pathlib import Path

SOURCE_LIMIT = {".h": 300, ".cpp": 600}
TEST_LIMIT = 800


def read_exceptions(path: Path) -> dict[str, int]:
    """Lines of `FILE LIMIT REASON`; the reason is not optional."""
    exceptions = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=2)
        if len(words) < 3 or not words[1].isdigit():
            raise SystemExit(f"{path}: \"{line}\" is not `FILE LIMIT REASON`.")
        exceptions[words[0]] = int(words[1])
    return exceptions


def limit_of(name: str, suffix: str) -> int:
    return TEST_LIMIT if name.startswith("tests/") else SOURCE_LIMIT[suffix]


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    exceptions = read_exceptions(root / "tools/size_exceptions.txt")
    problems = []
    longest = (0, "")
    for folder in ("src", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SOURCE_LIMIT:
                continue
            name = str(path.relative_to(root))
            lines = len(path.read_text(encoding="utf-8").splitlines())
            longest = max(longest, (lines, name))
            limit = exceptions.pop(name, limit_of(name, path.suffix))
            if lines > limit:
                problems.append(f"{name}: {lines} lines, at most {limit}.\n    Find the second thing "
                                "in it and give that a file of its own.")
    problems += [f"tools/size_exceptions.txt: {name} does not exist. Remove the line."
                 for name in exceptions]
    print("\n".join(problems) if problems else f"sizes: the longest file is {longest[1]}, "
                                               f"{longest[0]} lines")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
