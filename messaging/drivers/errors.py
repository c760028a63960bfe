"""What can go wrong while a mail is handed over, told apart by what to do about it."""


class Temporary(Exception):
    """Not now: try again later."""


class Unreachable(Temporary):
    """There is no server to talk to, or it does not let us in: nothing else can be sent now either."""


class Permanent(Exception):
    """Never: trying again would fail in the same way."""


class InDoubt(Exception):
    """The server got the text, or a part of it, and never said whether it took it."""
