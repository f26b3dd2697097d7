# ruff: noqa: E501 - templates read better on one line
"""HTML to PDF/A in processes with limits: what comes out, and that a hostile template harms nothing."""

from __future__ import annotations

import faulthandler
import hashlib
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from ramal.testing.waiting import wait_for
from ramal_documents.contracts import ContractError, RenderError, rendering, stops
from ramal_documents.contracts.rendering import (
    Asset,
    Job,
    Letterhead,
    Limits,
    Pool,
    engine,
    fetcher,
    frames,
    limits,
    pool,
    worker,
)
from ramal_documents.contracts.rendering.frames import Answer
from ramal_documents.contracts.starters import starters

from .images import png

SVG = "http://www.w3.org/2000/svg"
SECRET = "the content of a file that nobody may read"


@pytest.fixture(scope="module")
def documents() -> Iterator[Pool]:
    made = Pool(1)
    made.warm_up()
    yield made
    made.close()


def job(template: str = "<p>Olá</p>", **changes: Any) -> Job:
    return Job(template=template, **{"data": {"valor": Decimal("1.50"), "dia": date(2026, 11, 22)}, **changes})


def words(pdf: bytes) -> list[str]:
    return [str(page.get_textpage().get_text_bounded()) for page in pypdfium2.PdfDocument(pdf)]


def test_a_document_with_letterhead_footer_and_numbered_pages(documents: Pool) -> None:
    made = documents.render(
        job(
            "{% for n in range(90) %}<p>{{ item() if false }}Parágrafo {{ n }}</p>{% endfor %}",
            title="Contrato nº 7",
            letterhead=Letterhead("Padaria Modelo", ("Rua das Amostras, 100",), "logo"),
            footer="Contrato & Cia. <7>",
            assets={"logo": Asset("image/png", png())},
        )
    )
    pages = words(made.pdf)
    assert len(pages) == made.pages > 1
    for number, text in enumerate(pages, 1):
        assert f"Página {number} de {len(pages)}" in text
        assert "Padaria Modelo" in text
        assert "Rua das Amostras, 100" in text
        assert "Contrato & Cia. <7>" in text
    picture = pypdfium2.PdfDocument(made.pdf)[0].render(scale=1).to_pil()
    assert any(pixel == (200, 0, 0) for pixel in picture.get_flattened_data())
    assert "<title>Contrato nº 7</title>" in made.html


def test_it_is_pdf_a_3u_with_its_data_inside(documents: Pool) -> None:
    made = documents.render(job("<p>{{ valor|moeda }}</p>", made_at=datetime(2026, 11, 22, 12, tzinfo=UTC)))
    document = pypdfium2.PdfDocument(made.pdf)
    assert document.count_attachments() == 1
    attachment = document.get_attachment(0)
    assert attachment.get_name() == engine.DATA_FILE
    assert json.loads(bytes(attachment.get_data())) == {"valor": "1.50", "dia": "2026-11-22"}
    assert document.get_metadata_dict()["CreationDate"].startswith("D:20261122")
    assert made.sha256 == hashlib.sha256(made.pdf).hexdigest()
    inside = unpacked(made.pdf)
    for phrase in (b"/AFRelationship/Data", b"/GTS_PDFA1", b'pdfaid:part="3"', b"pdfaid:conformance>U<"):
        assert phrase in inside.replace(b" ", b"").replace(b'pdfaid:conformance="U"', b"pdfaid:conformance>U<"), phrase


