# SPDX-License-Identifier: Apache-2.0
"""A test that is one long story: named checks in the order in which a person would do the things.

    story = Story("az")
    with story.check("registers a provider"):
        expect(answer["registrationState"], "Registered")

A check that fails is reported and the story goes on: what depends on it fails too, and says so. At
the end stands a report in GoogleTest's form, where GTEST_OUTPUT wants it, so that
tools/test_summary.py counts the checks like any other test's.
"""
import os
import signal
import sys
import time
import traceback
import xml.etree.ElementTree as xml
from contextlib import contextmanager
from pathlib import Path


class Skipped(Exception):
    """The machine cannot do this; the text says why."""


def expect(actual, expected) -> None:
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def expect_in(part, whole) -> None:
    if part not in whole:
        raise AssertionError(f"{part!r} is not in {whole!r}")


class Story:
    def __init__(self, name: str):
        self.name = name
        self.cases: list[xml.Element] = []
        self.failed: list[str] = []
        self.chapter = name

    @contextmanager
    def check(self, fact: str):
        start = time.monotonic()
        problem: Exception | None = None
        try:
            yield
        except Exception as error:  # pylint: disable=broad-except
            problem = error
        self.add(fact, time.monotonic() - start, problem)

    def add(self, fact: str, seconds: float, problem: Exception | None) -> None:
        case = xml.Element("testcase", classname=self.chapter, name=fact, status="run",
                           time=f"{seconds:.3f}")
        word = "OK"
        if isinstance(problem, Skipped):
            word = "SKIPPED"
            xml.SubElement(case, "skipped", message=str(problem))
        elif problem is not None:
            word = "FAILED"
            self.failed.append(f"{self.chapter}: {fact}")
            xml.SubElement(case, "failure", message=str(problem))
            print("".join(traceback.format_exception(problem)[-3:]), flush=True)
        self.cases.append(case)
        print(f"[ {word:>8} ] {self.chapter}: {fact} ({seconds:.1f} s)", flush=True)

    def tell(self, chapter: str, tell, *actors) -> None:
        """A chapter may break off, say for want of what an earlier one makes; the next begins."""
        self.chapter = chapter
        try:
            tell(self, *actors)
        except Exception as error:  # pylint: disable=broad-except
            self.add("is told to its end", 0, error)

    def end(self) -> int:
        self.write_report()
        passed = sum(len(case) == 0 for case in self.cases)
        print(f"\n{passed} passed, {len(self.failed)} failed")
        for fact in self.failed:
            print(f"  {fact}")
        return 1 if self.failed or not self.cases else 0

    def write_report(self) -> None:
        kind, _, folder = os.environ.get("GTEST_OUTPUT", "").partition(":")
        if kind != "xml":
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        root = xml.Element("testsuites")
        xml.SubElement(root, "testsuite", name=self.name).extend(self.cases)
        xml.ElementTree(root).write(Path(folder) / f"e2e_{self.name}_test.xml")


def main(name: str, tell) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    database = os.environ.get("INGOT_TEST_DATABASE", "sqlite")
    story = Story(name if database == "sqlite" else f"{name}_{database}")
    story.tell(name, tell)
    sys.exit(story.end())
