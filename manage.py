#!/usr/bin/env python
"""Django's command line. Where DATABASE_URL or REDIS_URL is unset, the embedded services are found or started."""

import os
import sys

# These need no database; `supervise` sees to the services itself.
WITHOUT_SERVICES = {
    *("", "help", "version", "--help", "-h", "--version", "supervise"),
    *("collectstatic", "findstatic", "compilemessages", "makemessages", "diffsettings", "startapp", "startproject"),
    *("wiring", "check_pack", "spectacular", "check_templates"),
}


def needs_services(argv: list[str]) -> bool:
    """Whether the command of this command line talks to the database or Redis."""
    command = argv[1] if len(argv) > 1 else ""
    if command in WITHOUT_SERVICES or {"--help", "-h"} & set(argv[2:]):
        return False
    if command == "check":
        return any(word.startswith("--database") for word in argv[2:])
    if command == "makemigrations":
        return "--check" not in argv
    if command == "prepare":
        return "--static-only" not in argv
    # runserver's reloader starts this file again as a child, which finds what its parent has started
    return True


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    if sys.argv[1:] == ["supervise"]:  # before Django reads settings: the services' addresses are not known yet
        from helpdesk.supervisor import run

        sys.exit(run(os.environ))
    if needs_services(sys.argv):
        from helpdesk.embedded import EmbeddedError, provide

        try:
            provide(os.environ)
        except EmbeddedError as error:
            sys.exit(f"manage.py: {error}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
