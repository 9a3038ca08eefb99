#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on relative links in Markdown that lead nowhere: a missing file, or a missing heading.

usage: check_links.py [ROOT]
"""
import re
import sys
from pathlib import Path

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
SKIPPED = {"build", ".git", "node_modules"}


def slug(heading: str) -> str:
    """The anchor that forges give a heading."""
    text = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower())
    return text.replace(" ", "-")


def without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors_of(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    return {slug(match[1]) for match in re.finditer(r"^#+ (.+)$", text, re.M)}


def problem_with(page: Path, link: str) -> str | None:
    if re.match(r"[a-z]+:", link):
        return None  # elsewhere in the world: no network in a check
    target, _, anchor = link.partition("#")
    path = (page.parent / target).resolve() if target else page
    if not path.exists():
        return f"{target} does not exist"
    if anchor and path.suffix == ".md" and anchor not in anchors_of(path):
        return f"{path.name} has no heading #{anchor}"
    return None


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    pages = [page for page in sorted(root.rglob("*.md"))
             if not SKIPPED & set(page.relative_to(root).parts)]
    problems = []
    for page in pages:
        lines = without_code(page.read_text(encoding="utf-8")).splitlines()
        for number, line in enumerate(lines, 1):
            problems += [f"{page.relative_to(root)}:{number}: {problem}. Correct the link."
                         for link in LINK.findall(line) if (problem := problem_with(page, link))]
    print("\n".join(problems) if problems else f"links: all good in {len(pages)} pages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
