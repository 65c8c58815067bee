import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.pipelines.state.secrets import secrets_of, without_secrets

ODD = st.text(st.sampled_from("abcXYZ019/@: ?#%&+;'\"=,.!"), min_size=4, max_size=20)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MLFLOW_TRACKING_URI", "postgresql://me:S3@CRETX@127.0.0.1/db", "failed to resolve host 'CRETX@127.0.0.1'"),
        ("MLFLOW_TRACKING_URI", "postgresql://me:S3/CRETX@127.0.0.1/db", "postgresql://me:S3/CRETX@127.0.0.1/db"),
        ("MLFLOW_TRACKING_URI", "postgresql://me:S3 CRETX@127.0.0.1/db", "invalid: S3 CRETX and CRETX"),
        ("MLFLOW_TRACKING_URI", "postgresql://127.0.0.1/db?password=S3CRETX", "no: password=S3CRETX: failed"),
        ("MLFLOW_TRACKING_URI", "postgresql://127.0.0.1/db?sslkey=/a/S3CRETX", "no file /a/S3CRETX"),
        ("MLFLOW_TRACKING_URI", "http://me:S3/CRETX@127.0.0.1:1", "Invalid url: http://me:S3/CRETX@127.0.0.1:1/api"),
        ("MLFLOW_TRACKING_URI", "http://127.0.0.1:1?token=S3CRETX", "url: /api?token=S3CRETX (Caused by x)"),
        ("BACKEND", "https://127.0.0.1/x?token=?S3CRETX", "no: ?S3CRETX"),
        ("MLFLOW_TRACKING_TOKEN", "S3CRETX", "Bearer S3CRETX"),
        ("PGPASSWORD", "S3CRETX", "password S3CRETX is wrong"),
        ("STORAGE_KEY", "S3CRETX", "key S3CRETX"),
        ("DJANGO_SECRET_KEY", "S3CRETX", "key S3CRETX"),
        ("URI", " postgresql://h/db?password=S3@CRETX", "S3@CRETX failed"),
        ("HTTPS_PROXY", "me:S3CRETX@proxy:1", "Proxy-Authorization S3CRETX"),
        ("PGPASSWORD", 'S3"\\CRETX', 'a log line with S3\\"\\\\CRETX in it'),
        ("PGPASSWORD", "S3\u00e4CRETX", "a log line with S3\\u00e4CRETX in it"),
        ("PGPASSWORD", "/x@S3CRETXYZ", "could not translate host name 'S3CRETXYZ'"),
        ("SHIFTCAST_TOKEN", "/Ab3d+ZCRETXY/Qq", "no: ZCRETXY"),
        ("AWS_SECRET_ACCESS_KEY", "/Ab3d+ZCRETXY/Qq", "no: ZCRETXY"),
        ("MLFLOW_TRACKING_URI", "postgresql://127.0.0.1/db?password=/x@S3CRETXYZ", "no host 'S3CRETXYZ'"),
        ("AWS_SECRET_ACCESS_KEY", "S3/CRETX+", "signature of S3%2FCRETX%2B"),
        ("URI", "https://h/api?access_token=a&S3;CRETX<b&x=1", "url: /api?access_token=a&S3;CRETX<b&x=1"),
        ("URI", "postgresql://h/db?password=&;S3CRETX", "no: &;S3CRETX"),
        ("URI", "http://me:S3@CRETX@h:1", "no host 'cretx'"),
        ("URI", "https://S3+/CRETX:Q@h", "no: S3+/CRETX"),
        ("SMTP_PASS", "S3CRETX", "535 S3CRETX"),
        ("PASS", "S3CRETX", "535 S3CRETX"),
        ("OPTIONS", "--design=password=S3CRETX", "no: S3CRETX"),
        ("OPTIONS", "-Dclient-secret=S3CRETX --api-token=x", "no: S3CRETX"),
        ("OPTIONS", "SharedAccessSignature=sv=2024&sig=S3CRETX", "no: S3CRETX"),
        ("BUCKET", "https://h/x?X-Amz-Credential=me&X-Amz-Signature=S3CRETX", "no: S3CRETX"),
        ("PGOPTIONS", "host=h sslpassword=S3CRETX", "no: S3CRETX"),
        ("AZURE_STORAGE_CONNECTION_STRING", "AccountName=me;AccountKey=S3CRETX==;Suffix=x", "no: S3CRETX=="),
        ("DSN", "host=h user=me password=S3CRETX dbname=x", "denied for S3CRETX"),
    ],
)
def test_what_a_driver_says_of_a_secret_is_blotted_out(name, value, said):
    shown = without_secrets(said, secrets_of({name: value}))
    assert "CRETX" not in shown
    assert "***" in shown


