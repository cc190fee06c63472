"""Types without values, for gradients that do not exist or are not connected."""

from typing import Any, NoReturn

from theanolike.graph.type import Type


class NullType(Type):
    """The type of a gradient that is not defined, and why it is not.

    Parameters
    ----------
    why_null : str
        One sentence, shown when the gradient is asked for.
    """

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def filter(
        self, value: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> NoReturn:
        raise ValueError(f"A variable of NullType has no value. {self.why_null}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        return "NullType"


class DisconnectedType(Type):
    """The type of a gradient where the cost does not depend on the variable."""

    def filter(
        self, value: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> NoReturn:
        raise ValueError(
            "A variable of DisconnectedType has no value: it stands for the gradient "
            "by something that the cost does not depend on."
        )

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        return "DisconnectedType"


disconnected_type = DisconnectedType()
