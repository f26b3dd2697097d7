"""Background jobs and long-running services that plugins registered."""

from __future__ import annotations

from ramal.errors import PluginError
from ramal.plugins.contributions import JobType, Service
from ramal.plugins.registry import PluginRecord, find_record, registered


def job_type(plugin: str, name: str) -> JobType:
    """The job ``name`` of a plugin. PluginError if it is not (or no longer) registered."""
    record = find_record(plugin)
    found = record.contributions.jobs.get(name) if record is not None and record.state == "installed" else None
    if found is None:
        raise PluginError(f"plugin {plugin!r} has no job {name!r} in this process")
    return found


def services(*, demo: bool = False) -> list[tuple[PluginRecord, Service]]:
    """Every long-running service of the plugins that run; with ``demo`` those of the demo too."""
    return [
        (record, service)
        for record in registered()
        for service in record.contributions.services
        if demo or not service.demo
    ]
