"""What a file may look like: shapes that read the same, rows rejected, files refused."""

# ruff: noqa: DTZ001 - the frames hold naive UTC moments

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from enrich.errors import BadSettings
from enrich.sources.files import csv_lines
from enrich.sources.files.sources import read_batches
from enrich.sources.files.spec import FileSpec
from enrich.sources.files.text_lines import read_lines
from tests.imports.reads import ITEMS, ORDERS, column, faults, items_of, orders_of, read, written

ROW = "a,c1,2024-01-01,1"
NO_HEADER = (
    "line 1 is not a header of column names; columns wanted: order_id, customer_id, ordered_at,"
    " amount; where it stands further down, say header_line = 2 in [imports.orders],"
    " or --header-line 2"
)


@pytest.mark.parametrize(
    "content",
    [
        f"{ORDERS}\n{ROW}\n",
        f"{ORDERS}\r\n{ROW}\r\n",
        f"{ORDERS}\n{ROW}",
        f"\ufeff{ORDERS}\n{ROW}\n",
        f"{ORDERS}\n\n{ROW}\n\n",
        f"{ORDERS}\n{ROW}\n".replace(",", ";"),
        f"{ORDERS}\n{ROW}\n".replace(",", "\t"),
        f"{ORDERS}\n{ROW}\n".replace(",", "|"),
        f" Order_ID ,CUSTOMER_ID,Ordered_At,amount\n{ROW}\n",
        '"order_id","customer_id","ordered_at","amount"\n"a", "c1" ,"2024-01-01","1"\n',
        "amount,ordered_at,customer_id,order_id\n1,2024-01-01,c1,a\n",
    ],
)
def test_files_that_say_the_same(tmp_path: Path, content: str) -> None:
    frames = orders_of(tmp_path, content)
    assert frames.orders is not None
    assert frames.orders.select("order_id", "customer_id", "amount_cents").rows() == [
        ("a", "c1", 100)
    ]
    assert (frames.rejects, frames.notes) == ([], [])


@pytest.mark.parametrize(
    ("rows", "good", "bad"),
    [
        (["a,c,2024-01-01", ROW], [3], [(2, "amount: missing")]),
        (["a,c,2024-01-01,1,2", ROW], [3], [(2, csv_lines.TOO_MANY)]),
        (['b,"c,2024-01-01,1', ROW], [3], [(2, csv_lines.BROKEN_QUOTES)]),
        (['b,c",2024-01-01,1', ROW, 'd,"e,2024-01-01,1'], [2, 3], [(4, "row")]),
        (['b,"c"d,2024-01-01,1', ROW], [3], [(2, csv_lines.BROKEN_QUOTES)]),
        (['b,"c",2024-01-01', ROW], [3], [(2, "amount: missing")]),
        (["b,c,2024-01-01,1,,", 'd,"e",2024-01-01,1, ,', ROW], [2, 3, 4], []),
        # a quote inside an unquoted cell is text
        (['b,50" LED,2024-01-01,1', 'd,1/2" x 3/4",2024-01-01,1', ROW], [2, 3, 4], []),
        (['b,"c",2024-01-01,1,2', ROW], [3], [(2, csv_lines.TOO_MANY)]),
        # quoted cells may hold separators, quotes and line ends
        (['b,"c,""d""",2024-01-01,1', ROW], [2, 3], []),
        (['b,"c', "", 'd",2024-01-01,1', ROW], [2, 5], []),
        (['b,"c', 'd","2024', '",1', ROW], [5], [(2, "ordered_at")]),
        # two stray quotes around a whole row are not one long row
        (['b,"c,2024-01-01,1', ROW, 'd,e",2024-01-01,1'], [3, 4], [(2, "row")]),
        ([",,,", ROW], [3], []),
        ([' , ,"",', ROW], [3], []),
        (["", "  ", "x", ROW], [5], [(4, "ordered_at: missing")]),
    ],
)
def test_a_broken_row_costs_only_itself(
    tmp_path: Path, rows: list[str], good: list[int], bad: list[tuple[int, str]]
) -> None:
    frames = orders_of(tmp_path, "\n".join([ORDERS, *rows]) + "\n")
    assert column(frames, "line") == good
    assert [line for line, _ in faults(frames.rejects)] == [line for line, _ in bad]
    for reject, (_, reason) in zip(frames.rejects, bad, strict=True):
        assert reject.reason.startswith(reason)


