"""The pages name what is there: files, links, commands, settings and routes that exist, with their real defaults."""

import json
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import AliasChoices

from musubi.cli import app as command_line
from musubi.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
SUFFIXES = "py|ts|vue|mjs|js|json|md|toml|lock|css|html|ini|yaml|yml|sh|example"
PATH = re.compile(rf"\.?[\w@-][\w.@*-]*(?:/[\w.@*-]+)*(?:/|\.(?:{SUFFIXES}))")
NAME = re.compile(r"make |musubi |[A-Z_]+\b")
# What the pages name and the application makes, or refuses to have.
MADE = {"backups/", "manifest.json", "musubi-backup.json", "secrets.json", "secret.key", "var/", "alembic.ini"}
# Files of the feature that the guide has its reader write.
INVENTED = re.compile(r"notes?(/|$)|Note[A-Z]\w*")


def tracked(*patterns: str) -> list[str]:
    """What git keeps, or would keep with the next `git add`, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return sorted({name for name in found.split("\0") if name and (ROOT / name).is_file()})


PAGES = tracked("*.md")


@cache
def everything() -> frozenset[str]:
    """Every tracked file and the folders they are in, the latter with a slash at the end."""
    files = [Path(name) for name in tracked()]
    folders = {f"{parent}/" for file in files for parent in file.parents}
    return frozenset({str(file) for file in files} | folders)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def fences(page: str, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)
    return [body for language, body in blocks if language in languages]


def prose(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def code(page: str) -> list[str]:
    """What stands in backquotes."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def exists(path: str) -> bool:
    """Whether there is such a file or folder; a page may leave out where it begins."""
    return any(fnmatch(name, path) or fnmatch(name, f"*/{path}") for name in everything())


def listed(tree: str) -> Iterator[str]:
    """The paths of an indented list: first the path, then what it is."""
    open_folders: list[tuple[int, str]] = []
    for line in tree.splitlines():
        if not line.strip():
            continue
        indent, name = len(line) - len(line.lstrip()), line.split()[0]
        while open_folders and open_folders[-1][0] >= indent:
            open_folders.pop()
        path = (open_folders[-1][1] if open_folders else "") + name
        if name.endswith("/"):
            open_folders.append((indent, path))
        yield path


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def names(field: str) -> set[str]:
    """The names under which the environment may give a setting."""
    alias = Settings.model_fields[field].validation_alias
    return {str(each) for each in alias.choices} if isinstance(alias, AliasChoices) else {f"MUSUBI_{field.upper()}"}


