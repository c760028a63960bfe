"""The answer of a policy: Allowed, or Denied with its reason.

def may_reply(actor, ticket) -> Result:
    return Allowed() if … else Denied("A closed ticket takes no replies.")

may_reply(actor, ticket).require()
"""

from dataclasses import dataclass

from core.errors import NotAllowed, NotFound


@dataclass(frozen=True)
class Allowed:
    """Yes. True in a condition."""

    def __bool__(self) -> bool:
        return True

    def require(self) -> None:
        """Do nothing: it is allowed."""


@dataclass(frozen=True)
class Denied:
    """No, because of `reason` (for people). False in a condition.

    With code 'not_found' the actor may not even learn that the thing exists.
    """

    reason: str
    code: str = NotAllowed.default_code

    def __bool__(self) -> bool:
        return False

    def require(self) -> None:
        """Raise NotAllowed (or NotFound, for code 'not_found') with the reason."""
        if self.code == NotFound.default_code:
            raise NotFound(self.reason)
        raise NotAllowed(self.reason, code=self.code)


Result = Allowed | Denied