def unpacked(pdf: bytes) -> bytes:
    """With its compressed streams."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")


def test_the_same_input_gives_the_same_bytes_in_any_process(documents: Pool) -> None:
    one = starters()[0]
    contract = Job(template=one.source, data=one.schema.sample(), letterhead=Letterhead("Padaria"))
    again = Job(template=one.source, data=one.schema.sample(), letterhead=Letterhead("Padaria"))
    other = Pool(1)
    first, second, third = documents.render(contract), documents.render(again), other.render(contract)
    other.close()
    assert first.sha256 == second.sha256 == third.sha256
    assert contract.fingerprint == again.fingerprint
    assert contract.fingerprint != job().fingerprint
    assert job(assets={"a": Asset("x", b"1")}).fingerprint != job(assets={"a": Asset("x", b"2")}).fingerprint


@pytest.mark.parametrize("one", starters(), ids=lambda one: one.name)
def test_starters_are_printed_whole(documents: Pool, one: Any) -> None:
    made = documents.render(Job(template=one.source, data=one.schema.sample(), title=one.title["pt"]))
    text = " ".join(" ".join(words(made.pdf)).split())
    for phrase in ("CLÁUSULA PRIMEIRA", "DO FORO", "Testemunhas", "22 de novembro de 2026", f"Página {made.pages} de"):
        assert phrase in text
    assert made.pages == 2


def test_only_html(documents: Pool) -> None:
    made = documents.render(job("<p>{{ valor|extenso }}</p>", with_pdf=False))
    assert "<p>um real e cinquenta centavos</p>" in made.html
    assert (made.pdf, made.pages) == (b"", 0)


def refused(documents: Pool, template: str, limits: Limits | None = None) -> RenderError:
    with pytest.raises(RenderError) as caught:
        documents.render(job(template), limits)
    return caught.value


FETCHING = [
    '<img src="{}">',
    '<link rel="stylesheet" href="{}">',
    '<style>@import url("{}");</style>',
    '<style>p {{ background: url("{}") }}</style><p>a</p>',
    '<style>p::before {{ content: url("{}") }}</style><p>a</p>',
    '<style>@page {{ background: url("{}") }}</style>',
    '<style>@font-face {{ font-family: X; src: url("{}") }}</style><p style="font-family: X">a</p>',
    '<ul style="list-style-image: url({})"><li>a</li></ul>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<svg width="9" height="9"><image href="{}" width="9" height="9"/></svg>',
    f"<img src=\"data:image/svg+xml,<svg xmlns='{SVG}' width='9' height='9'><image href='{{}}' width='9' height='9'/></svg>\">",
    '<img src="data:text/css,"><link rel=stylesheet href="data:text/css,@import url(\'{}\');">',
]


@pytest.mark.parametrize("template", FETCHING)
def test_nothing_is_fetched(documents: Pool, template: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    for address in (secret.as_uri(), "http://127.0.0.1:9/x", "ftp://127.0.0.1:9/x"):
        error = refused(documents, template.format(address))
        assert error.code == "fetch"
        assert address.rpartition("/")[2] in error.sentence


@pytest.mark.parametrize(
    "template",
    [
        '<img src="x.png">',
        '<img src="/etc/passwd">',
        '<img src="//127.0.0.1/x">',
        '<base href="file:///etc/"><img src="passwd">',
        '<base href="http://127.0.0.1:9/"><img src="passwd">',
    ],
)
def test_relative_addresses_lead_nowhere(documents: Pool, template: str) -> None:
    assert refused(documents, template).code == "fetch"


def test_assets_and_data_addresses_are_all_there_is(documents: Pool) -> None:
    assert refused(documents, '<img src="asset:logo">').code == "asset"
    css = {"look": Asset("text/css", b"p { color: #00c800; font-size: 90pt }")}
    made = documents.render(job('<link rel="stylesheet" href="asset:look"><p>\u2588\u2588 MMMM</p>', assets=css))
    colors = pypdfium2.PdfDocument(made.pdf)[0].render(scale=1).to_pil().get_flattened_data()
    assert (0, 200, 0) in set(colors)


@pytest.mark.parametrize("tag", ["link", "a", "area"])
def test_no_attachments(documents: Pool, tag: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    for address in (secret.as_uri(), "data:text/plain,x"):
        assert refused(documents, f'<{tag} rel="x Attachment" href="{address}">a</{tag}>').code == "attachment"


@pytest.mark.parametrize(
    "svg",
    [
        f"<!DOCTYPE s [<!ENTITY x SYSTEM '{{}}'>]><svg xmlns='{SVG}' width='999' height='99'><text y='20'>%26x;</text></svg>",
        f"<svg xmlns='{SVG}' width='9' height='9'><use href='{{}}%23a'/></svg>",
        f"<svg xmlns='{SVG}' width='9' height='9'><style>@import url({{}});</style><rect fill='url({{}}%23a)' width='9' height='9'/></svg>",
        f"<svg xmlns='{SVG}' width='9' height='9'><script href='{{}}'/><foreignObject><iframe src='{{}}'/></foreignObject></svg>",
    ],
)
def test_svg_reads_no_files(documents: Pool, svg: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    template = f'<img src="data:image/svg+xml,{svg}">'.replace("{}", secret.as_uri())
    code, text = outcome(documents, template)
    assert code in {"", "fetch"}
    assert "nobody may read" not in text


def outcome(documents: Pool, template: str, limits: Limits | None = None) -> tuple[str, str]:
    """(code of the error, text of the document): either may come of it."""
    try:
        return "", " ".join(words(documents.render(job(template), limits).pdf))
    except RenderError as error:
        return error.code, ""


def bomb() -> str:
    """Each entity ten of the one before: 10⁹ characters."""
    names = "abcdefghi"
    entities = "".join(f"<!ENTITY {new} '{f'%26{old};' * 10}'>" for old, new in pairwise(names))
    svg = f"<!DOCTYPE s [<!ENTITY a '{'x' * 10}'>{entities}]><svg xmlns='{SVG}' width='9' height='9'><text>%26i;</text></svg>"
    return f'<img src="data:image/svg+xml,{svg}">'


QUICK = Limits(seconds=30, cpu_seconds=2, memory=256, pages=20, size=1)
GREEDY = [
    (
        "{% for i in range(2000) %}<table><tr>{% for j in range(9) %}<td>{{ j }}</td>{% endfor %}</tr></table>{% endfor %}",
        {"time"},
    ),
    (
        "<table>{% for i in range(900) %}<tr>{% for j in range(20) %}<td>{{ j }}</td>{% endfor %}</tr>{% endfor %}</table>",
        {"time"},
    ),
    ("{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40, {"memory"}),
    ("{{ 'a'|replace('', 'b' ~ '" + "c" * 20_000 + "')|replace('c', '" + "d" * 20_000 + "') }}", {"memory", "output"}),
    ("<table><tr><td colspan=99999999>x</td></tr></table>", {"memory", "crash", "time"}),
    ("<style>p { break-after: page }</style>{% for i in range(21) %}<p>{{ i }}</p>{% endfor %}", {"pages"}),
    ("<div>" * 4000, {"nesting", "crash", "time"}),
    ("{% for i in range(1500) %}<div>{% endfor %}", {"nesting", "crash", "time"}),
    ("{% for i in range(2001) %}{% endfor %}", {"loops"}),
    ("{{ 'a' * 10000000000 }}", {"forbidden"}),
    ("{{ " + "(" * 9000 + ")" * 9000 + " }}", {"nesting"}),
]


@pytest.mark.parametrize(("template", "codes"), GREEDY)
def test_a_greedy_template_is_stopped_and_the_next_one_is_served(
    documents: Pool, template: str, codes: set[str]
) -> None:
    error = refused(documents, template, QUICK)
    assert error.code in codes
    assert error.sentence.endswith(".")
    assert documents.render(job()).pages == 1


def test_an_entity_bomb_does_not_go_off(documents: Pool) -> None:
    assert outcome(documents, bomb(), QUICK)[0] in {"", "memory", "time", "layout"}
    assert documents.render(job()).pages == 1


def test_the_clock_stops_what_only_waits(documents: Pool) -> None:
    slow = "{% for i in range(2000) %}<p>palavra palavra palavra {{ i }}</p>{% endfor %}"
    began = time.monotonic()
    error = refused(documents, slow, Limits(seconds=0.3))
    assert (error.code, "0.3 seconds" in error.sentence) == ("time", True)
    assert time.monotonic() - began < 10


def test_a_file_that_is_too_big(documents: Pool) -> None:
    noise = {"a": Asset("image/jpeg", _noise())}
    with pytest.raises(RenderError) as caught:
        documents.render(job('<img src="asset:a">', assets=noise), Limits(size=1))
    assert caught.value.code == "size"


def _noise() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (1500, 1500), os.urandom(1500 * 1500 * 3)).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_errors_in_the_template_have_their_line(documents: Pool) -> None:
    error = refused(documents, "<p>\n{{ nome }}</p>")
    assert (error.code, error.line, error.field) == ("undefined", 2, "template")
    assert error.sentence == "Line 2: “nome” has no value."


def test_only_plain_data_is_sent(documents: Pool) -> None:
    with pytest.raises(ContractError, match="may not see"):
        documents.render(job(data={"x": object()}))
    assert documents.render(job()).pages == 1


def test_a_killed_worker_is_replaced(documents: Pool) -> None:
    documents.render(job())
    with documents._place() as place:
        assert place.worker
        pid = place.worker.pid
    os.kill(pid, signal.SIGKILL)
    assert documents.render(job()).pages == 1
    with documents._place() as place:
        assert place.worker
        assert place.worker.pid != pid


def test_a_worker_that_stops_answering_is_given_up(documents: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    documents.render(job())
    monkeypatch.setattr(pool, "GRACE", 0.2)
    with documents._place() as place:
        assert place.worker
        os.kill(place.worker.pid, signal.SIGSTOP)
    assert refused(documents, "x", Limits(seconds=0.2)).code == "time"
    monkeypatch.undo()
    assert documents.render(job()).pages == 1


def test_a_worker_that_never_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_PROGRAM", (sys.executable, "-c", ""))
    assert refused(Pool(1), "x").code == "crash"
    monkeypatch.setattr(pool, "_PROGRAM", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(pool, "WARM_UP", 0.2)
    assert refused(Pool(1), "x").code == "crash"


def test_nobody_keeps_all_others_waiting() -> None:
    """Two places, both somebody's, who has eight more waiting: whoever comes last is next."""
    shared = Pool(2)
    done: list[str] = []

    def wait(whose: str) -> None:
        with shared._place(whose):
            done.append(whose)

    places = [shared._place("many"), shared._place("many")]
    for place in places:
        place.__enter__()
    threads = [threading.Thread(target=wait, args=(whose,)) for whose in ["many"] * 8 + ["few"]]
    for count, thread in enumerate(threads, 1):
        thread.start()
        wait_for(lambda count=count: len(shared._waiting) == count)
    places[0].__exit__(None, None, None)
    for thread in threads:
        thread.join(10)
    places[1].__exit__(None, None, None)
    assert done[0] == "few"
    assert len(done) == 9
    assert not shared._busy


