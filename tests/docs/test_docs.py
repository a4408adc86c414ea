"""What the documentation names is there: sections that are cited, links, paths, make targets, commands and tests.

How a citation is written stands in docs/contract/README.md.
"""

import io
import os
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from lms_lambda.cli import main

ROOT = Path(__file__).parents[2]
CONTRACT = "docs/contract/"
PAGES = sorted(path.stem for path in (ROOT / CONTRACT).glob("*.md") if path.stem != "README")
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".in", ".sh", ""}
MADE = {"__pycache__", "node_modules"}

_NUMBER = r"\d+(?:\.\d+)*"
# A comment may break a line inside of a citation.
_GAP = r"(?:[ \t]+|[ \t]*\n[ \t#]*)"
_NUMBERS = rf"{_NUMBER}(?:(?:,|{_GAP}and|{_GAP}to){_GAP}{_NUMBER})*"
_PAGE = "|".join(PAGES)
CITATION = re.compile(rf"\b([\w-]+)\.md{_GAP}({_NUMBERS})")
DEVIATION = re.compile(rf"\b(deviations){_GAP}({_NUMBERS})")
_WRITE = "write `mobile-users.md 7.4`: the page's file name and a heading's number"
# What a comment or a docstring may not say, and what to write instead.
REFUSED = [
    (re.compile(rf"(?<!docs/)\bcontract/(?:{_PAGE})\.md"), _WRITE),
    (re.compile(rf"\b(?:{_PAGE}) \d"), _WRITE),
    (re.compile(r"\bdeviation \d"), "write `deviations 8`: the number of a row of docs/deviations.md"),
    (re.compile(r"\bdesign(?:\.md)? \d[\d.]*"), "say the reason in words, or cite `deviations 8` or a page of docs"),
]
REFUSED_IN_PYTHON = [
    (re.compile(r"\b[Ss]ections? \d"), _WRITE),
    (re.compile(r"# --- (?:\d+\.\d+ |.*\((?:cases? |rules? )?\d[^()]*\) -)"), _WRITE),
]
# A parenthesis that holds a number like 5.4, or several, and nothing else. A version is none of the headings' numbers.
BARE = re.compile(rf"\(({_NUMBER})(?:(?:,|;| and| to)* (?:(?:rule|row|case|check|step)s? )?{_NUMBER})*\)")


@cache
def texts() -> dict[str, str]:
    """Every text of the repository by its path from the root, without what the tools make."""
    found = {}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and (name[0] != "." or name in (".ci", ".github"))]
        for name in names:
            path = Path(folder, name)
            if path.suffix in TEXT:
                found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8", errors="replace")
    return dict(sorted(found.items()))


@cache
def headings() -> dict[str, set[str]]:
    """The numbers of each page's headings; of docs/deviations.md, those of the first table's rows."""
    numbers = {
        page: set(re.findall(rf"(?m)^##+ ({_NUMBER})\.? ", without_code(texts()[f"{CONTRACT}{page}.md"])))
        for page in PAGES
    }
    return numbers | {"deviations": set(re.findall(r"(?m)^\| (\d+) \|", texts()["docs/deviations.md"]))}


def assert_none(problems: Iterable[str]) -> None:
    """Fails with every problem on a line of its own."""
    if found := "\n".join(problems):
        pytest.fail(found, pytrace=False)


def at(name: str, text: str, match: re.Match[str]) -> str:
    line = text.count("\n", 0, match.start()) + 1
    return f"{name}:{line}"


def prose(source: str) -> str:
    """The comments and docstrings of a Python file, on the lines where they stand."""
    lines = [""] * (source.count("\n") + 1)
    begins_a_statement = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and begins_a_statement):
            for number, line in enumerate(token.string.split("\n"), token.start[0] - 1):
                lines[number] = line
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            begins_a_statement = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    return "\n".join(lines)


def without_code(markdown: str) -> str:
    """The page without fenced blocks and code spans, its lines where they were."""
    return re.sub(r"(?ms)^```.*?^```|`[^`\n]+`", lambda match: "\n" * match.group().count("\n"), markdown)


