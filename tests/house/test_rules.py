"""The rules of the house that a machine can hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from project.celery import app as celery
from project.queues import COMMON_QUEUES

ROOT: Path = settings.BASE_DIR
APPS = ("lib", "epm", "notifications", "email_processor", "app_interface", "project")


def sources(*apps: str) -> Iterator[Path]:
    for app in apps or APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def test_it_writes_the_state_of_a_recipient_in_lifecycle_only() -> None:
    offenders = []
    for path in sources("email_processor", "app_interface", "project"):
        if path.name == "lifecycle.py":
            continue
        tree = ast.parse(path.read_text())
        updates = [call for call in calls(tree, "update") if _is_about_recipients(call) and _sets_state(call)]
        saves = [call for call in calls(tree, "save") if ast.unparse(call.func).startswith("recipient.")]
        offenders += [f"{path.relative_to(ROOT)}:{call.lineno}" for call in [*updates, *saves]]
    assert not offenders


def _is_about_recipients(call: ast.Call) -> bool:
    return "Recipient.objects" in ast.unparse(call.func)


def _sets_state(call: ast.Call) -> bool:
    return any(keyword.arg == "state" for keyword in call.keywords)


def test_it_consumes_every_queue_that_a_task_is_put_on() -> None:
    celery.loader.import_default_modules()
    ours = [name for name in celery.tasks if not name.startswith("celery.")]
    queues = {celery.amqp.router.route({}, name, args=("main",))["queue"].name for name in ours}
    assert queues == {*COMMON_QUEUES, "send.main"}


def test_it_beats_only_tasks_that_exist() -> None:
    celery.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(celery.tasks)


@pytest.mark.parametrize("path", [p for p in sources() if p.name == "tasks.py"], ids=lambda p: str(p.parent.name))
def test_it_keeps_tasks_to_ten_lines(path: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    assert all((node.end_lineno or 0) - node.lineno <= 10 for node in functions)


def test_it_makes_no_import_inside_a_function_of_the_lower_rooms() -> None:
    offenders = []
    for path in sources("lib", "epm", "notifications", "email_processor", "app_interface"):
        if path.name == "apps.py":  # models may be imported once the apps are ready, which is in ready()
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                imports = [n for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
                offenders += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in imports]
    assert not offenders


def test_it_documents_every_setting() -> None:
    from project.management.commands.configuration import page

    assert (ROOT / "docs" / "configuration.md").read_text() == page()


def test_it_names_only_files_that_exist_in_the_flow() -> None:
    text = (ROOT / "docs" / "flow.md").read_text()
    named = re.findall(r"`([a-z_/]+\.py)(?::(\w+))?`", text)
    assert named
    missing = [f"{file}:{name}" for file, name in named if not _is_there(ROOT / file, name)]
    assert not missing


def _is_there(path: Path, name: str) -> bool:
    return path.exists() and (
        not name or bool(re.search(rf"^\s*(async )?(def|class) {name}\b|^{name}\b", path.read_text(), re.M))
    )