def test_waiting_for_a_place_has_an_end() -> None:
    small = Pool(1, patience=0.05)
    with small._place():
        assert refused(small, "x").code == "busy"


def test_a_worker_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMAL_SECRET_KEYS", "s3cret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    environment = limits.environment()
    assert "s3cret" not in environment.values()
    assert environment["LC_ALL"] == "C.UTF-8"


def test_the_pool_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = rendering.shared_pool()
    assert rendering.shared_pool() is mine
    assert rendering.render(job()).pages == 1
    monkeypatch.setattr(mine, "_owner", -1)  # as after a fork
    assert rendering.shared_pool() is not mine
    mine.close()


def test_without_pango_a_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "import sys; sys.modules['weasyprint'] = None; from ramal_documents.contracts.rendering import worker; sys.exit(worker.main())"
    monkeypatch.setattr(pool, "_PROGRAM", (sys.executable, "-c", broken))
    error = refused(Pool(1), "x")
    assert error.code == "engine"
    assert "apt-get install libpango" in error.sentence


# The worker's own steps, in this process, and in children of it.


def test_made_answers_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.ready()
    good = worker.made(job().sent(), Limits())
    assert (good.code, good.pages) == ("", 1)
    assert worker.made(job("{{ x }}").sent(), Limits()) == Answer("undefined", "x", 1)
    assert worker.made(job('<img src="file:///x">').sent(), Limits()).code == "fetch"
    assert worker.made(job('<a rel=attachment href="x">').sent(), Limits()).code == "attachment"
    assert worker.made(job('<p style="background: image-set(url(x) 1x)">').sent(), Limits()).code in {"", "layout"}
    assert worker.made(job().sent(), Limits(pages=0)).code == "pages"
    assert worker.made(job().sent(), Limits(size=0)).code == "size"
    for error, code in ((MemoryError, "memory"), (RecursionError, "nesting"), (AssertionError, "layout")):
        monkeypatch.setattr(engine, "_pdf", _raising(error))
        assert worker.made(job().sent(), Limits()).code == code


