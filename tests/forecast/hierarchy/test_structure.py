"""A hierarchy is what its edges say, and anything else is refused by name."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from shiftcast.forecast.hierarchy.edges import hierarchy_from_edges, hierarchy_from_table
from shiftcast.forecast.hierarchy.structure import aggregate, collect, from_parents, from_summing, leaf_counts


def edges(*pairs):
    return pd.DataFrame(pairs, columns=["parent", "child"])


def random_tree(random, fans=(4, 4, 5)):
    names, parents, layer = ["top"], [-1], [0]
    for fan in fans:
        fresh = []
        for parent in layer:
            for _ in range(random.integers(1, fan + 1)):
                names.append(f"n{len(names)}")
                parents.append(parent)
                fresh.append(len(names) - 1)
        layer = fresh
    shuffled = random.permutation(len(names))
    place = np.argsort(shuffled)
    return names, parents, from_parents([names[i] for i in shuffled],
                                        [place[parents[i]] if parents[i] >= 0 else -1 for i in shuffled])  # fmt: skip


def test_sums_follow_the_parents_whatever_the_order_of_rows():
    names, parents, tree = random_tree(np.random.default_rng(3))
    place = {name: i for i, name in enumerate(tree.names)}
    counted = leaf_counts(tree)
    for node, name in enumerate(names):
        children = [place[names[i]] for i, parent in enumerate(parents) if parent == node]
        expected = counted[children].sum() if children else 1.0
        assert counted[place[name]] == expected


def test_collecting_is_the_transpose_of_summing():
    _, _, tree = random_tree(np.random.default_rng(4))
    summing = aggregate(tree, np.eye(len(tree.leaves)))
    weights = np.random.default_rng(5).normal(size=(len(tree.names), 3))
    np.testing.assert_allclose(collect(tree, weights), summing.T @ weights, atol=1e-12)


def test_a_tree_given_as_a_summing_matrix_has_nothing_crossing():
    _, _, tree = random_tree(np.random.default_rng(6))
    again = from_summing(tree.names, sparse.csr_matrix(aggregate(tree, np.eye(len(tree.leaves)))))
    assert again.crossed.shape[0] == 0
    assert sorted(again.names) == sorted(tree.names)
    places = [again.position(name) for name in tree.names]
    np.testing.assert_array_equal(leaf_counts(again)[places], leaf_counts(tree))


def test_a_grid_keeps_its_finer_side_as_the_tree():
    cells = [(i, j) for i in range(3) for j in range(7)]
    pairs = [(f"r{i}", f"c{i}{j}") for i, j in cells] + [(f"s{j}", f"c{i}{j}") for i, j in cells]
    pairs += [("all", f"r{i}") for i in range(3)] + [("all", f"s{j}") for j in range(7)]
    grid = hierarchy_from_edges(edges(*pairs), grouped=True)
    counted = dict(zip(grid.names, leaf_counts(grid), strict=True))
    assert counted["all"] == 21
    assert counted["r0"] == 7
    assert counted["s0"] == 3
    assert grid.crossed.shape[0] == 3


def test_a_forest_is_allowed_where_groups_have_no_total():
    forest = hierarchy_from_edges(edges(("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2")), grouped=True)
    assert sorted(leaf_counts(forest).tolist()) == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (edges(("a", "b"), ("b", "c"), ("c", "a")), "cycle"),
        (edges(("a", "a"), ("a", "b")), "cycle"),
        (edges(("a", "b"), ("x", "y")), "'x' is an orphan"),
        (edges(("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")), "'d' has two parents, 'b' and 'c'"),
        (edges(("a", "b"), ("a", "b")), "listed twice"),
        (edges(("a", "")), "no child"),
        (edges(), "no edges"),
        (pd.DataFrame({"child": ["a"]}), "'parent' is missing"),
    ],
)
def test_what_is_not_a_tree_is_refused_by_name(table, message):
    with pytest.raises(ValueError, match=message):
        hierarchy_from_edges(table)


def test_a_cycle_is_refused_in_a_grouped_hierarchy_too():
    with pytest.raises(ValueError, match="cycle"):
        hierarchy_from_edges(edges(("a", "b"), ("b", "a"), ("a", "c")), grouped=True)


def test_a_summing_matrix_without_a_bottom_row_is_refused():
    with pytest.raises(ValueError, match="no row of their own"):
        from_summing(["all"], sparse.csr_matrix(np.ones((1, 2))))
    with pytest.raises(ValueError, match="sums no bottom node"):
        from_summing(["all", "a"], sparse.csr_matrix(np.array([[0.0], [1.0]])))


def test_an_unknown_node_is_named():
    with pytest.raises(ValueError, match="'zzz' is not in the hierarchy"):
        from_parents(["a"], [-1]).position("zzz")


def test_the_usual_forms_of_a_hierarchy_are_the_same():
    tree = edges(("all", "a"), ("all", "b"), ("a", "a1"), ("a", "a2"))
    by_parent = pd.DataFrame({"unique_id": ["all", "a", "b", "a1", "a2"], "parent": [None, "all", "all", "a", "a"]})
    matrix = pd.DataFrame(
        {"unique_id": ["all", "a", "a1", "a2", "b"], "a1": [1, 1, 1, 0, 0], "a2": [1, 1, 0, 1, 0], "b": [1, 0, 0, 0, 1]}
    )
    counts = [dict(zip(each.names, leaf_counts(each), strict=True))
              for each in map(hierarchy_from_table, (tree, by_parent, matrix))]  # fmt: skip
    assert counts[0] == counts[1] == counts[2] == {"all": 3, "a": 2, "b": 1, "a1": 1, "a2": 1}


def test_a_bad_summing_matrix_is_refused_by_name():
    with pytest.raises(ValueError, match="'a' has two rows"):
        hierarchy_from_table(pd.DataFrame({"unique_id": ["a", "a"], "x": [1, 1]}))
    with pytest.raises(ValueError, match="column 'x' of the summing matrix"):
        hierarchy_from_table(pd.DataFrame({"unique_id": ["x"], "x": [2]}))