# --- Citations --------------------------------------------------------------------------------------------------------


def unresolved(name: str, text: str) -> Iterator[str]:
    """The citations in the text that lead nowhere."""
    citations = CITATION.finditer(text) if ".md" in text else []
    for match in [*citations, *DEVIATION.finditer(text)]:
        page, numbers = match.groups()
        if page not in headings():
            yield f"{at(name, text, match)}: {page}.md is no page of docs/contract"
            continue
        place = "row of docs/deviations.md" if page == "deviations" else f"heading of docs/contract/{page}.md"
        for number in re.findall(_NUMBER, numbers):
            if number not in headings()[page]:
                yield f"{at(name, text, match)}: {number} is no {place}"


def refused(name: str, text: str) -> Iterator[str]:
    """The citations in the text that are written in another form than `mobile-users.md 7.4` and `deviations 8`."""
    patterns = REFUSED + (REFUSED_IN_PYTHON if name.endswith(".py") else [])
    if not BARE.search(text) and not any(pattern.search(text) for pattern, _ in patterns):
        return
    # Links name files, and a page of the contract names its own sections.
    text = prose(text) if name.endswith(".py") else re.sub(r"\]\([^)\n]*\)", "]()", text)
    for pattern, advice in patterns:
        for match in pattern.finditer(text):
            yield f"{at(name, text, match)}: `{match.group().strip('# ')}`: {advice}"
    if not name.startswith(CONTRACT):
        known = set().union(*(headings()[page] for page in PAGES))
        for match in BARE.finditer(text):
            if "." in match.group(1) and match.group(1) in known:
                yield f"{at(name, text, match)}: `{match.group()}`: {_WRITE}"


def test_every_citation_names_a_heading_or_a_row_that_is_there() -> None:
    assert all(headings().values())
    assert_none(problem for name, text in texts().items() for problem in unresolved(name, text))


def test_every_citation_is_written_in_the_one_form() -> None:
    assert_none(problem for name, text in texts().items() for problem in refused(name, text))


def test_the_pages_of_the_contract_name_sections_of_their_own_that_are_there() -> None:
    problems = []
    for page in PAGES:
        name = f"{CONTRACT}{page}.md"
        text = texts()[name]
        for match in re.finditer(rf"\bsections? ({_NUMBER}(?:(?:/|,? and |, ){_NUMBER})*)", text):
            missing = set(re.findall(_NUMBER, match.group(1))) - headings()[page]
            problems += [f"{at(name, text, match)}: {number} is no heading of this page" for number in missing]

    assert_none(problems)


@pytest.mark.parametrize(
    "comment",
    [
        "(5.4)",
        "(4.4, rule 7)",
        "(4.2, 4.3 and 7.1 to 7.3)",
        "(contract/auth.md 7)",
        "see contract/clients.md",
        "course-team 4.2",
        "as in deviation 8",
        "(design 7.8)",
        "The order of section 7.1.",
        "--- Reading (5.3, 5.6 cases 1, 2, 4) ---",
        "--- Cookies (7) ---",
        "--- 1.4 Methods ---",
    ],
)
def test_another_form_of_a_citation_is_refused(comment: str) -> None:
    assert next(refused("rule.py", f"x = 1\n# {comment}\n")).startswith("rule.py:2: ")
    assert list(refused("rule.py", f"x = {comment!r}\n")) == []


@pytest.mark.parametrize(
    "comment",
    [
        "(mobile-users.md 4.4, rule 7)",
        "(docs/contract/auth.md)",
        "(deviations 1 to 4)",
        "Python (3.13)",
        "(60)",
        "from 127.0.0.1",
        "at 5.4 MB",
        "--- Writes ---",
        "--- Writes (auth.md 7, deviations 8) ---",
    ],
)
def test_what_is_a_citation_or_none_is_accepted(comment: str) -> None:
    assert [*refused("rule.py", f"# {comment}\n"), *unresolved("rule.py", f"# {comment}\n")] == []


# --- Links ------------------------------------------------------------------------------------------------------------

LINK = re.compile(r"\]\(([^)\s]+)\)|(?m:^\[[^\]]+\]: (\S+))")
MARKDOWN = [name for name in texts() if name.endswith(".md")]