def test_rows_survive_the_ends_of_chunks(tmp_path: Path) -> None:
    text = "é,1\n22\r\n\r3\r\r\nfour"
    spec = FileSpec(written(tmp_path, "x.csv", text), "orders")
    for size in range(1, 20):
        chunks = list(read_lines(spec, "utf-8", size))
        found = [line for chunk in chunks for line in chunk.texts]
        assert found == ["é,1", "22", "", "3", "", "four"]
        assert chunks[0].first == 1
        ends = [chunk.first + len(chunk.texts) for chunk in chunks]
        assert [chunk.first for chunk in chunks][1:] == ends[:-1]


def test_rows_are_the_same_however_the_file_is_cut(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "x.csv",
        'k,v\na,1\nb,"2\n\n2"\nc,"3\nd,4\ne,5"\n\nf,"6\n7",8\ng,"9""\n",\n"h\n",1',
    )
    spec = FileSpec(path, "orders", ("k", "v"), ("k", "v"))
    whole = list(csv_lines.read_csv(spec))
    for size in range(1, 40):
        cut = list(csv_lines.read_csv(spec, size))
        assert pl.concat(each.rows for each in cut).equals(pl.concat(each.rows for each in whole))
        assert [row for each in cut for row in each.broken] == [
            row for each in whole for row in each.broken
        ]


def test_a_reject_holds_the_row_and_its_reason_holds_no_value(tmp_path: Path) -> None:
    rows = f"a,c9,2024-01-01,x9,red\n{ROW},\n{ROW},x,y"
    frames = orders_of(tmp_path, f"{ORDERS},colour\n{rows}\n")
    first, second = frames.rejects
    assert (first.key, first.source, first.line) == ("a", "orders.csv", 2)
    assert json.loads(first.payload)["colour"] == "red"
    assert json.loads(first.payload)["amount"] == "x9"
    assert first.reason == "amount: not a number"
    assert (second.key, json.loads(second.payload)) == (None, {"text": f"{ROW},x,y"})
    assert frames.notes == ["orders.csv: columns ignored: colour"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "orders.csv: the file is empty"),
        (b"\n", f"orders.csv: {NO_HEADER}"),
        (f"{ORDERS}\n", "orders.csv: the file has no rows"),
        (
            "order_id,customer_id,amount\na,b,1\n",
            "orders.csv: columns missing: ordered_at; wanted: order_id, customer_id, ordered_at,"
            " amount; line 1 has: order_id, customer_id, amount; say which is which with columns ="
            ' { ordered_at = "NAME THERE" } in [imports.orders], or --columns ordered_at=NAME',
        ),
        (f"{ROW}\n", f"orders.csv: {NO_HEADER}"),
        ("ana@example.com;Ana;Souza\n", f"orders.csv: {NO_HEADER}"),
        (f"{ORDERS},Amount\n{ROW},1\n", "orders.csv: column amount stands there more than once"),
        (
            f"{ORDERS}\n{ROW}\n".encode("utf-16-be"),
            "orders.csv: is UTF-16 without a byte-order mark; say encoding ="
            ' "utf-16-be" in [imports.orders], or --encoding utf-16-be',
        ),
        (
            f"{ORDERS}\n{ROW}\nb,José,2024-01-01,1\n".encode("latin-1"),
            "orders.csv: line 3 is not UTF-8; if Excel wrote it in Portuguese or Spanish, say"
            ' encoding = "cp1252" in [imports.orders], or --encoding cp1252; or save it as CSV'
            " UTF-8",
        ),
        (
            f"{ORDERS}\na,c,yesterday,1\nb,c\n",
            "orders.csv: none of its 2 rows can be used; the first, line 2: ordered_at: "
            "not a date or moment like 1990-12-31",
        ),
    ],
)
def test_refused_files(tmp_path: Path, content: str | bytes, problem: str) -> None:
    with pytest.raises(BadSettings) as refused:
        orders_of(tmp_path, content)
    assert str(refused.value) == problem


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "orders.csv")
    with pytest.raises(BadSettings, match=r"orders\.csv: is no file but a pipe or a device"):
        next(read_batches(FileSpec(tmp_path / "orders.csv", "orders")))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("orders.parquet", b"PAR1 no", "orders.parquet: not a whole Parquet file"),
        (
            "orders.ods",
            b"PK",
            "orders.ods: unknown kind of file; give .csv, .xlsx, .ndjson or .parquet",
        ),
        (
            "orders.xlsx",
            b"PK",
            "orders.xlsx: not a whole .xlsx workbook, or one with a password; open it and save it"
            " again",
        ),
        (
            "orders.ndjson",
            b'{"order_id":1}\n',
            "orders.ndjson: columns missing: customer_id, ordered_at, amount; wanted: order_id,"
            " customer_id, ordered_at, amount; the file has: order_id; say which is which with"
            ' columns = { customer_id = "NAME THERE", ordered_at = "NAME THERE", amount ='
            ' "NAME THERE" } in [imports.orders], or --columns customer_id=NAME',
        ),
    ],
)
def test_refused_files_of_other_kinds(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        orders_of(tmp_path, content, name=name)
    assert str(refused.value) == problem


def test_a_file_that_is_not_there_and_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"^gone\.csv: cannot be read"):
        read(tmp_path / "gone.csv")
    with pytest.raises(BadSettings, match="nothing to import"):
        read()


