#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what the tests reported and ends with one line, `N passed, N failed`.

The folder holds ctest's report of each label (*.xml) and, in gtest/, GoogleTest's of each program. A
program that wrote none (a crash, a time limit, a test that is no GoogleTest program) counts as one
test, as does a program that failed although each of its tests passed (a leak found at its end).
Exits non-zero on any failure, and when no test ran.

usage: test_summary.py FOLDER [--also-failed NAME]
"""
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Tally:
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def add_cases(tally: Tally, report: Path) -> None:
    for case in xml.parse(report).getroot().iter("testcase"):
        name = f"{report.stem}: {case.get('classname')}.{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None:
            tally.failed.append(name)
        elif skip is not None:
            reason = (skip.get("message") or skip.text or "no reason given").strip().splitlines()
            tally.skipped.append(f"{name} ({reason[-1]})")
        elif case.get("status") == "run":
            tally.passed += 1


def add_program(tally: Tally, entry: xml.Element, gtest: Path) -> None:
    """One entry of ctest's report; `unit.os` is the program unit_os_test."""
    name = entry.get("name", "")
    succeeded = entry.get("status") == "run"
    report = gtest / (name.replace(".", "_") + "_test.xml")
    already_failed = len(tally.failed)
    if report.exists() and report.stat().st_size > 0:
        add_cases(tally, report)
        if not succeeded and len(tally.failed) == already_failed:
            tally.failed.append(f"{name} (the program, after its tests)")
    elif succeeded:
        tally.passed += 1
    else:
        tally.failed.append(name)


def main() -> int:
    folder = Path(sys.argv[1])
    tally = Tally(failed=sys.argv[3:] if sys.argv[2:3] == ["--also-failed"] else [])
    for report in sorted(folder.glob("*.xml")):
        for entry in xml.parse(report).getroot().iter("testcase"):
            add_program(tally, entry, folder / "gtest")
    for title, names in (("skipped", tally.skipped), ("failed", tally.failed)):
        if names:
            print(f"\n{title}:")
            print("\n".join(f"  {name}" for name in names))
    print(f"\n{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
