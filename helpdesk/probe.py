"""For a container's health check: exit status 0 when this machine's /health/live/ answers.

Not /health/: a web container is not ill because the worker is, and restarting it would not help.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    """Ask once."""
    site = urlsplit(os.environ.get("SITE_URL", "") or "http://localhost")
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "") or 8000), timeout=3)
    try:
        headers = {"Host": site.netloc, "X-Forwarded-Proto": site.scheme}
        connection.request("GET", "/health/live/", headers=headers)
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
