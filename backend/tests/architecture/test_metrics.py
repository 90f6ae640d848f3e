"""What is measured, alerted on, drawn and described is the same: no alert on a metric that nobody records, no metric
that the page leaves out, no alert without a runbook and tests."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from musubi.core.metrics import REGISTRY

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
SUFFIXES: dict[str | None, tuple[str, ...]] = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
# What Prometheus adds by itself.
ADDED = {"instance", "job", "le"}
# Names that rules record have colons.
NAME = re.compile(r"(?<![\w:])musubi_\w+")


def instruments() -> dict[str, MetricWrapperBase]:
    """The application's, by their names without suffixes."""
    found = {each._name: each for each in REGISTRY._collector_to_names if isinstance(each, MetricWrapperBase)}
    assert len(found) > 40
    return found


def series() -> dict[str, set[str]]:
    """The names that a query may have, with their labels."""
    return {
        name + suffix: {*instrument._labelnames}
        for name, instrument in instruments().items()
        for suffix in SUFFIXES[instrument._type]
    }


def rules() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def panels() -> Iterator[dict[str, Any]]:
    for file in DASHBOARDS:
        yield from json.loads(file.read_text(encoding="utf-8"))["panels"]


def queries() -> dict[str, list[str]]:
    """The queries of alerts and dashboards, by where they stand."""
    found = {rule.get("alert") or rule["record"]: [rule["expr"]] for rule in rules()}
    return found | {panel["title"]: [target["expr"] for target in panel.get("targets", ())] for panel in panels()}


def page() -> str:
    return (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """What stands under a heading of the second level."""
    return page().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def runbooks() -> dict[str, str]:
    return dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", section("Runbooks"), re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("place", sorted(queries()))
def test_queries_ask_for_what_is_recorded(place: str) -> None:
    known, recorded = series(), {rule["record"] for rule in rules() if "record" in rule}
    for query in queries()[place]:
        names = set(NAME.findall(query))
        assert names - set(known) == set()
        assert set(re.findall(r"\bmusubi:\w+:\w+", query)) <= recorded
        labels = set().union(*(known[name] for name in names)) | ADDED
        for name, matchers in re.findall(r"(musubi_\w+)\{([^}]*)\}", query):
            assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', "", matchers))) <= known[name] | ADDED
        for grouped in re.findall(r"\bby \(([^)]*)\)", query):
            assert {label.strip() for label in grouped.split(",")} <= labels


def test_the_page_lists_every_metric_and_no_other() -> None:
    rows = dict(re.findall(r"^\| `(musubi_\w+)` \| (.*?) \|", section("Metrics"), re.MULTILINE))
    expected = {
        name + ("_total" if each._type == "counter" else ""): ", ".join(f"`{label}`" for label in each._labelnames)
        for name, each in instruments().items()
    }
    assert {name: labels.strip() for name, labels in rows.items()} == expected
    said = {*NAME.findall(section("Runbooks")), *re.findall(r"`(musubi_\w+)", page())}
    assert said <= set(expected) | set(series())


def test_what_is_the_same_for_all_processes_is_not_added_up() -> None:
    shared = {name for name, each in instruments().items() if getattr(each, "_multiprocess_mode", "") == "mostrecent"}
    assert "musubi_jobs" in shared
    every = [query for place in queries().values() for query in place]
    assert [query for query in every for name in shared if re.search(rf"sum[^)]*\b{name}\b", query)] == []


def test_gauges_say_how_processes_are_put_together() -> None:
    modes = {each._multiprocess_mode for each in instruments().values() if hasattr(each, "_multiprocess_mode")}
    # Without "live" what a process that died was doing would count for ever; "all" has a label for each process.
    assert modes == {"livesum", "livemin", "livemax", "mostrecent"}


def test_labels_name_nobody() -> None:
    named = set().union(*(each._labelnames for each in instruments().values()))
    assert named == {
        "kind", "limit", "method", "operation", "outcome", "pool", "reason", "result", "route", "state", "status",
        "version",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(alerts()))
def test_each_alert_says_what_it_is_and_what_to_do(name: str) -> None:
    rule = alerts()[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    runbook = runbooks()[name]
    for part in ("Means", "People see", "Find out", "Do"):
        assert f"- **{part}**: " in runbook


def test_each_runbook_is_of_an_alert() -> None:
    assert list(runbooks()) == list(alerts())


@pytest.mark.parametrize("name", sorted(alerts()))
def test_each_alert_is_tested_to_fire_and_to_be_silent(name: str) -> None:
    expected = [
        bool(test["exp_alerts"])
        for file in sorted(PROMETHEUS.glob("*.test.yml"))
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
        for test in group["alert_rule_test"]
        if test["alertname"] == name
    ]
    assert set(expected) == {True, False}


def test_the_dashboard_can_be_provisioned() -> None:
    [file] = DASHBOARDS
    board = json.loads(file.read_text(encoding="utf-8"))
    assert board["uid"] == "musubi"
    [variable] = board["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        if panel["type"] != "row":
            sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
            assert {source["uid"] for source in sources} == {"${datasource}"}
        place = panel["gridPos"]
        columns, lines = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        assert columns.stop <= 24
        covered = {(column, line) for column in columns for line in lines}
        assert not covered & taken
        taken |= covered


def test_every_metric_is_looked_at() -> None:
    """A number that is in no alert and on no dashboard helps nobody."""
    asked = {name for place in queries().values() for query in place for name in NAME.findall(query)}
    unused = {name for name, each in instruments().items() if not {name + end for end in SUFFIXES[each._type]} & asked}
    assert unused == set()
