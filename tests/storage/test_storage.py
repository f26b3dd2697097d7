"""Files: what is taken, what is refused, and what a signed link shows to whom."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from PIL import Image, ImageFile
from sqlalchemy.exc import OperationalError

from ramal.config import current_settings
from ramal.database.base import new_id
from ramal.database.session import db, use_organization
from ramal.storage import services, sniff
from ramal.storage.backend import storage
from ramal.storage.errors import FileRefused, FileTooLarge
from ramal.storage.models import StoredFile
from ramal.storage.signing import BadToken, FileToken, sign, unsign

MEGABYTE = 1024 * 1024
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture(autouse=True)
def _organization(organization):
    return organization


def image(format_="PNG", size=(40, 20), mode="RGB", **options):
    written = io.BytesIO()
    Image.new(mode, size, "red").save(written, format_, **options)
    return written.getvalue()


def rotated(size=(40, 20)):
    """A JPEG whose EXIF says: turn me by 90 degrees; with a place in it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of a spy"
    return image("JPEG", size, exif=exif)


def png_bomb(side):
    """A PNG of side × side pixels in a few kilobytes: its header alone says how large it is."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def put(data, filename="x.bin", claimed=None, **options):
    return services.store(data, filename, claimed, **{"limit": MEGABYTE, **options})


def files_on_disk():
    return [path for path in storage().root.rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def _empty_disk(app):
    for path in files_on_disk() if storage().root.exists() else ():
        path.unlink()


# --- in -------------------------------------------------------------------------------------------


def test_bytes_streams_and_chunks_are_kept_alike():
    data = image()
    for source in (data, io.BytesIO(data), iter([data[:10], data[10:]])):
        file = put(source, "foto.png", "image/png")
        assert services.open_file(file).read() == data
        assert services.file_path(file).read_bytes() == data
        assert (file.size, file.mime_type, file.width, file.height) == (len(data), "image/png", 40, 20)


def test_files_are_readable_by_this_account_only_and_named_by_us(organization):
    file = put(PDF, "../../etc/passwd.pdf")
    assert file.filename == "passwd.pdf"
    assert file.path.startswith(f"{organization.id}/")
    assert "passwd" not in file.path
    assert services.file_path(file).stat().st_mode & 0o077 == 0


def test_a_file_over_the_limit_leaves_nothing():
    def endless():
        while True:
            yield b"x" * 1000

    with pytest.raises(FileTooLarge):
        put(endless(), limit=10_000)
    assert files_on_disk() == []
    assert db.session.execute(db.select(StoredFile)).first() is None
    assert put(b"x" * 10_000, limit=10_000).size == 10_000


@pytest.mark.parametrize("strict", [True, False])
def test_an_empty_file_is_refused(strict):
    with pytest.raises(FileRefused):
        put(b"", "vazio.txt", strict=strict)
    assert files_on_disk() == []


def test_a_failed_insert_takes_its_bytes_along(organization):
    first = put(image(), "a.png")
    # No row can be written while the table is locked: the bytes are there, the insert fails.
    with db.engine.connect() as other:
        other.exec_driver_sql(f"select set_config('ramal.organization_id', '{organization.id}', false)")
        other.exec_driver_sql("lock table stored_file in access exclusive mode")
        db.session.execute(db.text("set lock_timeout = '200ms'"))
        with pytest.raises(OperationalError):
            put(image(), "b.png")
        other.rollback()
    db.session.rollback()
    assert {path.name for path in files_on_disk()} == {str(first.id), f"{first.id}.webp"}


@pytest.mark.parametrize(
    ("data", "filename", "claimed", "expected"),
    [
        (image("JPEG"), "a.jpg", None, "image/jpeg"),
        (image("WEBP"), "a.webp", None, "image/webp"),
        (image("GIF"), "a.gif", None, "image/gif"),
        (image("PNG"), "sem extensao", "application/pdf", "image/png"),
        (image("BMP"), "a.bmp", None, "image/bmp"),
        (image("TIFF"), "a.tif", None, "image/tiff"),
        (PDF, "a.pdf", "text/html", "application/pdf"),
        (b"lixo antes\n" + PDF, "a.pdf", None, "application/pdf"),
        (b"PK\x03\x04rest", "contrato.docx", None, f"{sniff._OFFICE}.wordprocessingml.document"),
        (b"PK\x03\x04rest", "a.zip", None, "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "a.xls", None, "application/vnd.ms-excel"),
        (b"OggS\0\x02" + b"\0" * 22 + b"\x01\x13OpusHead", "v.ogg", "audio/ogg; codecs=opus", "audio/ogg"),
        (b"ID3\x04rest", "m.mp3", None, "audio/mpeg"),
        (b"\xff\xfb\x90\x64rest", "m.mp3", None, "audio/mpeg"),
        (b"\xff\xf1\x50\x80rest", "m.aac", None, "audio/aac"),
        (b"#!AMR\nrest", "m.amr", None, "audio/amr"),
        (b"RIFF\0\0\0\0WAVEfmt ", "m.wav", None, "audio/wav"),
        (b"\0\0\0\x18ftypmp42rest", "v.mp4", None, "video/mp4"),
        (b"\0\0\0\x18ftypmp42rest", "v.m4a", None, "audio/mp4"),
        (b"\0\0\0\x18ftypmp42rest", "gravacao", "audio/mp4", "audio/mp4"),
        (b"\0\0\0\x18ftypM4A rest", "v.m4a", None, "audio/mp4"),
        (b"\0\0\0\x18ftyp3gp4rest", "v.3gp", None, "video/3gpp"),
        (b"\0\0\0\x18ftypqt  rest", "v.mov", None, "video/quicktime"),
        (b"\0\0\0\x18ftypheicrest", "v.heic", None, "image/heic"),
        (b"\x1aE\xdf\xa3..webm..\x86\x85V_VP9\x1fC\xb6ursound", "v.webm", None, "video/webm"),
        (b"\x1aE\xdf\xa3..webm..\x86\x86A_OPUS\x1fC\xb6ursound", "v.webm", None, "audio/webm"),
        (b"\x1aE\xdf\xa3..webm..\x86\x86A_OPUS\x1fC\xb6u..\x86\x85V_VP9", "v.webm", None, "audio/webm"),
        ("nome;valor\nJoão;1\n".encode(), "a.csv", None, "text/csv"),
        ("nome;valor\nJoão;1\n".encode("latin-1"), "a.csv", None, "text/csv"),
        ("oi".encode("utf-16"), "a.txt", None, "text/plain"),
        (b'<?xml version="1.0"?><nfe/>', "nota.xml", None, "application/xml"),
        (b"BEGIN:VCARD\nEND:VCARD\n", "a.vcf", None, "text/vcard"),
        (b"{\\rtf1 oi}", "a.rtf", None, "application/rtf"),
        (b"{}", "a.json", None, "application/json"),
    ],
)
def test_true_types_are_recognised(data, filename, claimed, expected):
    assert put(data, filename, claimed, strict=True).mime_type == expected


@pytest.mark.parametrize(
    ("data", "filename", "says"),
    [
        (PDF, "foto.png", "application/pdf"),
        (image("PNG"), "foto.jpg", "image/png"),
        (image("PNG"), "contrato.pdf", "image/png"),
        (b"MZ\x90\0", "foto.png", "can't be sent|não podem"),
        (b"MZ\x90\0", "setup.exe", "can't be sent|não podem"),
        (b"\x7fELF\x02\x01\x01", "a.pdf", "can't be sent|não podem"),
        (b"#!/bin/sh\nrm -rf /\n", "a.txt", "can't be sent|não podem"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "a.txt", "can't be sent|não podem"),
        (b"  <html><body>", "a.html", "can't be sent|não podem"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "a.svg", "can't be sent|não podem"),
        (b'<?xml version="1.0"?><svg onload="x"/>', "a.xml", "can't be sent|não podem"),
        (b"\0\x01\x02\x03nonsense", "a.bin", "can't be sent|não podem"),
        (b"OggS\0\x02" + b"\0" * 22 + b"\x80theora", "v.ogg", "can't be sent|não podem"),
        (b"texto", "script.py", "script.py"),
        (image("PNG")[:60], "foto.png", "damaged|danificada"),
        (b"\xff\xd8\xff\xe0 not a picture", "foto.jpg", "damaged|danificada"),
    ],
)
def test_uploads_that_are_not_what_they_say(data, filename, says):
    with pytest.raises(FileRefused, match=says):
        put(data, filename, strict=True)
    assert files_on_disk() == []


def test_a_decompression_bomb_is_refused_unread():
    bomb = png_bomb(20_000)
    assert len(bomb) < 1000
    with pytest.raises(FileRefused, match="megapix"):
        put(bomb, "bomba.png", strict=True)
    assert files_on_disk() == []


def test_a_library_that_puts_up_with_half_pictures_changes_nothing(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(FileRefused, match=r"damaged|danificada"):
        put(image("PNG")[:60], "foto.png", strict=True)


@pytest.mark.parametrize("data", [png_bomb(20_000), image("PNG")[:60], b"<svg onload='x'/>", b"MZ\x90\0"])
def test_what_a_provider_delivers_is_kept_as_a_download(data):
    file = put(data, "foto.png", "image/png")
    assert (file.mime_type, file.thumbnail_path) == ("application/octet-stream", None)
    assert services.open_file(file).read() == data


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "file"),
        ("", "file"),
        ("...", "file"),
        ("C:\\Users\\eu\\nota fiscal.pdf", "nota fiscal.pdf"),
        ("relação\u202egpj.exe", "relaçãogpj.exe"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_are_made_safe(given, kept):
    assert sniff.safe_name(given) == kept


# --- thumbnails -------------------------------------------------------------------------------------


def thumbnail_of(file):
    return Image.open(io.BytesIO(storage().open(file.thumbnail_path).read()))


def test_a_thumbnail_is_small_and_keeps_the_shape():
    small = thumbnail_of(put(image(size=(2000, 1000)), "a.png"))
    assert (small.format, small.size) == ("WEBP", (480, 240))
    assert thumbnail_of(put(image(size=(30, 10)), "a.png")).size == (30, 10)


def test_a_thumbnail_stands_upright_and_tells_no_secrets():
    file = put(rotated((40, 20)), "a.jpg")
    assert (file.width, file.height) == (20, 40)
    small = thumbnail_of(file)
    assert small.size == (20, 40)
    assert dict(small.getexif()) == {}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK", "I;16"])
def test_every_kind_of_pixels(mode):
    if mode == "CMYK":
        data = image("JPEG", mode=mode)
    else:
        written = io.BytesIO()
        Image.new(mode, (20, 20)).save(written, "PNG")
        data = written.getvalue()
    small = thumbnail_of(put(data, "a"))
    assert small.mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


FAKE_FFMPEG = """#!/bin/sh
# Stands in for ffmpeg: answers with a frame, if it is asked the way ffmpeg wants it.
case "$*" in
  *"-protocol_whitelist file -f mp4 -i "*" -frames:v 1 -f image2pipe -c:v png -") cat {frame} ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
