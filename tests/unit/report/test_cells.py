from beyond_mle.report.cells import Cell, Column, Group, Row, Table, told


def test_columns_that_tell_nothing_are_left_out():
    columns = [
        Column("name"),
        Column("bleu", parts=["ours", "control", "paper"]),
        Column("comet", parts=["ours"]),
        Column("n"),
    ]
    absent = Cell("not measured", look="faint")
    rows = [
        Row([Cell("a"), Cell("1.0"), Cell(""), absent, absent, Cell("3")], kind="first"),
        Row([Cell("b"), Cell("2.0"), Cell(""), Cell("5"), absent, Cell("")]),
    ]
    shown = told(Table(columns, [Group(rows[:1], "one"), Group(rows[1:], "two")], "Caption."))
    assert shown.columns == [Column("name"), Column("bleu", parts=["ours", "paper"]), Column("n")]
    assert [[cell.text for cell in row.cells] for group in shown.groups for row in group.rows] == [
        ["a", "1.0", "not measured", "3"],
        ["b", "2.0", "5", ""],
    ]
    assert (shown.caption, shown.groups[0].title, shown.groups[0].rows[0].kind) == ("Caption.", "one", "first")


def test_a_table_without_rows_stays_without():
    assert told(Table([Column("a")], [])).groups == []
