"""Secrets of any letters in the ways drivers quote them: never a part of what is said."""

import json
import string
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from shiftcast.pipelines.state.secrets import secrets_of, without_secrets

LETTERS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), max_size=8)
HELD = st.builds(lambda a, b, c: a + b + c, LETTERS, st.text(string.ascii_letters, min_size=8, max_size=12), LETTERS)
VARIABLES = {
    "MLFLOW_TRACKING_URI": "postgresql://me:{}@db.example:5432/x", "PGPASSWORD": "{}", "SHIFTCAST_TOKEN": "{}",
    "AWS_SECRET_ACCESS_KEY": "{}", "BACKEND": "https://db.example/x?token={}", "HTTPS_PROXY": "http://me:{}@proxy:3128",
}  # fmt: skip
SAID = ["{}", "no host '{}'", "Invalid url: http://me:{}@db/api", "password={} failed", "('{}', 5432)", "x{}x", "{}:{}"]
WAYS = [
    str,
    repr,
    json.dumps,
    quote,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: text.partition("@")[2],
]


def test_no_part_of_a_secret_that_a_driver_quotes_is_said(hunt):
    def check(given):
        secret, (name, address), said, way = given
        if "?" in address:  # a query ends a value there, whatever it was meant to be
            secret = secret.replace("&", "+").replace(";", "+")
        held = secrets_of({name: address.format(secret)})
        core = "".join(letter if letter.isascii() and letter.isalpha() else " " for letter in secret).split()
        shown = without_secrets(said.replace("{}", way(secret)), held)
        assert [part for part in core if len(part) >= 8 and part in shown] == []

    told = st.tuples(HELD, st.sampled_from(sorted(VARIABLES.items())), st.sampled_from(SAID), st.sampled_from(WAYS))
    hunt(check, told, examples=50)
