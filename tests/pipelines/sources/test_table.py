import pytest

from shiftcast.pipelines.sources.table import UnreadableFileError, read_table


def write(folder, content):
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_cell_is_text_under_its_heading_with_the_line_it_starts_on(tmp_path):
    table = read_table(write(tmp_path, 'a, b\n1,x\n\n"2\n3",y\n4,z\n'))
    assert table.to_dict("list") == {
        "a": ["1", "2\n3", "4"], "b": ["x", "y", "z"], "line": [2, 4, 6], "surplus": ["", "", ""],
    }  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_do_not_matter(tmp_path, ending):
    assert read_table(write(tmp_path, ending.join(["a,b", "1,x", "2,y"])))["line"].tolist() == [2, 3]


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x85"])
def test_a_cell_may_hold_what_other_programs_take_for_a_line_end(tmp_path, separator):
    table = read_table(write(tmp_path, f"a,b\n1,x{separator}y\n2,z\n"))
    assert table["b"].tolist() == [f"x{separator}y", "z"]
    assert table["line"].tolist() == [2, 3]


def test_a_byte_order_mark_is_no_part_of_the_first_heading(tmp_path):
    assert "a" in read_table(write(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n"))


def test_bytes_that_are_not_utf8_are_kept_for_the_row_rules(tmp_path):
    assert read_table(write(tmp_path, b"a,b\n1,M\xfcnchen\n"))["b"].tolist() == ["M\udcfcnchen"]
    assert "\udcfc" in read_table(write(tmp_path, b"a,\xfc\n1,2\n"))


def test_missing_cells_are_empty_and_surplus_cells_are_kept_apart(tmp_path):
    table = read_table(write(tmp_path, "a,b\n1\n1,2,3,4\n"))
    assert table["b"].tolist() == ["", "2"]
    assert table["surplus"].tolist() == ["", "3,4"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; put back the file"),
        (b"\n \n", "is empty; put back the file"),
        (b"\xff\xfeabc", "is no text; save it as UTF-8"),
        (b"a,b\n1,\x002\n", "holds NUL bytes: it is not a text file"),
        (b'a,b\n1,"x\n2,y\n', "line 3: unexpected end of data; repair the quoting"),
        (b'a,b\n1,"x"y\n', "line 2: .*; repair the quoting"),
        (b"a,b,a\n1,2,3\n", "line 1: column 'a' is there twice or reserved; rename it"),
        (b"a,line\n1,2\n", "line 1: column 'line' is there twice or reserved"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, content, said):
    with pytest.raises(UnreadableFileError, match=rf"t\.csv: {said}"):
        read_table(write(tmp_path, content))


def test_an_absent_file_and_a_directory_in_its_place_are_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"none\.csv: cannot be read \(No such file.*check the path"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(UnreadableFileError, match=r"cannot be read \(Is a directory\)"):
        read_table(tmp_path)
