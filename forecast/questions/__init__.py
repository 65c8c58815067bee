"""Questions that can be asked: one schema each, from which every interface reads, checks and documents its fields."""

from shiftcast.forecast.questions.asked import Asked
from shiftcast.forecast.questions.kinds import ANSWER, LONGEST_TEXT, MOST_LEVELS, ROWS, Kind, plain, unknown
from shiftcast.forecast.questions.listing import field_rows, json_schema
from shiftcast.forecast.questions.reading import FIELDS, KINDS, OUTPUTS, Question, read_field, read_question
from shiftcast.forecast.questions.schema import QUESTIONS

__all__ = [
    "ANSWER", "FIELDS", "KINDS", "LONGEST_TEXT", "MOST_LEVELS", "OUTPUTS", "QUESTIONS", "ROWS", "Asked", "Kind",
    "Question", "field_rows", "json_schema", "plain", "read_field", "read_question", "unknown",
]  # fmt: skip
