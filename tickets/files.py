"""What may be attached: decided by the content, never by the name or the sender's word."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import IO, Any

import puremagic
from django.conf import settings
from django.core.files.base import File

from core.errors import Invalid, TooLarge
from core.text import one_line

SAFE_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"dex\n",
)
REFUSED_ENDINGS = frozenset(
    [
        *("apk", "app", "bat", "cmd", "com", "cpl", "deb", "dll", "dmg", "exe", "hta", "img", "iso", "jar", "js"),
        *("jse", "lnk", "msi", "msp", "pif", "ps1", "psm1", "reg", "rpm", "scr", "sys", "vbe", "vbs", "wsf", "wsh"),
    ]
)
IMAGE_ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
ZIP_RATIO = 200
ZIP_BYTES = 1024**3
ZIP_ENTRIES = 10_000


@dataclass(frozen=True)
class FileType:
    """What the content is."""

    content_type: str
    is_image: bool


def display_name(name: str) -> str:
    """A harmless, one-line file name of at most 200 characters (the end, with the ending, is kept)."""
    base = one_line(name.replace("\\", "/").rpartition("/")[2]).strip(". ") or "file"
    stem, dot, ending = base.rpartition(".")
    return base if len(base) <= 200 else f"{stem[: 195 - len(ending[:20])]}{dot}{ending[:20]}"


def check(upload: File[Any], name: str) -> FileType:
    """The file's type. Raises TooLarge or Invalid, with the field ``attachments`` and the file's name."""
    size = upload.size or 0
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 1024**2
        raise TooLarge(
            f"“{name}” is too large.",
            fields={"attachments": [f"“{name}”: at most {limit} MB."]},
        )
    if not size:
        raise _refused(name, "it is empty")
    upload.seek(0)
    head = upload.read(4096)
    ending = name.rpartition(".")[2].lower()
    if ending in REFUSED_ENDINGS or head.startswith(PROGRAMS):
        raise _refused(
            name,
            "programs are not accepted. Put it in a password-protected archive if it must be sent",
        )
    image = _image_type(head)
    if ending in IMAGE_ENDINGS and image != IMAGE_ENDINGS[ending]:
        raise _refused(name, "its name says it is a picture, its content does not")
    if head.startswith(b"PK\x03\x04"):
        _check_archive(upload, name)
    return FileType(image or _detected(head), bool(image))


def _image_type(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in SAFE_IMAGES.items() if head.startswith(magic)), "")


def _detected(head: bytes) -> str:
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found:
        return str(found)[:120]
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return "application/octet-stream" if error.start < len(head) - 4 else "text/plain"
    return "application/octet-stream" if b"\x00" in head else "text/plain"


def _check_archive(upload: IO[bytes] | File[Any], name: str) -> None:
    """Refuse archives that explode: judged by their directory, without unpacking anything."""
    upload.seek(0)
    if sum(chunk.count(b"PK\x01\x02") for chunk in iter(lambda: upload.read(1024**2), b"")) > ZIP_ENTRIES:
        raise _refused(name, "this archive holds too many files")  # before its directory takes memory and time
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload) as archive:  # type: ignore[arg-type]
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return  # not readable as an archive: kept as plain bytes, never opened by us
    packed = sum(entry.compress_size for entry in entries) or 1
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ZIP_ENTRIES or unpacked > ZIP_BYTES or unpacked / packed > ZIP_RATIO:
        raise _refused(name, "this archive would unpack to far more than it holds")


def _refused(name: str, why: str) -> Invalid:
    return Invalid(f"“{name}” was not accepted.", fields={"attachments": [f"“{name}”: {why}."]})
