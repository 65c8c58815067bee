"""Write the two example fleets of the notebooks from public traces: a Slurm site, and a cloud bill.

``python benchmarks/example_fleets.py`` reads ``../shared/data/traces``, writes below ``notebooks/data``, and gives the
same bytes each time. The README beside the files says what is real in them.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
TRACES = ROOT.parent / "shared" / "data" / "traces"
TARGET = ROOT / "notebooks" / "data"
CLUSTERS = {"103959": "vision", "0e4a51": "speech", "2869ce": "ranking", "7f04ca": "language", "e13805": "robotics"}
SINCE, UNTIL = pd.Timestamp("2017-09-25"), pd.Timestamp("2017-12-18")
USD_PER_HOUR = 24.48  # of a p3.16xlarge on demand in us-east-1 in 2020, the list price
GPUS = 8  # of one


def jobs(traces: Path) -> pd.DataFrame:
    """Return the jobs of five virtual clusters in the columns of ``sacct``, in the order in which they were submitted.

    Jobs that began before ``SINCE`` are left out; those that end after ``UNTIL`` are running.
    """
    rows = pd.read_csv(traces / "philly_microsoft_2017" / "philly_jobs_sia.csv.gz", parse_dates=["timestamp"])
    rows = rows[rows["cluster"].isin(CLUSTERS) & rows["timestamp"].between(SINCE, UNTIL)].sort_values(
        ["timestamp", "cluster", "duration"], kind="stable"
    )
    start = rows["timestamp"]
    end = start + pd.to_timedelta(rows["duration"], unit="s")
    over = end < UNTIL
    return pd.DataFrame({
        "JobID": range(1, len(rows) + 1),
        "Cluster": "site",
        "Partition": rows["cluster"].map(CLUSTERS).to_numpy(),
        "Submit": start.dt.strftime("%Y-%m-%dT%H:%M:%S").to_numpy(),
        "Start": start.dt.strftime("%Y-%m-%dT%H:%M:%S").to_numpy(),
        "End": end.dt.strftime("%Y-%m-%dT%H:%M:%S").where(over, "Unknown").to_numpy(),
        "State": over.map({True: "COMPLETED", False: "RUNNING"}).to_numpy(),
        "AllocTRES": ("gres/gpu:v100=" + rows["num_gpus"].astype(str)).to_numpy(),
    })  # fmt: skip


def bill(traces: Path) -> pd.DataFrame:
    """Return the GPUs that virtual clusters held by day as charges of FOCUS 1.0 for machines of eight."""
    held = pd.read_csv(traces / "helios_earth_sensetime" / "Earth_gpu_number.csv.gz", parse_dates=["date"])
    long = held.drop(columns="total").melt("date", var_name="team", value_name="gpus").query("gpus > 0")
    long = long.sort_values(["date", "team"], kind="stable")
    hours = 24 * long["gpus"] / GPUS
    day = long["date"]
    month = day.dt.to_period("M")
    return pd.DataFrame({
        "BillingAccountId": "example",
        "SubAccountId": long["team"].to_numpy(),
        "SubAccountName": long["team"].to_numpy(),
        "BillingPeriodStart": month.dt.start_time.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy(),
        "ChargePeriodStart": day.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy(),
        "ChargePeriodEnd": (day + pd.Timedelta(days=1)).dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy(),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"${USD_PER_HOUR} per On Demand Linux p3.16xlarge Instance Hour",
        "ServiceName": "Amazon Elastic Compute Cloud",
        "ServiceCategory": "Compute",
        "ProviderName": "AWS",
        "RegionId": "us-east-1",
        "ResourceId": ("i-" + long["team"]).to_numpy(),
        "ConsumedQuantity": hours.to_numpy(),
        "ConsumedUnit": "Hours",
        "BilledCost": (hours * USD_PER_HOUR).round(2).to_numpy(),
        "EffectiveCost": (hours * USD_PER_HOUR).round(2).to_numpy(),
        "BillingCurrency": "USD",
    })  # fmt: skip


def write(table: pd.DataFrame, months: pd.Series, name: str, separator: str) -> None:
    """Write one compressed file a month, without a time in its header."""
    for month, rows in table.groupby(months.to_numpy()):
        text = rows.to_csv(sep=separator, index=False, lineterminator="\n")
        Path(TARGET / name.format(month)).write_bytes(gzip.compress(text.encode(), mtime=0))


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=TRACES, help="folder of the public traces")
    traces = parser.parse_args().traces
    site = jobs(traces)
    ended = pd.to_datetime(site["End"].where(site["End"] != "Unknown"), errors="coerce").fillna(UNTIL)
    write(site, ended.dt.strftime("%Y-%m"), "slurm_site/acct-{}.txt.gz", "|")
    charges = bill(traces)
    write(charges, charges["BillingPeriodStart"].str[:7], "cloud_bill/focus-{}.csv.gz", ",")
    print(f"{len(site)} jobs, {len(charges)} charges")


if __name__ == "__main__":
    main()
