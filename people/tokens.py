"""The one-way form in which an API token is kept."""

import hashlib


def digest_of(clear_text: str) -> str:
    """SHA-256 in hexadecimal. The clear text has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(clear_text.encode("utf-8", "surrogatepass")).hexdigest()
