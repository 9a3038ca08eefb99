#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `./dev test` says about a run: the sum of the reports, and what was left behind."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).parents[3] / "tools"

GTEST = """<testsuites><testsuite name="A">
<testcase name="One" status="run" classname="A"/>
<testcase name="Two" status="run" classname="A">{two}</testcase>
<testcase name="Off" status="notrun" classname="A"/>
</testsuite></testsuites>"""


class Summary(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "gtest").mkdir()

    def ctest_said(self, **status):
        entries = "".join(f'<testcase name="{name.replace("_", ".", 1)}" status="{what}"/>'
                          for name, what in status.items())
        (self.folder / "unit.xml").write_text(f"<testsuite>{entries}</testsuite>")

    def gtest_said(self, program, two=""):
        (self.folder / "gtest" / f"{program}_test.xml").write_text(GTEST.format(two=two))

    def summarize(self, *arguments):
        done = subprocess.run([sys.executable, TOOLS / "test_summary.py", self.folder, *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_counts_cases_and_not_programs(self):
        self.ctest_said(unit_os="run", unit_gate_layers="run")
        self.gtest_said("unit_os")
        code, said = self.summarize()
        self.assertEqual((code, said.splitlines()[-1]), (0, "3 passed, 0 failed"))

    def test_names_what_failed(self):
        self.ctest_said(unit_os="fail")
        self.gtest_said("unit_os", two='<failure message="x"/>')
        code, said = self.summarize()
        self.assertEqual((code, said.splitlines()[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("unit_os_test: A.Two", said)

    def test_gives_the_reason_of_a_skip_and_counts_it_nowhere(self):
        self.ctest_said(unit_os="run")
        self.gtest_said("unit_os", two='<skipped message="a.cpp:1&#10;needs root"/>')
        code, said = self.summarize()
        self.assertEqual((code, said.splitlines()[-1]), (0, "1 passed, 0 failed"))
        self.assertIn("(needs root)", said)

    def test_counts_a_program_that_wrote_no_report_as_failed(self):
        self.ctest_said(unit_os="fail", unit_base="run")
        self.gtest_said("unit_base")
        code, said = self.summarize()
        self.assertEqual((code, said.splitlines()[-1]), (1, "2 passed, 1 failed"))

    def test_counts_a_program_that_failed_after_its_tests(self):
        self.ctest_said(unit_os="fail")
        self.gtest_said("unit_os")
        code, said = self.summarize()
        self.assertEqual((code, said.splitlines()[-1]), (1, "2 passed, 1 failed"))

    def test_counts_leftovers_as_a_failure(self):
        self.ctest_said(unit_gate="run")
        code, said = self.summarize("--also-failed", "leftovers")
        self.assertEqual((code, said.splitlines()[-1]), (1, "1 passed, 1 failed"))

    def test_fails_when_nothing_ran(self):
        code, said = self.summarize()
        self.assertEqual((code, said.splitlines()[-1]), (1, "0 passed, 0 failed"))


class Leftovers(unittest.TestCase):
    def test_are_the_processes_and_files_of_this_run_only(self):
        with tempfile.TemporaryDirectory(prefix="ingot-test-", dir="/tmp") as folder:
            mark = Path(folder).name
            Path(folder, "disk.raw").touch()
            left = subprocess.Popen(["sleep", "60"], env={**os.environ, "INGOT_TEST_RUN": mark})
            other = subprocess.Popen(["sleep", "61"], env={**os.environ, "INGOT_TEST_RUN": "other"})
            try:
                said = subprocess.run([TOOLS / "leftovers.sh", mark], capture_output=True, text=True,
                                      check=True).stdout
            finally:
                for child in (left, other):
                    child.kill()
                    child.wait()
            self.assertIn(f"process {left.pid}: sleep 60", said)
            self.assertNotIn(f"process {other.pid}", said)
            self.assertIn(f"file {folder}/disk.raw", said)
            said = subprocess.run([TOOLS / "leftovers.sh", mark], capture_output=True, text=True,
                                  check=True).stdout
            self.assertNotIn("process", said)


if __name__ == "__main__":
    unittest.main()
