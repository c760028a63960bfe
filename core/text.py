"""Text from outside, made storable: Postgres takes neither NUL nor half a surrogate pair."""

_KEPT = {"\n", "\t"}
_CONTROLS = {code: None for code in [*range(32), *range(127, 160)] if chr(code) not in _KEPT}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_UNWANTED = _CONTROLS | _SURROGATES


def storable(value: str) -> str:
    """The text with control characters dropped, line ends as \\n and lone surrogates as U+FFFD."""
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(_UNWANTED)


def one_line(value: str) -> str:
    """``storable`` on a single line, blanks folded: safe as a mail subject or header."""
    return " ".join(storable(value).split())
