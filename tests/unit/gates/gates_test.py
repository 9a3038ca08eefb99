#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each gate refuses what it is there to refuse, in a small tree made for it, and lets the rest be."""
import contextlib
import importlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))

TABLE = """# A
## Layers

| level | folder | holds | may include |
|---|---|---|---|
| 0 | `base/` | values | (nothing) |
| 1 | `os/` | files | base |
| 1 | `arm/` | words | base |

## After
"""


class Gate(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        self.put("docs/architecture.md", TABLE)
        self.put("src/base/a.h", "#pragma once\n")

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_gate(self, name):
        output = io.StringIO()
        gate = importlib.import_module(f"check_{name}")
        with mock.patch.object(sys, "argv", [name, str(self.root)]), \
                contextlib.redirect_stdout(output):
            try:
                return gate.main(), output.getvalue()
            except SystemExit as refusal:  # a table or a list that cannot be read
                return 1, str(refusal)

    def assert_refuses(self, gate, what):
        code, output = self.run_gate(gate)
        self.assertEqual(code, 1, output)
        self.assertIn(what, output)

    def assert_accepts(self, gate):
        code, output = self.run_gate(gate)
        self.assertEqual(code, 0, output)


class Layers(Gate):
    def test_accepts_what_the_table_allows(self):
        self.put("src/os/b.cpp", '#include "base/a.h"\n#include <vector>\n')
        self.put("src/os/CMakeLists.txt", "ingot_module(os USES base LINKS fmt::fmt)\n")
        self.assert_accepts("layers")

    def test_refuses_an_include_upward(self):
        self.put("src/base/b.cpp", '#include "base/a.h"\n#include "os/b.h"\n')
        self.assert_refuses("layers", "src/base/b.cpp:2")

    def test_refuses_an_include_sideways(self):
        self.put("src/arm/b.cpp", '#include "os/b.h"\n')
        self.assert_refuses("layers", "arm/ may not include")

    def test_refuses_a_path_that_does_not_start_at_src(self):
        self.put("src/os/b.cpp", '#include "b.h"\n')
        self.assert_refuses("layers", "not a path from src/")

    def test_refuses_a_target_that_uses_what_the_table_forbids(self):
        self.put("src/os/CMakeLists.txt", "ingot_module(os USES base arm\n    LINKS fmt::fmt)\n")
        self.assert_refuses("layers", "os/ may not use arm/")

    def test_refuses_a_folder_without_a_row(self):
        self.put("src/misc/CMakeLists.txt", "ingot_module(misc)\n")
        self.assert_refuses("layers", "misc/ has no row")

    def test_refuses_a_table_that_leans_upward(self):
        self.put("docs/architecture.md", TABLE.replace("(nothing)", "os"))
        self.assert_refuses("layers", "may not name `os`")


class Sizes(Gate):
    def test_accepts_a_file_at_its_limit(self):
        self.put("src/base/a.h", "\n" * 300)
        self.put("src/base/a.cpp", "\n" * 600)
        self.put("tests/unit/base/a_test.cpp", "\n" * 800)
        self.assert_accepts("sizes")

    def test_refuses_a_header_one_line_over(self):
        self.put("src/base/a.h", "\n" * 301)
        self.assert_refuses("sizes", "src/base/a.h: 301 lines")

    def test_accepts_an_exception_with_a_reason(self):
        self.put("src/base/a.h", "\n" * 301)
        self.put("tools/size_exceptions.txt", "src/base/a.h 310 one table, nowhere to cut\n")
        self.assert_accepts("sizes")

    def test_refuses_an_exception_without_a_reason(self):
        self.put("tools/size_exceptions.txt", "src/base/a.h 310\n")
        self.assert_refuses("sizes", "FILE LIMIT REASON")

    def test_refuses_an_exception_for_a_file_that_is_gone(self):
        self.put("tools/size_exceptions.txt", "src/base/gone.h 310 was long once\n")
        self.assert_refuses("sizes", "does not exist")


class Banned(Gate):
    def test_refuses_each_of_these(self):
        for code in ("std::system(c);", "::popen(c, m);", "std::this_thread::sleep_for(1s);",
                     "std::filesystem::remove_all(p);", "const auto pid = ::fork();",
                     "co_await x;", "using namespace std;", "::waitpid(p, &s, 0);",
                     "// NOLINTNEXTLINE", "// TODO: later", "#include <sqlite3.h>",
                     "std::cout << x;"):
            with self.subTest(code):
                self.put("src/base/b.cpp", f"void f() {{\n{code}\n}}\n")
                self.assert_refuses("banned", "src/base/b.cpp:2")

    def test_accepts_what_only_looks_like_it(self):
        self.put("src/base/b.cpp", """// the guest's init calls system( and fork( itself
void f() {
    file_system(x); child.poll(); run->system(y); say("popen(it)"); ours::fork(z);
    say(R"(
        system(inside a script)
    )");
    using namespace std::chrono_literals;
    ::poll(p, 1, 0);  // allowed: a test of the gate itself
    value = x;  // NOLINT(concurrency-mt-unsafe): nothing calls setenv
}
""")
        self.assert_accepts("banned")

    def test_lets_os_do_what_only_os_may(self):
        self.put("src/os/b.cpp", "void f() {\n::fork();\n::poll(p, 1, 0);\n}\n")
        self.assert_accepts("banned")


class Links(Gate):
    def test_accepts_files_headings_and_the_world(self):
        self.put("README.md", "[a](docs/architecture.md#layers) [b](#one-word) [c](https://x.org)\n"
                              "# One `word`\n`[d](gone.md)`\n```\n[e](gone.md)\n```\n")
        self.assert_accepts("links")

    def test_refuses_a_missing_file(self):
        self.put("README.md", "one\n[a](gone.md)\n")
        self.assert_refuses("links", "README.md:2: gone.md does not exist")

    def test_refuses_a_missing_heading(self):
        self.put("README.md", "[a](docs/architecture.md#gone)\n")
        self.assert_refuses("links", "no heading #gone")


if __name__ == "__main__":
    unittest.main()