def _raising(error: type[Exception]) -> Any:
    def raise_it(*_arguments: Any) -> None:
        raise error

    return raise_it


def test_a_child_answers_or_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.ready()
    assert worker.in_child(job().sent(), Limits()).pages == 1
    assert worker.in_child(job("{% set x = 'aaaaaaaa' %}" + "{% set x = x ~ x %}" * 40).sent(), QUICK).code == "memory"
    monkeypatch.setattr(worker, "made", lambda *_: time.sleep(60))
    assert worker.in_child(job().sent(), Limits(seconds=0.2)) == Answer("time", "0.2")
    monkeypatch.setattr(worker, "made", lambda *_: (faulthandler.disable(), os.abort()))
    assert worker.in_child(job().sent(), Limits()).code == "memory"
    monkeypatch.setattr(worker, "made", lambda *_: os._exit(3))
    assert worker.in_child(job().sent(), Limits()).code == "crash"


def test_the_fetcher_alone() -> None:
    own = fetcher.Fetcher({"a": Asset("text/plain", b"x")})
    assert own.fetch("asset:a").read() == b"x"
    assert own.fetch("data:text/plain,y").read() == b"y"
    assert own.refused is None
    for address, code in (("asset:b", "asset"), ("FILE:///x", "fetch"), ("http:x", "fetch"), ("x", "fetch")):
        with pytest.raises(fetcher.Refused):
            own.fetch(address)
        assert own.refused is not None
        assert own.refused.code == code


