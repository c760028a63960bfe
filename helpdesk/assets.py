"""How static files are kept: hashed names only, compressed well enough in a few seconds instead of half a minute."""

from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

BROTLI_QUALITY = 8  # 11, the default, takes ten times as long for a twentieth less
MODULE_IMPORT = (
    r"""(?m)(?P<matched>^(?P<start>(?:import|export)\b[^'"\n;]*)['"](?P<url>\.{1,2}/[^'"\n]+\.js)['"])""",
    "%(start)s'%(url)s'",
)


class QuickCompressor(Compressor):
    """gzip and brotli; source maps, which only a debugger loads, stay as they are."""

    SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BROTLI_QUALITY))


class AssetStorage(CompressedManifestStaticFilesStorage):
    """whitenoise's storage with the above; modules import each other by their hashed names as well.

    Django's own rewriting of imports needs semicolons, and would touch packages' bundles.
    """

    keep_only_hashed_files = True
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (MODULE_IMPORT,)))

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**(kwargs | {"extensions": None}))
