"""Pods and nodes as kubectl prints them: devices whole, sliced and shared; waiting, running and over."""

import json

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources.clusters.resources import accelerators, quantity
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

DONE = {"phase": "Succeeded", "startTime": "2025-03-01T00:00:10Z",
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2025-03-01T00:00:00Z"}],
        "containerStatuses": [
            {"restartCount": 2, "state": {"terminated": {"finishedAt": "2025-03-01T08:00:00Z"}}},
            {"restartCount": 0, "state": {"terminated": {"finishedAt": "2025-03-01T10:00:00Z"}}}]}  # fmt: skip


def container(**limits):
    return {"image": "train:1", "resources": {"limits": limits, "requests": {"cpu": "500m", "memory": "4Gi"}}}


def pod(name="a", *, uid="", status=DONE, containers=(), namespace="ml", **spec):
    return {"kind": "Pod", "metadata": {"namespace": namespace, "name": name, "uid": uid or name,
                                        "creationTimestamp": "2025-02-28T23:00:00Z", "labels": {"app": "llm"}},
            "spec": {"containers": list(containers) or [container(**{"nvidia.com/gpu": "2"})], **spec},
            "status": status}  # fmt: skip


def node(name="n1", *, capacity, **labels):
    return {"kind": "Node", "metadata": {"name": name, "uid": name, "labels": labels}, "status": {"capacity": capacity}}


def written(*items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}, indent=2)


def test_a_pod_holds_its_devices_from_its_node_to_its_last_container_s_end(read):
    got = read("kubectl", written(pod()))
    assert (got.rows, got.stored, got.total("gpu_hours")) == (1, 1, 20)
    assert (got.total("core_hours"), got.total("memory_hours"), got.total("instances")) == (5, 40, 1)


def test_pods_of_one_name_in_two_namespaces_or_made_again_are_two(read):
    got = read("kubectl", written(pod(), pod(namespace="ops", uid="b"), pod(uid="c"), pod()))
    assert got.total("gpu_hours") == 60


def test_waiting_running_failed_and_evicted(read, normalised):
    waiting = {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]}
    running = {"phase": "Running", "startTime": "2025-03-01T00:00:00Z",
               "containerStatuses": [{"state": {}, "lastState": {"terminated": {"finishedAt": "x"}}}]}  # fmt: skip
    evicted = {"phase": "Failed", "reason": "Evicted", "startTime": "2025-03-01T00:00:00Z", "conditions": [
        {"type": "Ready", "status": "False", "lastTransitionTime": "2025-03-01T03:00:00Z"}]}  # fmt: skip
    text = written(*(pod(f"p{place}", status=each) for place, each in enumerate([waiting, running, evicted])))
    got = read("kubectl", text, until=pd.Timestamp("2025-03-01T05:00:00Z"))
    assert (got.total("gpu_hours", "served"), got.total("gpu_hours", "failed")) == (10, 6)
    assert got.total("instances", "queued") == 1
    assert normalised("kubectl", text).progress.tolist() == [0, 1, 2]
    assert normalised("kubectl", text).identity.tolist() == ["Pod|ml|p0|p0|", "Pod|ml|p1|p1|", "Pod|ml|p2|p2|"]
    lost = read("kubectl", written(pod(status={"phase": "Failed", "startTime": "2025-03-01T00:00:00Z"})))
    assert lost.quarantined["column"].tolist() == ["ended"]


@pytest.mark.parametrize(("limits", "right"), [
    ({"nvidia.com/mig-1g.5gb": "1"}, 1 / 7), ({"nvidia.com/mig-3g.20gb": "2"}, 6 / 7), ({"amd.com/gpu": "4"}, 4),
    ({"nvidia.com/gpu": "2", "nvidia.com/gpucores": "50", "nvidia.com/gpumem": "3000"}, 1), ({"google.com/tpu": 8}, 8),
    ({"tencent.com/vcuda-core": "50"}, 0.5), ({"cpu": "4"}, 0), ({"amd.com/cpx_nps4": "2"}, 0.25),
])  # fmt: skip
def test_slices_and_shares_are_their_part_of_a_device(read, limits, right):
    got = read("kubectl", written(pod(containers=[container(**limits)])))
    assert got.total("gpu_hours") == pytest.approx(10 * right)
    assert not [each for each in got.found["unresolved"] if "not counted" in each]


