"""The browser that tests look with finds what it is to find, and opens pages without leaving the machine."""

PAGE = """<!doctype html><html lang="en"><head><title>A page</title></head>
<body><main><h1>A page</h1>{}</main></body></html>"""


def page_of(folder, body):
    file = folder / "page.html"
    file.write_text(PAGE.format(body), encoding="utf-8")
    return file


def test_a_sound_page_has_no_faults_at_any_width(look, tmp_path):
    page = look.open(page_of(tmp_path, "<p>Sound.</p>"), width=390)
    assert (look.faults(page), look.too_wide(page)) == ([], [])
    assert look.shot(page, "sound").stat().st_size > 1000


def test_faults_and_what_is_too_wide_are_found(look, tmp_path):
    page = look.open(page_of(tmp_path, '<img src="data:,"><p style="width: 2000px">Wide.</p>'))
    assert [line.partition(":")[0] for line in look.faults(page)] == ["image-alt"]
    assert [line.partition(".")[0] for line in look.too_wide(page)] == ["P"]
    look.wrong.clear()


def test_a_request_that_would_leave_the_machine_is_stopped_and_told(look, tmp_path):
    look.open(page_of(tmp_path, '<img alt="none" src="http://elsewhere.example/a.png">'))
    assert "request: http://elsewhere.example/a.png" in look.wrong
    look.wrong.clear()


def test_an_error_of_a_script_is_told(look, tmp_path):
    look.open(page_of(tmp_path, "<script>throw new Error('broken')</script>"))
    assert [line for line in look.wrong if "broken" in line]
    look.wrong.clear()
