"""The base of all frames: declared in pandera's own words, made by pandera once a frame is first checked.

To a type checker every frame is a ``pandera.pandas.DataFrameModel``. Importing pandera takes about as long as importing
pandas, and a registered forecast that is only asked checks no frame: so the classes keep what they declare, and
:func:`pandera_model` makes pandera's model of it when one is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, TypeAlias, TypeVar

import pandas as pd

Day: TypeAlias = Annotated[pd.DatetimeTZDtype, "us", "UTC"]
Instant: TypeAlias = Annotated[pd.DatetimeTZDtype, "us", "UTC"]
_KINDS: Final = {"str": "text", "float": "number", "Day": "date", "Instant": "instant"}
_TYPES: Final = {"text": str, "number": float, "date": Day, "instant": Instant}
_DTYPES: Final = {"text": "str", "number": "float64", "date": "datetime64[us, UTC]", "instant": "datetime64[us, UTC]"}


__all__ = ["AnyFrame", "Column", "DataFrame", "Day", "Field", "FrameModel", "Instant", "pandera_model"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a frame, under the names of pandera's ``Field``.

    Attributes
    ----------
    kind
        ``text``, ``number``, ``date`` (midnight UTC; a period's end is its last day) or ``instant`` (a moment, UTC).
    description
        What the column holds.
    ge, le
        Inclusive range of a number; ``None`` is open.
    isin
        The only values a text column may take; empty for free text.
    nullable
        Whether the value may be missing.
    metadata
        ``unit`` of a number, or where it says so per row; a number without one has the unit 1.
    """

    description: str
    ge: float | None = None
    le: float | None = None
    isin: tuple[str, ...] = ()
    nullable: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text"

    @property
    def unit(self) -> str:
        """The unit of a number, or the name of the column that carries it per row."""
        return self.metadata.get("unit", "1")

    @property
    def dtype(self) -> str:
        """The pandas dtype name this column is held in."""
        return _DTYPES[self.kind]


if TYPE_CHECKING:
    from pandera.pandas import DataFrameModel, DataFrameSchema, Field
    from pandera.typing import DataFrame
else:
    DataFrameModel, Field = object, Column

    class DataFrame:
        """Stands for ``pandera.typing.DataFrame`` where annotations are read at run time."""

        def __class_getitem__(cls, model):
            """Return the type of a pandas frame that keeps a contract."""
            return Annotated[pd.DataFrame, model]


class FrameModel(DataFrameModel):
    """The contract of a frame: its columns in order, and in ``Config`` its name and what identifies a row.

    Attributes
    ----------
    title
        Name of the frame.
    columns
        Columns by name, in order.
    key
        Columns that identify a row, which are also the sort order.
    """

    title: ClassVar[str]
    columns: ClassVar[Mapping[str, Column]]
    key: ClassVar[tuple[str, ...]]

    class Config:
        """What holds of every frame; one of its own adds ``name`` and ``unique``."""

        strict = True
        ordered = True
        name = ""
        unique: tuple[str, ...] = ()

    if not TYPE_CHECKING:

        def __init_subclass__(cls):
            """Keep what the class declares, the columns of the class it builds on first."""
            own = {name: replace(getattr(cls, name), kind=_KINDS[kind]) for name, kind in cls.__annotations__.items()}
            cls.title, cls.key = cls.Config.name, tuple(cls.Config.unique)
            cls.columns = {**getattr(cls.__base__, "columns", {}), **own}
            for name in own:
                setattr(cls, name, name)  # as in pandera, an attribute is the name of its column

        @classmethod
        def to_schema(cls) -> DataFrameSchema:
            """Return pandera's schema: dtypes, ranges, allowed values and the key."""
            return pandera_model(cls).to_schema()


AnyFrame = TypeVar("AnyFrame", bound=FrameModel)


@cache
def pandera_model(model: type[FrameModel]) -> type[DataFrameModel]:
    """Return pandera's model of a frame; the first call imports pandera.

    Parameters
    ----------
    model
        Contract of the frame.

    Returns
    -------
    type
        A ``pandera.pandas.DataFrameModel`` with the same columns, checks, key and name.
    """
    import pandera.pandas as pa  # noqa: PLC0415  (a forecast that is only asked checks no frame)

    told: dict[str, Any] = {name: pa.Field(**_asked(column)) for name, column in model.columns.items()}
    types = {name: _TYPES[column.kind] for name, column in model.columns.items()}
    config = type("Config", (), {"name": model.title, "unique": list(model.key), "strict": True, "ordered": True})
    given = {**told, "__annotations__": types, "__module__": model.__module__, "__doc__": model.__doc__}
    return type(model.__name__, (pa.DataFrameModel,), {**given, "Config": config})


def _asked(column: Column) -> dict[str, Any]:
    """Return what pandera's ``Field`` is given of a column; no bound and no list is no check."""
    checks = {"ge": column.ge, "le": column.le, "isin": list(column.isin) or None}
    asked = {name: value for name, value in checks.items() if value is not None}
    return {**asked, "nullable": column.nullable, "description": column.description, "metadata": {"unit": column.unit}}