def test_there_are_pages() -> None:
    assert {"README.md", "README.ja.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page)) + re.findall(r'src="([^"]+)"', prose(page))
    missing = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        anchors = set()
        if anchor and file.is_file():
            anchors = {slug(line) for line in re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)}
        if not file.exists() or (anchor and anchor not in anchors):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page: str) -> None:
    said = {path for path in code(page) if PATH.fullmatch(path)}
    missing = {path for path in said - MADE if not INVENTED.match(path) and not exists(path)}
    drawn = {path for tree in fences(page, "tree") for path in listed(tree)}
    assert missing | {path for path in drawn if path not in everything()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    spoken = "\n".join([*code(page), *fences(page, "sh")])
    assert set(re.findall(r"^(?:\w+=\S+ )*make ([a-z0-9-]+)", spoken, re.MULTILINE)) - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists(page: str) -> None:
    commands = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]
    spoken = "\n".join([*code(page), *fences(page, "sh")])
    for name, rest in re.findall(r"^(?:backend/\.venv/bin/)?musubi ([a-z-]+)(.*)$", spoken, re.MULTILINE):
        assert name in commands, name
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options


@pytest.mark.parametrize("page", PAGES)
def test_every_script_of_npm_exists(page: str) -> None:
    scripts = json.loads((ROOT / "frontend/package.json").read_text())["scripts"]
    spoken = "\n".join([*code(page), *fences(page, "sh", "text", "mermaid")])
    assert set(re.findall(r"npm run ([\w:-]+)", spoken)) <= set(scripts)


@pytest.mark.parametrize("page", PAGES)
def test_every_route_exists(page: str) -> None:
    paths: dict[str, dict[str, Any]] = json.loads((ROOT / "contract/openapi.json").read_text())["paths"]
    only_in_test_mode = {"/api/v1/test/setup"}
    known = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    known |= {f"POST {path}" for path in only_in_test_mode}
    said = {each.partition("?")[0] for each in code(page) if re.match(r"(GET|POST|PUT|PATCH|DELETE) /", each)}
    missing = {each for each in said if each not in known and each.replace(" ", " /api/v1", 1) not in known}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_exists(page: str) -> None:
    known = set().union(*map(names, Settings.model_fields))
    assert set(re.findall(r"MUSUBI_[A-Z_]+", text_of(page))) <= known


def test_the_table_of_settings_is_whole_and_its_defaults_are_real(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, section = text_of("docs/settings.md").partition("\n## Settings\n")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", section.partition("\n## ")[0], re.MULTILINE))
    assert [field for field in Settings.model_fields if not names(field) & set(rows)] == []
    assert set(rows) <= set().union(*map(names, Settings.model_fields))

    for name in set().union(*map(names, Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)
    bare = Settings(_env_file=None)
    unset = {field for field in Settings.model_fields for name in names(field) if rows.get(name) == "–"}
    assert {field for field in unset if getattr(bare, field) not in (None, ())} == set()
    for name, default in rows.items():
        if default != "–":
            monkeypatch.setenv(name, default.strip("`"))
    assert Settings(_env_file=None) == bare
    assert {field for field in Settings.model_fields if getattr(bare, field) is None} <= unset


def test_both_readmes_say_the_same() -> None:
    """As far as a program can tell: sections, commands, drawings, links, and what is named in code."""
    english, japanese = "README.md", "README.ja.md"

    def shape(page: str) -> dict[str, Any]:
        text = prose(page)
        return {
            "headings": re.findall(r"^(#+) ", text, re.MULTILINE),
            "commands": fences(page, "sh"),
            "folders": [list(listed(tree)) for tree in fences(page, "tree")],
            "links": sorted(set(re.findall(r"\]\(([^)\s]+)\)", text)) - {english, japanese}),
            "images": re.findall(r"docs/images/[\w.-]+", text),
            "code": sorted({each for each in code(page) if PATH.fullmatch(each) or NAME.match(each)}),
            "rows": len(re.findall(r"^\|", text, re.MULTILINE)),
        }

    assert shape(japanese) == shape(english)


def test_decisions_are_numbered_and_listed() -> None:
    records = [Path(page).name for page in PAGES if re.match(r"docs/decisions/\d", page)]
    assert [record[:4] for record in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    index = dict(re.findall(r"^\| \[\d+\]\(([^)]+)\) \| (.*) \|$", text_of("docs/decisions/README.md"), re.MULTILINE))
    for record in records:
        heading = re.match(r"# \d+\. (.*)\n", text_of(f"docs/decisions/{record}"))
        assert heading is not None
        assert index[record] == heading[1]
        for section in ("## Context", "## Decision", "## Consequences"):
            assert f"\n{section}\n" in text_of(f"docs/decisions/{record}")


def test_the_pages_of_the_api_load_what_the_build_makes() -> None:
    """Swagger UI and ReDoc: a file of a package, which the build copies, or one of ours."""
    wanted = set(re.findall(r"/static/docs/([\w.-]+)", text_of("backend/src/musubi/core/http/docs_pages.py")))
    copied = set(re.findall(r"'(?:bundles/)?([\w.-]+)'", text_of("frontend/scripts/docs-assets.mjs")))
    ours = {Path(name).name for name in tracked("frontend/public/static/docs/*")}
    assert wanted
    assert wanted <= copied | ours