def test_containers_add_up_sidecars_too_and_one_that_runs_first_counts_where_it_is_larger(read):
    two = [container(**{"nvidia.com/gpu": "1"}), container(**{"nvidia.com/gpu": "1"})]
    first = [container(**{"nvidia.com/gpu": "4"}), {**container(**{"nvidia.com/gpu": "1"}), "restartPolicy": "Always"}]
    assert read("kubectl", written(pod(containers=two))).total("gpu_hours") == 20
    assert read("kubectl", written(pod(containers=two, initContainers=first))).total("gpu_hours") == 40
    assert read("kubectl", written(pod(containers=two, initContainers=first[1:]))).total("gpu_hours") == 30


def test_devices_whose_share_nothing_tells_are_listed(read):
    asked = container(**{"nvidia.com/gpu.shared": "1", "example.com/gpu": "1", "rdma/hca": "1"})
    got = read("kubectl", written(pod(containers=[asked], resourceClaims=[{"name": "gpu"}])))
    assert got.total("gpu_hours") == 0
    assert list(got.found["unresolved"]) == [
        f"{name} (asked for and not counted)" for name in ("example.com/gpu", "nvidia.com/gpu.shared", "resourceClaims")
    ]


def test_a_fraction_that_a_scheduler_notes(read):
    item = pod(containers=[container()])
    item["metadata"]["annotations"] = {"gpu-fraction": "0.5"}
    assert read("kubectl", written(item)).total("gpu_hours") == 5


def test_nodes_in_the_same_list_tell_the_model_and_how_a_device_is_cut(read):
    shared = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-SHARED", "nvidia.com/gpu.replicas": "4",
              "nvidia.com/gpu.count": "8"}  # fmt: skip
    sliced = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "nvidia.com/gpu.count": "56"}
    got = read("kubectl", written(
        node("n1", capacity={"cpu": "96", "nvidia.com/gpu": "32"}, **shared),
        node("n2", capacity={"nvidia.com/gpu": "56"}, **sliced),
        node("n3", capacity={"nvidia.com/gpu": "0", "nvidia.com/mig-3g.20gb": "2", "nvidia.com/mig-1g.5gb": "1"}),
        pod("a", nodeName="n1"), pod("b", nodeName="n2"),
        pod("c", nodeSelector={"nvidia.com/gpu.product": "NVIDIA-L4"}),
    ))  # fmt: skip
    assert got.total("accelerators") == pytest.approx(8 + 8 + 1)
    assert got.total("gpu_hours") == pytest.approx(20 / 4 + 20 / 7 + 20)
    assert set(got.spans["accelerator"]) == {"a100", "l4"}


def test_a_list_of_pods_alone_says_what_its_items_are_once(read):
    item = {key: value for key, value in pod().items() if key != "kind"}
    assert read("kubectl", json.dumps({"kind": "PodList", "items": [item]})).total("gpu_hours") == 20
    assert read("kubectl", json.dumps(pod()) + "\n" + json.dumps(pod("b"))).total("gpu_hours") == 40


def test_other_objects_and_bad_quantities_are_set_aside_and_other_formats_refused(read):
    got = read("kubectl", written({"kind": "Job"}, pod(containers=[container(**{"nvidia.com/gpu": "many"})]), pod("b")))
    assert (got.rows, got.stored) == (3, 1)
    assert sorted(got.quarantined["column"]) == ["fault", "kind"]
    with pytest.raises(UnreadableFileError, match="-o json"):
        read("kubectl", "NAMESPACE NAME READY\n")
    assert read("kubectl", written(pod()), setting=Setting(Clock())).total("gpu_hours") == 20
    with pytest.raises(UnreadableFileError, match="--anchor"):
        read("kubectl", written(node(capacity={})), setting=Setting(Clock()))


def test_quantities():
    assert [quantity(each) for each in ("2", "100m", "1Ki", "1.5G", "1e3")] == [2, 0.1, 1024, 1.5e9, 1000]
    with pytest.raises(ValueError, match="no quantity"):
        quantity("lots")
    assert accelerators({"nvidia.com/gpu": 1.0}, 0.25) == (0.25, [])
