"""Check a scoring request before MLflow's app sees it; every fault names the field.

MLflow's own checks let unknown columns and params pass, answer deep nesting and a missing content type with 500, and
put the payload into the message; none of that gets so far.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import KINDS, Kind, json_schema, unknown
from shiftcast.pipelines.registry.mlflow_store import MODEL
from shiftcast.pipelines.registry.served_model import PARAMS
from shiftcast.pipelines.serving.limits import WorkLimits

_RECORDS, _SPLIT = "dataframe_records", "dataframe_split"
_STRINGS: Final = re.compile(rb'"(?:[^"\\]+|\\.?)*+(?:"|\Z)', flags=re.DOTALL)  # one pass, whatever is in it
_NOT_BRACKETS: Final = re.compile(rb"[^\[\]{}]+")
_SPLIT_PARTS: Final = ("columns", "data", "index")


@dataclass(frozen=True)
class RequestLimits:
    """Limits of a request.

    Attributes
    ----------
    body
        Bytes of the body.
    depth
        Levels of nesting.
    rows
        Questions at once.
    waiting
        Requests under way at once; more are told to come back.
    seconds
        Time for the body to arrive.
    pause
        Time between two pieces of it.
    arriving
        Bodies that may be arriving at once; one more ends that which has waited longest.
    work
        What its questions may come to.
    """

    body: int = 1_000_000
    depth: int = 6
    rows: int = 1_000
    waiting: int = 64
    seconds: float = 30.0
    pause: float = 10.0
    arriving: int = 256
    work: WorkLimits = field(default_factory=WorkLimits)


@dataclass(frozen=True)
class Taken:
    """What a model may be asked.

    Attributes
    ----------
    model
        Its name.
    kinds
        Kind of each field of a question.
    params
        Fields that all questions of a request may share.
    questions
        JSON Schema of the fields of each question.
    fleet
        Whether it is the model of a fleet.
    """

    model: str = MODEL
    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS)
    params: tuple[str, ...] = PARAMS
    questions: Mapping[str, Mapping[str, Any]] = field(default_factory=json_schema)
    fleet: bool = False


WORLD: Final = Taken()


class PayloadError(InputError):
    """A request that is refused; carries the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def check_headers(headers: Mapping[str, str], limits: RequestLimits) -> None:
    """Check the headers of a scoring request, names in lower case.

    Parameters
    ----------
    headers
        Name, in lower case, to value.
    limits
        Largest body [byte].

    Raises
    ------
    PayloadError
        415 for another type or encoding of the body, 413 for one that says it is too large, 400 for a broken length.

    Examples
    --------
    >>> check_headers({"content-type": "text/plain"}, RequestLimits())
    Traceback (most recent call last):
    shiftcast.pipelines.serving.payload.PayloadError: header 'content-type' is 'text/plain'; send application/json
    """
    kind = headers.get("content-type", "")
    if not re.fullmatch(r"\s*application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", kind, flags=re.IGNORECASE):
        raise PayloadError(f"header 'content-type' is {kind[:60]!a}; send application/json", 415)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise PayloadError("header 'content-encoding' is set; send the body as it is", 415)
    length = headers.get("content-length")
    if length is not None and not re.fullmatch(r"\d{1,18}", length):
        raise PayloadError("header 'content-length' is not a number of bytes", 400)
    if length is not None and int(length) > limits.body:
        raise too_large(limits)


def too_large(limits: RequestLimits) -> PayloadError:
    """Return the refusal of a body that is too large.

    Parameters
    ----------
    limits
        Largest body [byte].

    Returns
    -------
    PayloadError
        With status 413.
    """
    return PayloadError(f"body is larger than {limits.body} bytes; ask fewer questions at once", 413)