@cache
def anchors(page: str) -> set[str]:
    """The fragments that GitHub gives the page's headings."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"(?m)^#{1,6} +(.+?)[ #]*$", re.sub(r"(?ms)^```.*?^```", "", texts()[page])):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def broken_links(page: str) -> Iterator[str]:
    text = without_code(texts()[page])
    for match in LINK.finditer(text):
        target = match.group(1) or match.group(2)
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (ROOT / page).parent.joinpath(path).resolve() if path else ROOT / page
        if not file.is_relative_to(ROOT) or not file.exists():
            yield f"{at(page, text, match)}: there is no {target}"
        elif fragment and file.suffix == ".md" and fragment not in anchors(file.relative_to(ROOT).as_posix()):
            yield f"{at(page, text, match)}: {path or page} has no heading #{fragment}"


def test_every_link_leads_somewhere() -> None:
    assert_none(problem for page in MARKDOWN for problem in broken_links(page))


def test_every_decision_is_listed() -> None:
    listed = texts()["docs/decisions/README.md"]

    assert_none(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md") if f"({path.name})" not in listed)


# --- What the manuals name --------------------------------------------------------------------------------------------

# The contract's pages name files and commands of other repositories.
MANUALS = [name for name in MARKDOWN if not name.startswith(CONTRACT)]
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != ".git"}


def code(page: str) -> Iterator[tuple[str, str]]:
    """What the page shows as code, line by line and span by span, and where."""
    fenced = False
    for number, line in enumerate(texts()[page].split("\n"), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield f"{page}:{number}", line.strip()
        for span in [] if fenced else re.findall(r"`([^`]+)`", line):
            yield f"{page}:{number}", span.strip()


def test_paths_that_the_manuals_name_are_there() -> None:
    problems = []
    for page in MANUALS:
        for place, text in code(page):
            path = text.removesuffix("/")
            if re.fullmatch(r"[\w.*-]+(/[\w.*-]+)+", path) and path.split("/")[0] in FOLDERS and path[0] != ".":
                problems += [f"{place}: there is no {path}"] if not list(ROOT.glob(path)) else []

    assert_none(problems)


def test_pages_that_the_code_names_are_there() -> None:
    named = re.compile(r"(?<![\w./-])docs/[\w/-]+\.(?:md|json)\b")
    problems = [
        f"{at(name, text, match)}: there is no {match.group()}"
        for name, text in texts().items()
        if not name.startswith(CONTRACT)
        for match in named.finditer(text)
        if not (ROOT / match.group()).exists()
    ]

    assert_none(problems)


def test_make_targets_that_the_manuals_name_are_there() -> None:
    targets = set(re.findall(r"(?m)^([a-z][\w-]*):", texts()["Makefile"]))
    command = re.compile(r"(?:\$ )?(?:[A-Z_]+=\S+ )*make ([a-z][\w-]*)")
    named = [
        (place, match.group(1)) for page in MANUALS for place, text in code(page) if (match := command.match(text))
    ]

    assert named
    assert_none(f"{place}: make {target}" for place, target in named if target not in targets)


def test_commands_that_the_manuals_name_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    command = re.compile(r"(?:^|\$ |\.venv/bin/)lms-lambda ([a-z][a-z-]*)")
    named = [(place, name) for page in MANUALS for place, text in code(page) for name in command.findall(text)]

    def is_there(name: str) -> bool:
        with pytest.raises(SystemExit) as end:
            main([name, "--help"])
        return end.value.code == 0

    assert named
    there = {name: is_there(name) for name in {name for _, name in named}}
    assert_none(f"{place}: lms-lambda {name}" for place, name in named if not there[name])


def test_tests_that_the_manuals_name_are_there() -> None:
    known = {Path(name).stem for name in texts()}
    known |= {name for text in texts().values() for name in re.findall(r"def (test_\w+)", text)}
    named = [(page, name) for page in MANUALS for name in re.findall(r"\btest_\w+", texts()[page])]

    assert_none(f"{page}: {name}" for page, name in named if name not in known)