def test_ndjson(tmp_path: Path) -> None:
    content = (
        '{"order_id": 1, "Customer_Id": 17850.0, "ordered_at": "2024-01-01", "amount": 10.10}\n'
        "\n"
        '{"order_id": "b", "customer_id": null, "ordered_at": "2024-01-01", "amount": "5"}\n'
    )
    frames = orders_of(tmp_path, content.replace("Customer_Id", "customer_id"), name="o.ndjson")
    assert column(frames, "order_id") == ["1", "b"]
    assert column(frames, "customer_id") == ["17850", None]
    assert column(frames, "amount_cents") == [1010, 500]
    assert column(frames, "line") == [1, 3]


def test_broken_lines_of_ndjson_cost_only_themselves(tmp_path: Path) -> None:
    good = '{"order_id": "%s", "customer_id": 7, "ordered_at": "2024-01-01", "amount": 1.005}'
    lines = [good % "a", "{oops", "[1]", "5", "null", good % "b", '{"order_id": {"x": [1, "é"]}}']
    frames = orders_of(tmp_path, "\n".join(lines), name="o.jsonl")
    assert column(frames, "order_id") == ["a", "b"]
    assert column(frames, "amount_cents") == [101, 101]
    broken = "row: not a JSON object"
    assert faults(frames.rejects)[:4] == [(line, broken) for line in (2, 3, 4, 5)]
    assert frames.rejects[4].line == 7