"""


def test_a_video_gets_a_picture_where_ffmpeg_is_installed(tmp_path, monkeypatch):
    frame = tmp_path / "frame.png"
    frame.write_bytes(image(size=(1280, 720)))
    program = tmp_path / "ffmpeg"
    program.write_text(FAKE_FFMPEG.format(frame=frame))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    file = put(b"\0\0\0\x18ftypmp42rest", "v.mp4")
    assert (file.width, file.height) == (1280, 720)
    assert thumbnail_of(file).size == (480, 270)


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho rubbish\n", "not a program"])
def test_a_video_without_a_usable_frame_is_kept_without_picture(tmp_path, monkeypatch, script):
    program = tmp_path / "ffmpeg"
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    file = put(b"\0\0\0\x18ftypmp42rest", "v.mp4", strict=True)
    assert (file.mime_type, file.thumbnail_path) == ("video/mp4", None)


def test_a_video_without_ffmpeg(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert put(b"\0\0\0\x18ftypmp42rest", "v.mp4").thumbnail_path is None


# --- out ----------------------------------------------------------------------------------------------


def test_a_signed_link_shows_the_file_to_whoever_has_it(client):
    data = image()
    file = put(data, "relação.png")
    answer = client.get(services.signed_url(file))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, data, "image/png")
    headers = answer.headers
    assert headers[
        "Content-Disposition"
    ] == "inline; filename=\"relacao.png\"; filename*=UTF-8''rela%C3%A7%C3%A3o.png" or (
        headers["Content-Disposition"] == "inline; filename=relacao.png; filename*=UTF-8''rela%C3%A7%C3%A3o.png"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"].startswith("private, max-age=")

    again = client.get(services.signed_url(file), headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head(services.signed_url(file)).headers["Content-Length"] == str(len(data))


@pytest.mark.parametrize(
    ("data", "filename", "disposition"),
    [
        (PDF, "a.pdf", "inline"),
        (b"ID3\x04", "a.mp3", "inline"),
        (b"PK\x03\x04", "a.docx", "attachment"),
        (b"<html><script>alert(1)</script>", "a.html", "attachment"),
        (b"<svg onload='x'/>", "a.svg", "attachment"),
        (b'<?xml version="1.0"?><x/>', "a.xml", "attachment"),
        (b"texto", "a.txt", "attachment"),
    ],
)
def test_only_what_is_known_to_be_safe_opens_in_the_browser(client, data, filename, disposition):
    answer = client.get(services.signed_url(put(data, filename, "text/html")))
    assert answer.headers["Content-Disposition"].split(";")[0] == disposition
    assert answer.mimetype != "text/html"
    if filename == "a.pdf":
        assert "sandbox" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "status", "expected", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=20-30", 416, None, "bytes */10"),
        ("lines=1-2", 416, None, "bytes */10"),
    ],
)
def test_ranges(client, asked, status, expected, content_range):
    url = services.signed_url(put(b"0123456789", "a.txt"))
    answer = client.get(url, headers={"Range": asked})
    assert answer.status_code == status
    assert answer.headers["Content-Range"] == content_range
    if expected is not None:
        assert answer.data == expected


def test_the_thumbnail_has_a_link_of_its_own(client):
    file = put(image(size=(1000, 500)), "a.png")
    answer = client.get(services.signed_url(file, thumbnail=True))
    assert (answer.mimetype, Image.open(io.BytesIO(answer.data)).size) == ("image/webp", (480, 240))
    plain = put(PDF, "a.pdf")
    assert client.get(services.signed_url(plain, thumbnail=True)).data == PDF


def test_links_expire(client):
    file = put(PDF, "a.pdf")
    url = services.signed_url(file, ttl=60)
    assert client.get(url).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=False):
        assert client.get(url).status_code == 403


def test_links_made_soon_after_each_other_are_the_same_link():
    file = put(PDF, "a.pdf")
    with time_machine.travel(datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC), tick=False):
        first = services.signed_url(file)
    with time_machine.travel(datetime(2026, 3, 2, 9, 10, tzinfo=UTC), tick=False):
        assert services.signed_url(file) == first


def test_links_can_not_be_forged(client, other_organization):
    file = put(PDF, "a.pdf")
    token = services.signed_url(file).removeprefix("/files/")
    far = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
    stolen = sign(FileToken(other_organization.id, file.id, far))
    gone = sign(FileToken(file.organization_id, new_id(), far))
    flipped = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    for bad in (stolen, gone, flipped, token[:-2], token + "AA", "x", "é", "%00", "." * 72):
        answer = client.get(f"/files/{bad}")
        assert answer.status_code == 404, bad
    with pytest.raises(BadToken):
        unsign("")


def test_a_link_signed_with_an_older_key_still_opens(app, client, monkeypatch):
    file = put(PDF, "a.pdf")
    url = services.signed_url(file)
    settings = current_settings()
    monkeypatch.setitem(app.extensions, "ramal.settings", settings.with_(secret_keys=("new", *settings.secret_keys)))
    assert client.get(url).status_code == 200
    monkeypatch.setitem(app.extensions, "ramal.settings", settings.with_(secret_keys=("new",)))
    assert client.get(url).status_code == 404


def test_absolute_links_start_with_the_public_url():
    assert services.signed_url(put(PDF, "a.pdf"), absolute=True).startswith("http://localhost/files/")


def test_a_file_the_disk_lost_is_not_found(client):
    file = put(PDF, "a.pdf")
    url = services.signed_url(file)
    services.file_path(file).unlink()
    assert client.get(url).status_code == 404


def test_deleting_removes_row_bytes_and_thumbnail(client):
    file = put(image(), "a.png")
    url = services.signed_url(file)
    services.delete_file(file)
    assert files_on_disk() == []
    assert client.get(url).status_code == 404


def test_keys_stay_below_the_folder(app):
    with pytest.raises(FileNotFoundError):
        storage().open("../outside")


def test_another_organization_does_not_see_the_row(other_organization):
    file = put(PDF, "a.pdf")
    db.session.rollback()
    use_organization(other_organization.id)
    assert db.session.execute(db.select(StoredFile).where(StoredFile.id == file.id)).first() is None
