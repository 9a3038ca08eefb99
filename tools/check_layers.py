#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on any include (or CMake USES) that the layer table in docs/architecture.md does not allow.

usage: check_layers.py [ROOT]
"""
import re
import sys
from pathlib import Path

ROW = re.compile(r"^\|\s*(\d+)\s*\|\s*`(\w+)/`\s*\|[^|]*\|([^|]*)\|\s*$")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
MODULE = re.compile(r"ingot_module\(\s*(\w+)([^)]*)\)", re.S)


def read_table(page: Path) -> dict[str, set[str]]:
    """Folder -> the folders it may include, itself among them."""
    text = page.read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split("\n## Layers\n", 1)[1], maxsplit=1, flags=re.M)[0]
    rows = [match for line in section.splitlines() if (match := ROW.match(line))]
    levels = {row[2]: int(row[1]) for row in rows}
    table: dict[str, set[str]] = {}
    for row in rows:
        allowed = set(re.findall(r"[a-z]\w*", re.sub(r"\(.*?\)", "", row[3])))
        for name in sorted(allowed):
            if name not in levels or levels[name] > levels[row[2]]:
                raise SystemExit(f"{page}: `{row[2]}/` may not name `{name}`, which is no folder at "
                                 "its level or below.")
        table[row[2]] = allowed | {row[2]}
    return table


def check_includes(root: Path, table: dict[str, set[str]]) -> list[str]:
    problems = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        folder = path.relative_to(root / "src").parts[0]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            used = match[1].split("/")[0]
            where = f"{path.relative_to(root)}:{number}"
            if "/" not in match[1] or used not in table:
                problems.append(f'{where}: "{match[1]}" is not a path from src/. '
                                'Write "folder/file.h".')
            elif folder in table and used not in table[folder]:
                problems.append(
                    f'{where}: {folder}/ may not include "{match[1]}" (docs/architecture.md, Layers).\n'
                    f"    Move the code to where both may see it, or let {folder}/ declare the port "
                    f"it needs and {used}/ implement it.")
    return problems


def check_targets(root: Path, table: dict[str, set[str]]) -> list[str]:
    problems = []
    for path in sorted((root / "src").glob("*/CMakeLists.txt")):
        folder = path.parent.name
        where = path.relative_to(root)
        if folder not in table:
            problems.append(f"{where}: {folder}/ has no row in docs/architecture.md, Layers. Add it.")
            continue
        for module in MODULE.finditer(path.read_text(encoding="utf-8")):
            uses = re.search(r"\bUSES\s+((?:[a-z_0-9]+\s*)+)", module[2])
            for used in sorted(set(uses[1].split() if uses else []) - table[folder]):
                problems.append(f"{where}: {folder}/ may not use {used}/ (docs/architecture.md, "
                                "Layers). Drop it, or argue for a change of the table.")
    return problems


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    table = read_table(root / "docs/architecture.md")
    if not table:
        print("docs/architecture.md: no layer table under the heading `## Layers`.")
        return 1
    problems = check_includes(root, table) + check_targets(root, table)
    print("\n".join(problems) if problems else f"layers: {len(table)} folders, nothing leans upward")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