def read_payload(body: bytes, limits: RequestLimits, taken: Taken = WORLD) -> list[dict[str, Any]]:
    """Check the body of a scoring request and return its questions.

    Parameters
    ----------
    body
        JSON with ``dataframe_records`` or ``dataframe_split``, and ``params`` if wanted.
    limits
        Most rows and largest values.
    taken
        What the model may be asked.

    Returns
    -------
    list of dict
        Fields of each question, those that all share among them; a row's null counts as left out, as in the model.

    Raises
    ------
    PayloadError
        Naming the field that is wrong, and the row it is in.

    Examples
    --------
    >>> read_payload(b'{"dataframe_records": [{"question": "claims"}]}', RequestLimits())
    [{'question': 'claims'}]
    """
    payload = _parsed(body, limits)
    if not isinstance(payload, dict):
        raise PayloadError(f"body is a JSON {_kind(payload)}; it must be an object with {_RECORDS!r}")
    unknown = [name for name in payload if name not in {_RECORDS, _SPLIT, "params"}]
    if unknown:
        raise PayloadError(f"field {_short(unknown[0])} is not known; send {_RECORDS!r} or {_SPLIT!r}, and 'params'")
    given = [name for name in (_RECORDS, _SPLIT) if name in payload]
    if len(given) != 1:
        raise PayloadError(f"fields {_RECORDS!r} and {_SPLIT!r}: send exactly one of them")
    rows = _records(payload[_RECORDS]) if _RECORDS in payload else _split(payload[_SPLIT])
    if not 1 <= len(rows) <= limits.rows:
        raise PayloadError(f"field {given[0]!r} has {len(rows)} rows; send 1 to {limits.rows}")
    for number, row in enumerate(rows):
        _check_fields(row, tuple(taken.kinds), f"row {number}: ", taken)
    params = payload.get("params")
    if params is not None and not isinstance(params, dict):
        raise PayloadError(f"field 'params' is a JSON {_kind(params)}; it must be an object")
    _check_fields(params or {}, taken.params, "params: ", taken)
    return [{**(params or {}), **{name: value for name, value in row.items() if value is not None}} for row in rows]


def _parsed(body: bytes, limits: RequestLimits) -> Any:
    _check_depth(body, limits)
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise PayloadError(f"body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise PayloadError(f"body is not JSON at byte {error.pos}: {error.msg}") from None
    except (RecursionError, MemoryError, OverflowError) as error:
        raise PayloadError(f"body cannot be read ({type(error).__name__})") from None
    except PayloadError:
        raise
    except ValueError:  # an integer of thousands of digits
        raise PayloadError("body has a number that is too long") from None


def _check_depth(body: bytes, limits: RequestLimits) -> None:
    """Raise if brackets nest too deeply, without parsing."""
    depth = 0
    for bracket in _NOT_BRACKETS.sub(b"", _STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > limits.depth:
            raise PayloadError(f"body nests deeper than {limits.depth} levels")


def _no_constant(name: str) -> Any:
    raise PayloadError(f"body has {name}, which JSON does not know; leave the field out or send null")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)  # counted in one pass: a body has room for 60,000 names
        raise PayloadError(f"field {_short(next(name for name in times if times[name] > 1))} is there twice")
    return found


def _records(rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        raise PayloadError(f"field {_RECORDS!r} is a JSON {_kind(rows)}; it must be a list of objects")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise PayloadError(f"field {_RECORDS!r}: row {number} is a JSON {_kind(row)}; it must be an object")
    return rows


def _split(table: Any) -> list[dict[str, Any]]:
    if not isinstance(table, dict):
        raise PayloadError(f"field {_SPLIT!r} is a JSON {_kind(table)}; it must be an object of columns and data")
    unknown = [name for name in table if name not in _SPLIT_PARTS]
    if unknown:
        raise PayloadError(f"field {_SPLIT!r}: {_short(unknown[0])} is not known; it has {', '.join(_SPLIT_PARTS)}")
    columns, data = table.get("columns"), table.get("data")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise PayloadError(f"field {_SPLIT!r}: 'columns' must be a list of names")
    if len(set(columns)) < len(columns):
        raise PayloadError(f"field {_SPLIT!r}: 'columns' has a name twice")
    if not isinstance(data, list):
        raise PayloadError(f"field {_SPLIT!r}: 'data' must be a list of rows")
    if not isinstance(table.get("index", []), list) or len(table.get("index", data)) != len(data):
        raise PayloadError(f"field {_SPLIT!r}: 'index' must be a list as long as 'data'")
    for number, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(columns):
            raise PayloadError(f"field {_SPLIT!r}: row {number} must be a list of {len(columns)} values")
    return [dict(zip(columns, row, strict=True)) for row in data]


def _check_fields(fields: Mapping[str, Any], known: tuple[str, ...], where: str, taken: Taken) -> None:
    for name, value in fields.items():
        if name not in known:
            raise PayloadError(f"{where}{unknown(name, known)}")
        try:
            if value is not None:
                taken.kinds[name].read(name, value)
        except ValueError as error:
            raise PayloadError(f"{where}{error}") from None


def _kind(value: Any) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _short(name: str) -> str:
    return ascii(name if len(name) <= 40 else f"{name[:37]}...")
