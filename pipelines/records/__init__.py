"""The public record that ships: figures with their sources, and the catalogues; code that reads it is in `sources`."""

from pathlib import Path
from typing import Final

RECORDS: Final = Path(__file__).resolve().parent
