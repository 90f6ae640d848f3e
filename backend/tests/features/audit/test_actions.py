"""What is noted in the audit log is what the features say that they note."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import String

import musubi
from musubi.app import FEATURES
from musubi.features.audit.models import AuditEntry

FEATURES_FOLDER = Path(musubi.__file__).parent / "features"
RECORDERS = ("audit.record", "audit.record_despite_error")


def noted() -> Iterator[tuple[str, str]]:
    """The feature and the action of every call that writes into the log."""
    for path in sorted(FEATURES_FOLDER.rglob("*.py")):
        feature = path.relative_to(FEATURES_FOLDER).parts[0]
        yield from ((feature, action) for action in actions_in(path))


def actions_in(path: Path) -> Iterator[str]:
    """The actions that a module notes. Each has to be written out where it is noted, or be handed as it is to a
    function of the same module that does."""
    tree = ast.parse(path.read_text())
    handed_on = {
        function.name: [argument.arg for argument in function.args.args].index(action.id)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for action in recorded_in(function)
        if isinstance(action, ast.Name)
    }
    actions = [action for action in recorded_in(tree) if not (isinstance(action, ast.Name) and handed_on)]
    for call in calls_in(tree):
        name = ast.unparse(call.func)
        if name in handed_on:
            actions.append(call.args[handed_on[name]])
    for action in actions:
        assert isinstance(action, ast.Constant), f"{path.name}:{action.lineno}: the action is not written out"
        yield str(action.value)


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def recorded_in(tree: ast.AST) -> list[ast.expr]:
    return [call.args[1] for call in calls_in(tree) if ast.unparse(call.func) in RECORDERS]


def test_every_feature_lists_what_it_notes() -> None:
    listed = {(feature.name, action) for feature in FEATURES for action in feature.actions}
    assert set(noted()) == listed


def test_an_action_belongs_to_one_feature_and_says_what_happened() -> None:
    actions = [action for feature in FEATURES for action in feature.actions]
    assert len(set(actions)) == len(actions) > 10
    kind = AuditEntry.__table__.c.action.type
    assert isinstance(kind, String)
    for action in actions:
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", action), action
        assert len(action) <= (kind.length or 0)


def test_a_module_that_makes_actions_up_is_found_out(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def note(s, action):\n    audit.record(s, action)\nnote(1, 'a.b')\naudit.record(1, 'c.d')\n")
    assert set(actions_in(module)) == {"a.b", "c.d"}
    module.write_text("audit.record(1, f'{x}.done')\n")
    with pytest.raises(AssertionError, match=r"module\.py:1: the action is not written out"):
        list(actions_in(module))
