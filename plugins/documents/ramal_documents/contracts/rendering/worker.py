"""The process that lays out: it warms up once, and forks a child with limits for every document.

A child takes one job, answers and ends, so what a document leaves behind (memory, a crash, a trick) ends with it, and
the next one starts from the same warm state. Started by `pool`; speaks on its standard input and output.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import time
from typing import Any

from ramal_documents.contracts.rendering import frames
from ramal_documents.contracts.rendering.frames import Answer
from ramal_documents.contracts.rendering.limits import MEGABYTE, Limits, apply, guard
from ramal_documents.contracts.stops import Stop

LONGEST_JOB = 64 * MEGABYTE
_OUT_OF_MEMORY = {signal.SIGABRT, signal.SIGTRAP, signal.SIGKILL}  # GLib aborts, Linux kills


def main() -> int:
    """Warm up, say so, and serve until the application is gone."""
    jobs, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    try:
        from ramal_documents.contracts.rendering import engine

        engine.ready()
    except (ImportError, OSError) as error:
        frames.send(answers, Answer("engine", str(error).splitlines()[0]).packed())
        return 1
    gc.collect()
    gc.freeze()
    frames.send(answers, Answer("ready").packed())
    try:
        while True:
            job, limits = pickle.loads(frames.receive(jobs, longest=LONGEST_JOB))  # noqa: S301 - from our own side
            frames.send(answers, in_child(job, limits).packed())
    except frames.Gone:
        return 0


def in_child(job: dict[str, Any], limits: Limits) -> Answer:
    """The answer of a child made for this job; when it has none, the reason why."""
    ours, its = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _be_child(job, limits, its)
    os.close(its)
    try:
        answer = frames.receive(ours, time.monotonic() + limits.seconds)
    except frames.TooLate:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return Answer("time", f"{limits.seconds:g}")
    except frames.Gone:
        return why_ended(os.waitpid(child, 0)[1], limits)
    finally:
        os.close(ours)
    os.waitpid(child, 0)
    return Answer.unpacked(answer)


def why_ended(status: int, limits: Limits) -> Answer:
    """What the end of a child without an answer means."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGXCPU:
        return Answer("time", str(limits.cpu_seconds))
    if number in _OUT_OF_MEMORY:
        return Answer("memory", str(limits.memory))
    return Answer("crash")


def made(job: dict[str, Any], limits: Limits) -> Answer:
    """The document, or why there is none."""
    from ramal_documents.contracts.rendering import engine

    try:
        html = engine.filled(job)
        pdf, pages = engine.laid_out(html, job, limits) if job["with_pdf"] else (b"", 0)
    except Stop as stop:
        return Answer(stop.code, stop.detail, stop.line)
    except MemoryError:
        return Answer("memory", str(limits.memory))
    return Answer(pages=pages, html=html.encode(), pdf=pdf)


def _be_child(job: dict[str, Any], limits: Limits, answers: int) -> None:
    """Ends this process."""
    try:
        gc.disable()  # it lives for one document, within a limit of memory
        apply(limits)
        guard()
        frames.send(answers, made(job, limits).packed())
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