@pytest.mark.parametrize("word", ["{}", "--root={}"])
def test_what_an_address_on_the_command_line_holds_is_blotted_out_too(word):
    held = secrets_of({}, ["ask", word.format("postgresql://me:S3/CRETX@h/db"), "claims"])
    assert "CRETX" not in without_secrets("no folder me:S3/CRETX@h/db", held)
    assert "claims" in without_secrets("claims", held)


@given(ODD, st.sampled_from(["{}", "cannot reach {}: refused", "host '{}' (port 1)"]))
def test_no_password_of_an_address_is_said_however_it_is_quoted(password, said):
    held = secrets_of({"MLFLOW_TRACKING_URI": f"postgresql://me:{password}@127.0.0.1:1/db"})
    parts = [each for each in password.split("@") if len(each) > 8]
    for each in (password, quote(password, safe=""), f"postgresql://me:{password}@127.0.0.1:1/db"):
        assert password not in without_secrets(said.format(each), held).replace("***", "")
        assert quote(password, safe="") not in without_secrets(said.format(each), held).replace("***", "")
    assert all(part.strip("/: ?#%&+;'\"=,.!") not in without_secrets(part, held) for part in parts if part.isalnum())


def test_secrets_that_a_text_names_are_blotted_out_though_nobody_gave_them():
    assert without_secrets("host=db password=S3CRETX user=me", ()) == "host=db password=*** user=me"


def test_a_short_secret_spoils_no_figures():
    held = secrets_of(
        {"PGPASSWORD": "1", "URI": "https://h/x?sslkey=/home/ann/key.pem", "PGSSLKEY": "/home/ann/key.pem"}
    )
    assert without_secrets("1,100 in 2021Q1 at /home/me", held) == "1,100 in 2021Q1 at /home/me"


def test_words_that_are_no_secrets_stay():
    held = secrets_of({"PWD": "/home/me", "TOKENIZERS_PARALLELISM": "false", "HOME": "/root", "URL": "http://host/x"})
    assert held == ()
    assert without_secrets("false /home/me http://host/x", held) == "false /home/me http://host/x"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTP_PROXY_BYPASS", "true", '{"ok": true}'),
        ("USE_KEY", "true", '{"ok": true}'),
        ("SKIP_TOKEN", "None", '{"ok": null, "why": "none"}'),
        ("MAX_TOKEN", "4096", '{"rows": 4096}'),
        ("NOISE_KEY", "-1.5e-3", '{"mean": -1.5e-3}'),
        ("COMPASS", "north", "north of 2027Q1"),
        ("RUN_ARGS", "--design=forecast --significance=0.05 --bypass=claims", "forecast at 0.05 of claims"),
        ("RUN_ARGS", "sslkey=/home/ann/key.pem", "see /home/ann"),
        ("DESK", "https://h/x?design=forecast&keyed=true", "forecast: true"),
    ],
)
def test_ordinary_words_of_ordinary_variables_stay(name, value, said):
    assert without_secrets(said, secrets_of({name: value})) == said


def test_a_long_number_may_be_a_password():
    assert without_secrets("denied for 83629174", secrets_of({"PGPASSWORD": "83629174"})) == "denied for ***"


LONG = {  # what took cubic time, or would take it by one of its parts
    "keys": "-key" * 5000, "keys by dots": "key." * 5000, "keys of a query": "&key" * 5000, "no value": "key=:" * 4000,
    "stops": "key" * 3000 + "=" + ":" * 10_000, "fields": "a-design=" * 2000, "ats": "://" * 7000,
    "file": "sslkey" * 3000,
}  # fmt: skip


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_text_takes_no_time(text):
    began = time.process_time()
    assert without_secrets(text, ()).startswith(text[:4])
    secrets_of({"NOTES": text, "URI": f"https://h/?{text}"}, [f"--x={text}", f"https://{text}"])
    assert time.process_time() - began < 5  # where the work grew as the square of the text it would be minutes


def test_secrets_of_this_process_are_those_of_its_variables(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "hunter22")
    assert without_secrets("the key hunter22") == "the key ***"