def test_native_columns_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    pl.DataFrame(
        {
            "order_id": [1, 2, 3],
            "customer_id": [17850.0, None, 12.5],
            "ordered_at": [datetime(2024, 1, 1, 10), datetime(2024, 1, 2), None],
            "amount": [Decimal("10.10"), Decimal("-3.00"), Decimal("1.00")],
            "tags": [["x"], [], None],
        }
    ).write_parquet(path)
    frames = read(path)
    assert column(frames, "order_id") == ["1", "2"]
    assert column(frames, "customer_id") == ["17850", None]
    assert column(frames, "ordered_at") == [datetime(2024, 1, 1, 13), datetime(2024, 1, 2, 3)]
    assert column(frames, "amount_cents") == [1010, -300]
    assert column(frames, "line") == [1, 2]
    assert faults(frames.rejects) == [(3, "ordered_at: missing")]
    assert json.loads(frames.rejects[0].payload)["customer_id"] == "12.5"


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (pl.Date, [date(2024, 1, 1)]),
        (pl.Datetime("ns"), [datetime(2024, 1, 1)]),
        (pl.Datetime("ms"), [datetime(2024, 1, 1)]),
        (pl.Datetime("us", "UTC"), [datetime(2024, 1, 1, 3, tzinfo=UTC)]),
        (pl.Datetime("us", "Asia/Tokyo"), [datetime(2024, 1, 1, 3, tzinfo=UTC)]),
        (pl.String, ["2024-01-01"]),
        (pl.Categorical, ["2024-01-01"]),
    ],
)
def test_every_kind_of_moment_in_parquet(
    tmp_path: Path, dtype: pl.DataType, values: list[object]
) -> None:
    path = tmp_path / "orders.parquet"
    moments = pl.Series("ordered_at", values, dtype=dtype)
    pl.DataFrame({"order_id": ["a"], "customer_id": ["c"], "amount": [0.1 + 0.2]}).with_columns(
        moments
    ).write_parquet(path)
    frames = read(path)
    assert column(frames, "ordered_at") == [datetime(2024, 1, 1, 3)]
    assert column(frames, "amount_cents") == [30]


def test_an_order_given_twice(tmp_path: Path) -> None:
    rows = ["a,c1,2024-01-01,1", "a,c1,2024-01-01,1.00", "a,c1,2024-01-01,2", "b,,2024-01-01,1"]
    frames = orders_of(tmp_path, "\n".join([ORDERS, *rows, rows[3]]))
    assert column(frames, "line") == [2, 5]
    assert faults(frames.rejects) == [(4, "order_id: given twice with different values")]
    assert json.loads(frames.rejects[0].payload)["amount"] == "2"
    assert frames.notes == ["orders.csv: rows that repeat an earlier one word for word: 2"]


def test_items_are_numbered_within_their_order_and_repeats_are_kept(tmp_path: Path) -> None:
    rows = ["a,x,1,1", "b,x,1,1", "a,x,1,1", "a,,1,1", "a,y,0,0"]
    frames = items_of(tmp_path, "\n".join([ITEMS, *rows]))
    assert frames.items is not None
    assert frames.items.select("order_id", "line_no", "sku").rows() == [
        ("a", 1, "x"),
        ("b", 1, "x"),
        ("a", 2, "x"),
        ("a", 3, "y"),
    ]
    assert faults(frames.rejects) == [(5, "sku: missing")]


def test_the_shape_of_the_frames(tmp_path: Path) -> None:
    orders = written(tmp_path, "orders.csv", f"{ORDERS}\n{ROW}\n")
    items = written(tmp_path, "items.csv", f"{ITEMS}\na,x,1,1\n")
    customers = written(tmp_path, "customers.csv", "customer_id\nc1\n")
    frames = read(orders, items, customers)
    text, count = pl.String, pl.Int64
    assert frames.orders is not None and frames.items is not None and frames.customers is not None
    assert dict(frames.orders.schema) == {
        **dict.fromkeys(("order_id", "customer_id", "email"), text),
        "ordered_at": pl.Datetime("us"),
        "amount_cents": count,
        **dict.fromkeys(("currency", "status", "promo_code", "refund_of", "source"), text),
        "line": count,
    }
    assert dict(frames.items.schema) == {
        "order_id": text,
        "line_no": count,
        "sku": text,
        "quantity": count,
        "amount_cents": count,
        **dict.fromkeys(("product", "brand", "category"), text),
    }
    assert dict(frames.customers.schema) == {
        **dict.fromkeys(("customer_id", "email", "first_name", "last_name", "phone"), text),
        "birth_date": pl.Date,
        **dict.fromkeys(("document", "gender"), text),
        **{f"{one}_opt_in": pl.Boolean for one in ("newsletter", "sms", "whatsapp", "ads")},
        **dict.fromkeys(("locale", "extra_fields"), text),
    }
