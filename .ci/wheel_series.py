"""Write a small file of shares and one of volumes, for the commands that forecast a user's own series."""

import sys
from pathlib import Path


def main() -> None:
    """Write both files to the paths given."""
    days = [
        f"{year}-{month:02}-{day}" for year in range(2022, 2026) for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))
    ]
    shares = ["series,group,period_end,category,value"]
    for at, day in enumerate(days):
        shares += [f"web,all,{day},new,{0.05 + 0.02 * at:.2f}", f"web,all,{day},old,{0.95 - 0.02 * at:.2f}"]
    volumes = ["series,group,period_end,value", *(f"web,all,{day},{1000 + 50 * at}" for at, day in enumerate(days))]
    for path, rows in zip(sys.argv[1:], (shares, volumes), strict=True):
        Path(path).write_text("\n".join(rows) + "\n", encoding="utf-8")


main()
