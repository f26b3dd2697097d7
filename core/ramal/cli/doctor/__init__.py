"""``ramal doctor``: look at everything an installation needs, and say how to mend what is wrong.

Each module here looks at one part; none changes anything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click
from flask import Flask

from ramal.cli.doctor import database, machine
from ramal.cli.doctor.findings import Finding, examined, ill
from ramal.config import Settings, load_settings

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def doctor(as_json: bool) -> None:
    """Check the installation and say how to mend it. Ends with code 1 if something does not work."""
    findings = []
    for finding in examine(load_settings()):
        findings.append(finding)
        if not as_json:
            _say(finding)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        click.echo(_summary(findings))
    sys.exit(any(finding.level == "error" for finding in findings))


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, as it is made. What needs the application is left out where that can't start."""
    yield from machine.look_at_keys(settings)
    base = list(examined("database", lambda: database.look_at_database(settings), "See the error."))
    yield from base
    yield from examined("redis", lambda: machine.look_at_redis(settings), "Start Redis, or correct RAMAL_REDIS_URL.")
    storage = "Let the account that runs Ramal write to RAMAL_DATA_DIR, or set another folder."
    yield from examined("storage", lambda: machine.look_at_storage(settings), storage)
    yield from machine.look_at_address(settings)
    yield from machine.look_at_web(settings)
    if not any(finding.level == "error" for finding in base):
        yield from _application(settings)
    yield from examined("fonts", machine.look_at_fonts, "Install fontconfig and a font.")


def _application(settings: Settings) -> Iterator[Finding]:
    """What only the application itself can tell: the worker's doings and the plugins."""
    from ramal.cli.doctor import plugged, work

    try:
        app = _app(settings)
    except Exception as error:  # it may be anything, and is what we came to see
        yield ill("application", f"it does not start: {type(error).__name__}: {error}", "The error says what is wrong.")
        return
    yield from examined("worker", lambda: work.look_at_work(app), "Check the database and Redis.")
    yield from examined("plugins", lambda: plugged.look_at_plugins(app), "The log names the error.")


def _app(settings: Settings) -> Flask:
    from ramal.app import create_app

    return create_app(settings)


def _say(finding: Finding) -> None:
    mark, colour = _MARKS[finding.level]
    click.echo(f"{click.style(mark, fg=colour)} {finding.subject}: {finding.detail}")
    if finding.mend:
        click.echo(f"    → {finding.mend}")


def _summary(findings: list[Finding]) -> str:
    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if errors:
        return f"\n{errors} to mend, {warnings} to look at."
    return f"\nAll is well{f', {warnings} to look at' if warnings else ''}."
