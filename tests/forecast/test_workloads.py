from __future__ import annotations

import pandas as pd
import pytest

from shiftcast.forecast.workloads import Registry, Task, read_registry


def table(*rows: tuple[str, str, int, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["workload", "technique", "order", "runs_on"])
    return frame.assign(unit="sample", record_model=None, record_unit=float("nan"), bound="compute", flop_per_unit=1e9,
                        efficiency=0.1, precisions=None, bytes_per_unit=float("nan"), memory_efficiency=float("nan"),
                        min_domain=float("nan"))  # fmt: skip


def test_techniques_come_oldest_first_and_workloads_as_in_the_file():
    registry = read_registry(
        table(("search", "llm", 2, "accelerator"), ("ads", "deep", 1, "accelerator"), ("search", "lexical", 1, "cpu"))
    )
    assert registry.workloads == ("search", "ads")
    assert registry.techniques("search") == ("lexical", "llm")
    assert [task.name for task in registry.tasks] == ["search/lexical", "search/llm", "ads/deep"]
    assert [task.on_accelerator for task in registry.tasks] == [False, True, True]


def test_what_a_task_does_not_state_is_empty_text():
    assert read_registry(table(("ads", "deep", 1, "cpu"))).of("ads") == (
        Task("ads", "deep", "sample", False, "", "", "compute", 1e9, 0.1),
    )


def test_number_formats_memory_and_domain_are_read_as_stated():
    rows = table(("ads", "deep", 1, "accelerator")).assign(
        precisions="fp8;bf16", bytes_per_unit=3e7, memory_efficiency=0.3, min_domain=8.0
    )
    task = read_registry(rows).tasks[0]
    assert (task.precisions, task.bytes_per_unit) == (("fp8", "bf16"), 3e7)
    assert (task.memory_efficiency, task.min_domain) == (0.3, 8.0)


def test_an_unknown_workload_is_named_with_those_registered():
    with pytest.raises(ValueError, match=r"workload 'chess' is not registered; known are \['ads'\]"):
        read_registry(table(("ads", "deep", 1, "cpu"))).techniques("chess")


def test_an_empty_registry_has_no_workloads():
    assert Registry(()).workloads == ()


def test_the_registry_of_the_record_orders_every_workload_up_to_llm(record):
    assert record.registry.techniques("recsys") == ("table", "collaborative", "content", "deep", "sequence", "llm")
    assert record.registry.techniques("search") == ("lexical", "deep", "llm")
    assert {record.registry.techniques(workload)[-1] for workload in record.registry.workloads} == {"llm"}
