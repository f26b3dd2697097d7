"""The rules of order: their worked examples, and what holds for any graph."""

import doctest

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ramal.plugins import discovery
from ramal.plugins import order as module
from ramal.plugins.order import order

NAMES = list("abcdef")
some_names = st.lists(st.sampled_from(NAMES), max_size=4)
relations = st.dictionaries(st.sampled_from(NAMES), st.tuples(some_names, some_names))
# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_the_worked_examples_of_the_docstring_hold():
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(discovery, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@patient
@given(relations)
def test_every_plugin_comes_once_and_after_what_it_requires(graph):
    done, stuck = order(graph)
    assert sorted([*done, *stuck]) == sorted(graph)
    for name in done:
        for required in set(graph[name][0]) & set(graph):
            assert done.index(required) < done.index(name)


@patient
@given(relations, st.randoms())
def test_the_result_does_not_depend_on_the_order_of_discovery(graph, random):
    names = list(graph)
    random.shuffle(names)
    assert order({name: graph[name] for name in names}) == order(graph)