def test_the_worker_serves_until_nobody_is_there() -> None:
    program = [sys.executable, "-m", "ramal_documents.contracts.rendering.worker"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=limits.environment()) as process:
        assert process.stdin
        assert process.stdout
        assert Answer.unpacked(frames.receive(process.stdout.fileno())).code == "ready"
        process.stdin.close()
        assert process.wait(20) == 0


def test_what_the_end_of_a_child_means() -> None:
    few = Limits()
    assert worker.why_ended(signal.SIGXCPU, few) == Answer("time", "15")
    assert worker.why_ended(signal.SIGABRT, few) == Answer("memory", "512")
    assert worker.why_ended(signal.SIGSEGV, few) == Answer("crash")
    assert worker.why_ended(0, few) == Answer("crash")


def test_the_guard_keeps_a_child_in(tmp_path: Path) -> None:
    secret = tmp_path.parent / "secret"
    outside = Path("/etc/hostname")
    tries = f"""
import os, socket, subprocess, sys
from ramal_documents.contracts.rendering import limits
from ramal_documents.contracts.stops import Stop
os.environ['TMPDIR'] = {str(tmp_path)!r}
limits.apply(limits.Limits(cpu_seconds=5))
limits.guard()
escaped = []
for name, attempt in {{
    'read': lambda: open({str(outside)!r}),
    'write': lambda: open({str(secret)!r}, 'w'),
    'climb': lambda: open(os.path.join({str(tmp_path)!r}, '..', '..', '..', '..', '..', 'etc', 'hostname')),
    'list': lambda: os.listdir('/'),
    'connect': lambda: socket.create_connection(('127.0.0.1', 9)),
    'run': lambda: subprocess.run(['true']),
    'system': lambda: os.system('true'),
    'fork': lambda: os.fork(),
    'kill': lambda: os.kill(os.getppid(), 0),
}}.items():
    try:
        attempt()
    except Stop:
        continue
    escaped.append(name)
open(os.path.join({str(tmp_path)!r}, 'kept'), 'w').write('fonts may')
print(escaped)
"""
    environment = {**limits.environment(), "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", tries], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_without_proc_the_memory_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.Path, "read_text", _raising(OSError))
    assert limits._address_space() == 1024 * limits.MEGABYTE


# Frames.


def test_frames_go_through_whole() -> None:
    ours, its = os.pipe()
    big = os.urandom(3_000_000)
    sender = threading.Thread(target=lambda: frames.send(its, big))
    sender.start()
    assert frames.receive(ours, time.monotonic() + 30) == big
    sender.join()
    with pytest.raises(frames.TooLate):
        frames.receive(ours, time.monotonic() + 0.05)
    os.write(its, struct.pack(">Q", 1 << 40))
    with pytest.raises(frames.Gone):
        frames.receive(ours)
    os.close(its)
    with pytest.raises(frames.Gone):
        frames.receive(ours)
    os.close(ours)
    with pytest.raises(frames.Gone):
        frames.send(its, b"x")


def test_answers() -> None:
    answer = Answer("", "d", 3, 2, "ação".encode(), b"%PDF")
    assert Answer.unpacked(answer.packed()) == answer
    for nonsense in (
        b"",
        b"x",
        struct.pack(">Q", 3) + b"[1]",
        struct.pack(">Q", 2) + b"{}",
        struct.pack(">Q", 1) + b"x",
    ):
        with pytest.raises(frames.Gone):
            Answer.unpacked(nonsense)


def test_every_reason_has_a_sentence() -> None:
    for code in (
        "syntax",
        "forbidden",
        "value",
        "time",
        "memory",
        "crash",
        "busy",
        "pages",
        "size",
        "nesting",
        "layout",
    ):
        assert stops.error(code, "7").sentence
