#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on calls and includes that have a better place; each message names the replacement.

A line that has to be so says `// allowed: REASON` at its end.

usage: check_banned.py [ROOT]
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ban:
    pattern: str
    instead: str
    allowed_in: tuple[str, ...] = ()  # path prefixes from the root
    also_in_tests: bool = False


def call(name: str) -> str:
    """Matches a call of a free function: not a member, not a longer name."""
    return rf"(?<![\w.>])(?<!\w::)(?:::|std::)?{name}\s*\("


# A program of its own for other machines, which links nothing of os/.
AGENT = "src/guest/agent/"

BANS = (
    Ban(call("system"), "os::run with an argv: a shell splits and expands what it is given",
        also_in_tests=True),
    Ban(call("popen"), "os::run with an argv: a shell splits and expands what it is given",
        also_in_tests=True),
    Ban(r"\bsleep_(?:for|until)\b", "os::pause_for, which a cancel wakes; in a unit test, an event",
        ("tests/integration/", "tests/e2e/"), also_in_tests=True),
    Ban(call("(?:u|nano)?sleep"), "os::pause_for, which a cancel wakes", ("src/os/", AGENT)),
    Ban(call("(?:p?poll|p?select|epoll_p?wait|waitpid|wait4|waitid)"),
        "os::wait_for_any, os::wait_readable or os::Child::wait, which a cancel wakes",
        ("src/os/", AGENT)),
    Ban(call("v?fork"), "os::Child::start",
        ("src/os/", AGENT, "tests/integration/", "tests/e2e/"),
        also_in_tests=True),
    Ban(call("(?:execv[pe]*|execl[pe]*|posix_spawnp?)"), "os::Child::start",
        ("src/os/", AGENT)),
    Ban(r"\bstd::filesystem::remove_all\b|\bfs::remove_all\b",
        "os::remove_tree, which follows no link and does not throw", ("src/os/",)),
    Ban(call("(?:tmpnam|mktemp|mkstemp|mkdtemp)"), "os::ScratchFolder", ("src/os/",)),
    Ban(r"\bco_(?:await|yield|return)\b", "a thread and a base::Cancellation: g++ 12.2 miscompiles "
        "ordinary coroutines", also_in_tests=True),
    Ban(r"\busing\s+namespace\s+std\s*;", "the names you need", also_in_tests=True),
    Ban(r"\bstd::(?:cout|cerr)\b|" + call("f?printf"), "a parameter to write to: only the verbs of "
        "cli/ talk to people", ("src/cli/",)),
    Ban(r"\bNOLINT(?:NEXTLINE|BEGIN)?\b(?!\([\w-]+\):? \S)", "NOLINT(check-name): the reason"),
    Ban(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))", "the work itself, or TODO(#issue)",
        also_in_tests=True),
    Ban(r"#\s*include\s*<(?:sqlite3|libpq-fe)\.h>", "sql/: the database has one seam", ("src/sql/",)),
    Ban(r"#\s*include\s*<curl/", "http/: the transport has one home", ("src/http/",)),
    Ban(r"#\s*include\s*<ext2fs/", "disk/: one file reads ext file systems", ("src/disk/",)),
    Ban(r"#\s*include\s*<libssh/", "guest/: the way into the guest has one home", ("src/guest/",)),
    Ban(r"#\s*include\s*<CLI/", "cli/: one file parses the command line", ("src/cli/",)),
)


def without_noise(line: str) -> str:
    """The line without string contents and comments, except for what comments must not hold."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
    code, slashes, comment = line.partition("//")
    marks = re.findall(r"\b(?:NOLINT\w*|TODO|FIXME|XXX|HACK)\b.*", comment)
    return code + slashes + " ".join(marks)


def without_raw_strings(text: str) -> str:
    return re.sub(r'R"(\w*)\(.*?\)\1"', lambda raw: '""' + "\n" * raw[0].count("\n"), text, flags=re.S)


def problems_in(name: str, text: str) -> list[str]:
    in_tests = name.startswith("tests/")
    bans = [ban for ban in BANS
            if (ban.also_in_tests or not in_tests) and not name.startswith(ban.allowed_in)]
    problems = []
    for number, line in enumerate(without_raw_strings(text).splitlines(), 1):
        if re.search(r"// allowed: \S", line):
            continue
        code = without_noise(line)
        problems += [f"{name}:{number}: {match[0].strip()} is not used here.\n    Instead: {ban.instead}."
                     for ban in bans if (match := re.search(ban.pattern, code))]
    return problems


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    problems = []
    count = 0
    for folder in ("src", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                count += 1
                problems += problems_in(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    print("\n".join(problems) if problems else f"banned: nothing in {count} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
