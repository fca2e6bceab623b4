"""What one call asks of JAX is counted exactly, and JAX is as it was afterwards."""

import functools
import json
import logging
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from asv_bench_stallhorn.backends import jax_calls, jax_compiled, jax_computations, jax_reads
from asv_bench_stallhorn.backends.jax_calls import Calls
from jax._src import array, callback, debugging, pjit
from jax._src.interpreters import partial_eval, pxla

COUNTS = ["dispatches", "arrays_in", "bytes_in", "arrays_out", "bytes_out", "callbacks", "compiles"]


@pytest.fixture(scope="module")
def calls():
    calls, original = Calls(), pjit.debug_info
    calls.listen()
    yield calls
    pjit.debug_info = original


@pytest.fixture
def count(calls):
    """Facts of a call that was made once before; only the counts that are named, if any are."""

    def count(call, *names, warm=True):
        if warm:
            jax.block_until_ready(call())
        with calls.counting() as counting:
            jax.block_until_ready(call())
        facts = counting.facts()
        return tuple(facts[name] for name in names) if names else facts

    return count


def chain(x):
    for _ in range(5):
        x = jnp.sin(x) * 2 + 1
    return x


x, big = jnp.arange(10.0, dtype=jnp.float32), np.ones(1000, np.float32)


@pytest.fixture(autouse=True)
def single_precision():
    with jax.enable_x64(False) if hasattr(jax, "enable_x64") else jax.experimental.disable_x64():
        yield


jitted_chain = jax.jit(chain)


def test_operations_outside_jit_are_started_one_by_one_and_a_jitted_function_at_once(count):
    assert count(lambda: chain(x), "dispatches") == (15,)
    assert count(lambda: jitted_chain(x), "dispatches") == (1,)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(lambda: [jitted_chain(x) for _ in range(7)], 7, id="a loop"),
        pytest.param(functools.partial(jax.jit(chain).lower(x).compile(), x), 1, id="compiled ahead of time"),
        pytest.param(functools.partial(jax.jit(lambda x, n: x * n, static_argnums=1), x, 3), 1, id="static argument"),
        pytest.param(lambda: np.sin(3.0), 0, id="no JAX"),
    ],
)
def test_every_way_to_start_a_computation_counts(count, call, expected):
    assert count(call, "dispatches") == (expected,)


def test_the_same_call_gives_the_same_numbers_again(count):
    assert [count(lambda: chain(x), *COUNTS) for _ in range(3)] == [(15, 0, 0, 0, 0, 0, 0)] * 3


# arrays in and out


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: jitted_chain(big), id="argument"),
        pytest.param(lambda: jax.device_put(big), id="device_put"),
        pytest.param(lambda: jnp.asarray(big), id="asarray"),
    ],
)
def test_numpy_arrays_that_go_to_jax_count_with_their_bytes(count, call):
    assert count(call, "arrays_in", "bytes_in", "arrays_out") == (1, 4000, 0)


def test_numbers_jax_arrays_captured_and_unused_arrays_are_no_arrays_in(count):
    constant = np.ones(1000)
    first = jax.jit(lambda used, unused: used + 1)
    captures = jax.jit(lambda x: x + constant.sum())
    for call in (lambda: jitted_chain(x), lambda: x * 2.5, lambda: captures(x), lambda: first(x, constant)):
        assert count(call, "arrays_in", "bytes_in") == (0, 0)


@pytest.mark.parametrize(
    ("call", "reads"),
    [
        pytest.param(lambda: np.asarray(x), 1, id="asarray"),
        pytest.param(lambda: np.sin(x), 1, id="ufunc"),
        pytest.param(lambda: x.tolist(), 1, id="tolist"),
        pytest.param(lambda: jax.device_get(x), 1, id="device_get"),
        pytest.param(lambda: memoryview(x).nbytes, 1, id="memoryview"),
        pytest.param(lambda: jitted_chain(x), 0, id="stays"),
        pytest.param(lambda: jnp.stack([x, x])[1], 0, id="stays, eager"),
    ],
)
def test_reads_of_an_array_count_with_their_bytes(count, call, reads):
    assert count(call, "arrays_out", "bytes_out") == (reads, reads * x.nbytes)


def test_a_decision_in_python_reads_once_for_each_step(count):
    def steps():
        value = jnp.float32(0)
        for _ in range(4):
            value = value + 1
            if float(value) > 9 or bool(value < 0) or value.item() > 9:
                break

    assert count(steps, "arrays_out", "bytes_out") == (12, 4 * (4 + 1 + 4))


def test_an_array_that_numpy_cannot_view_counts_once(count):
    values = jnp.ones(3, jnp.bfloat16)
    assert count(lambda: np.asarray(values), "arrays_out", "bytes_out") == (1, 6)


@pytest.mark.parametrize("beside", [0, 1], ids=["alone", "another listens too"])
def test_what_compiling_reads_is_no_array_out(count, beside):
    captured = jnp.ones(50)
    [Calls().listen() for _ in range(beside)]
    assert count(lambda: jax.jit(lambda x: x + captured.sum())(x), "compiles", "arrays_out") == (1, 0)


# callbacks


def doubled(value):
    return np.asarray(value) * 2


def test_callbacks_of_each_kind_count_and_their_arrays_do_not(count):
    pure = jax.jit(lambda x: jax.pure_callback(doubled, x, x))
    loop = jax.jit(lambda x: jax.lax.fori_loop(0, 7, lambda _, x: jax.pure_callback(doubled, x, x), x))

    @jax.jit
    def watched(x):
        jax.debug.callback(lambda _: None, x)
        jax.debug.callback(lambda _: None, x, ordered=True)
        return x + 1

    for call, expected in ((pure, 1), (loop, 7), (watched, 2), (jitted_chain, 0)):
        assert count(lambda call=call: call(x), "callbacks", "arrays_in", "arrays_out") == (expected, 0, 0)


def test_callbacks_count_even_if_nobody_waits_for_the_result(calls):
    late = jax.jit(lambda a: jax.pure_callback(doubled, x, (a @ a)[0, :10]))
    work = jnp.ones((1500, 1500))
    jax.block_until_ready(late(work))
    with calls.counting() as counting:
        late(work)
    assert counting.facts()["callbacks"] == 1


# computations


def test_the_plan_of_a_broadcast_has_its_temporary_memory(count):
    a = jnp.ones((200, 64))
    guilty = jax.jit(lambda a: (jnp.sin(a[:, None, :] - a[None, :, :]) ** 2).sum(-1))
    innocent = jax.jit(lambda a: a @ a.T)
    assert count(lambda: guilty(a), "jax_temporary_bytes")[0] >= 200 * 200 * 64 * 4
    assert count(lambda: innocent(a), "jax_temporary_bytes")[0] < 200 * 200 * 64


def test_each_computation_is_described_once_with_its_runs(count):
    sine, product, total = count(lambda: chain(x))["computations"]
    assert [(one["name"], one["runs"]) for one in (sine, product, total)] == [("sin", 5), ("multiply", 5), ("add", 5)]
    assert sine["operations"] == 1 and sine["dtypes"] == ["float32"]
    assert (sine["argument_bytes"], sine["output_bytes"], sine["temporary_bytes"]) == (40, 40, 0)
    assert len({one["hlo"] for one in (sine, product, total)}) == 3


def test_the_hash_is_of_the_code_not_of_names_or_lines(count):
    def first(x):
        return jnp.exp(x).sum()

    def second(values):
        return jnp.exp(values).sum()

    def other(x):
        return jnp.exp(x).max()

    def hash_of(function):
        function = jax.jit(function)
        return count(lambda: function(x))["computations"][0]["hlo"]

    assert hash_of(first) == hash_of(second) == hash_of(lambda y: jnp.exp(y).sum())
    assert hash_of(first) != hash_of(other)


@pytest.mark.integration
def test_two_processes_agree_on_the_hash_and_what_is_not_imported_is_not_known():
    code = """if True:
        import json
        from asv_bench_stallhorn.backends.jax_calls import Calls
        calls = Calls()
        with calls.counting() as counting: pass
        assert set(counting.facts().values()) == {None}
        import jax, numpy as np; calls.listen()
        @jax.jit
        def f(x): return jax.pure_callback(lambda x: np.asarray(x) * 2, x, jax.numpy.sin(x) @ x.T)
        f(np.ones((9, 9), np.float32))
        with calls.counting() as counting: f(np.ones((9, 9), np.float32))
        print(json.dumps(counting.facts()))
    """
    processes = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True) for _ in range(2)]
    assert [one.returncode for one in processes] == [0, 0], processes[0].stderr
    first, second = (json.loads(one.stdout) for one in processes)
    for one in (first, second):
        assert one.pop("bytes_copied_in") in (0, 324)  # by the address that the array happens to have
    assert first == second
    assert first["callbacks"] == first["dispatches"] == 1
    assert len(first["computations"][0]["hlo"]) == 16


MODULE = """HloModule jit_f, is_scheduled=true, entry_computation_layout={(f32[4]{0})->f32[4]{0}}

FileNames
1 "/home/somebody/%s.py"

%%fused_computation.%s (param_0.1: f32[4]) -> f32[4] {
  %%param_0.1 = f32[4]{0} parameter(0)
  ROOT %%mul.%s = f32[4]{0} multiply(%%param_0.1, %%param_0.1), metadata={op_name="jit(f)/{x}" source_line=%s}
}

ENTRY %%main.3 (x.1: f32[4]) -> f32[4] {
  %%x.1 = f32[4]{0} parameter(0), metadata={op_name="x"}
  ROOT %%fusion.%s = f32[4]{0} fusion(%%x.1), kind=kLoop, calls=%%fused_computation.%s
}
"""


def test_the_normal_form_keeps_what_uses_what():
    text = jax_computations.normal(MODULE % ("a", 1, 2, 17, 3, 1))
    assert text == jax_computations.normal(MODULE % ("b", 7, 9, 21, 8, 7))
    assert text != jax_computations.normal((MODULE % ("a", 1, 2, 17, 3, 1)).replace("1, %param_0.1)", "1, %param_0.2)"))
    assert "metadata" not in text and "somebody" not in text
    assert jax_computations.operations(text) == 1
    assert jax_computations.dtypes(text) == ["float32"]


def test_dtypes_are_named_as_numpy_names_them():
    text = "pred[2] bf16[1] f64[] s32[3] u8[1] c128[] f8e4m3fn[2] token[]"
    expected = ["bfloat16", "bool", "complex128", "float64", "float8_e4m3fn", "int32", "uint8"]
    assert jax_computations.dtypes(text) == expected


# compilations and their reasons


def test_nothing_is_compiled_or_traced_by_a_warm_call(count):
    assert count(lambda: (jitted_chain(x), chain(x)), "compiles", "compile_seconds", "compiled") == (0, 0.0, [])


def test_a_function_made_in_each_call_is_new_each_time(count):
    (compiled,) = count(lambda: jax.jit(lambda x: x + 3)(x))["compiled"]
    assert (compiled["name"], compiled["reason"]) == ("<lambda>", "new function")
    assert compiled["detail"].startswith("defined at test_jax_calls.py:")


def test_the_same_function_jitted_in_each_call_is_compiled_once(count):
    assert count(lambda: jax.jit(chain)(x), "compiles") == (0,)


def test_another_shape_is_a_new_signature(count):
    sizes = iter((3, 4))

    @jax.jit
    def grown(x):
        return x + 1

    facts = count(lambda: grown(np.ones(next(sizes), np.float32)))
    (compiled,) = facts["compiled"]
    assert (facts["compiles"], compiled["name"], compiled["reason"]) == (1, "grown", "new signature")
    assert facts["compile_seconds"] > 0
    assert "now f32[4] and before f32[3]" in compiled["detail"]


def test_another_static_value_is_a_new_signature(count):
    values = iter((2, 3))
    power = functools.partial(jax.jit, static_argnames="n")(lambda x, n: x**n)
    (compiled,) = count(lambda: power(x, n=next(values)))["compiled"]
    assert compiled["reason"] == "new signature"


def test_an_operation_outside_jit_is_new_until_it_was_compiled_for_another_shape(count):
    sizes = iter((1231, 1232, 1233))

    def call():
        return jax.lax.lgamma(np.ones(next(sizes), np.float32))

    assert [one["reason"] for one in count(call, warm=False)["compiled"]] == ["new function"]
    assert [one["reason"] for one in count(call, warm=False)["compiled"]] == ["new signature"]


def test_at_most_ten_compilations_are_named(count):
    facts = count(lambda: [jax.jit(lambda x: x + 1)(x) for _ in range(12)], warm=False)
    assert facts["compiles"] == 12 and len(facts["compiled"]) == 10


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "TRACING CACHE MISS at /a/b.py:3:1 (<module>) costing 0.9 ms because:\n  never seen function:\n"
            "    f id=1398 defined at /a/b.py:12\n  but seen another function defined on the same line; maybe ...",
            ("f", "new function", "defined at b.py:12, as was another function before it"),
        ),
        (
            "TRACING CACHE MISS at /a/b.py:3 (<module>) costing 0.9 ms because:\n  for f defined at /a/b.py:12\n"
            "  all previously seen cache keys are different. Several previous keys are closest:\n"
            "  * key with different value of static kwargs:\n      now {n: 3} and before {n: 2}\n"
            "  * key with different value of static kwargs:\n      now {n: 3} and before {n: 4}",
            ("f", "new signature", "different value of static kwargs: now {n: 3} and before {n: 2}"),
        ),
        (
            "TRACING CACHE MISS at b.py:3 (<module>):\n  for g defined at b.py:12\n  all previously seen cache keys "
            "differ. For the closest previous key:\n  different input pytree:\n  * at [0], now <C object at 0x7f30> "
            "and before 1",
            ("g", "new signature", "different input pytree: at [0], now <C object> and before 1"),
        ),
        ("TRACING CACHE MISS in words that nobody knows", ("", "new signature", "")),
    ],
)
def test_explanations_of_old_and_new_versions_are_understood(message, expected):
    assert tuple(jax_compiled.understand(message)) == expected


def test_other_messages_of_the_logger_pass(caplog):
    misses = []
    logger = jax_compiled.Explained(logging.getLogger("stallhorn.test"), misses)
    logger.log(logging.WARNING, "something %s", "else")
    logger.log(logging.WARNING, "TRACING CACHE MISS at a:\n  never seen function:\n    f")
    assert [record.getMessage() for record in caplog.records] == ["something else"]
    assert [miss.name for miss in misses] == ["f"]


# everything is put back


def patched_places():
    slot = jax_reads.buffer_slot(array.ArrayImpl)
    owners = [
        (pxla.ExecuteReplicated, "__call__"),
        (pxla, "MeshExecutableFastpathData"),
        (pxla, "batched_device_put"),
        (pxla, "lower_sharding_computation"),
        (array.ArrayImpl, "_value"),
        (callback, "pure_callback_impl"),
        (callback, "io_callback_impl"),
        (debugging.debug_callback_p, "impl"),
        (partial_eval, "logger"),
        (pjit, "logger"),
    ]
    return [vars(owner).get(name) for owner, name in owners] + [slot.value, jax.config.jax_explain_cache_misses]


@pytest.mark.parametrize("fails", [False, True])
def test_after_the_call_every_place_is_as_before(calls, fails):
    before = patched_places()
    counting = calls.counting()
    try:
        with counting:
            assert sum(old is not new for old, new in zip(before, patched_places(), strict=True)) >= 10
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert fails
    assert [old == new for old, new in zip(before, patched_places(), strict=True)] == [True] * len(before)


def test_the_short_way_is_taken_again_after_one_call(count, monkeypatch):
    started, original = [], pxla.ExecuteReplicated.__call__
    count(lambda: (jitted_chain(x), chain(x)))
    jitted_chain(x), chain(x)
    monkeypatch.setattr(pxla.ExecuteReplicated, "__call__", lambda self, *a: started.append(self) or original(self, *a))
    for _ in range(5):
        jitted_chain(x), chain(x)
    assert started == []


def test_what_a_version_lacks_is_none_and_the_rest_is_counted(count, monkeypatch):
    monkeypatch.delattr(callback, "io_callback_impl")
    monkeypatch.setattr(jax_reads, "buffer_slot", lambda kind: None)
    facts = count(lambda: jitted_chain(x))
    unknown = {name for name, value in facts.items() if value is None}
    assert unknown == {"callbacks", "arrays_out", "bytes_out"}
    assert facts["dispatches"] == 1


def test_a_version_without_the_slow_path_counts_no_dispatches(count, monkeypatch):
    def absent():
        raise KeyError("PjitFunctionCache")

    monkeypatch.setattr(jax_calls, "_cache_of_short_ways", absent)
    facts = count(lambda: jitted_chain(x))
    assert facts["dispatches"] is facts["computations"] is facts["jax_temporary_bytes"] is None
    assert facts["compiles"] == 0


def test_without_having_listened_compilations_are_not_known():
    with Calls().counting() as counting:
        jitted_chain(x)
    facts = counting.facts()
    assert facts["compiles"] is facts["compile_seconds"] is facts["compiled"] is None
    assert facts["dispatches"] == 1


# captured values


def test_a_captured_value_that_is_another_now_is_named(calls):
    scale, table, same, shown = 2.0, np.ones(4), 5, jnp.ones(2)

    def helped(x):
        return x * scale

    @jax.jit
    def guilty(x):
        return jax.lax.fori_loop(0, 3, lambda _, x: helped(x) + table.sum() + same + shown.sum(), x)

    @jax.jit
    def innocent(x):
        return x * same

    guilty(x), innocent(x)
    assert [one["captured_changed"] for one in calls.jitted([guilty, innocent])] == [[], []]
    scale, table[2] = 3.0, 9.0
    found = calls.jitted([guilty, innocent, jnp.where, np.sin, 3])
    assert [one["captured_changed"] for one in found] == [
        [f"scale in {helped.__qualname__}", "table"],
        [],
    ]
    assert [one["name"].split(".")[-1] for one in found] == ["guilty", "innocent"]


def test_attributes_of_the_object_of_a_jitted_method_are_captured(calls):
    class Model:
        def __init__(self):
            self.step, self.untouched = 0.1, 1.0
            self.run = jax.jit(self.advance)

        def advance(self, x):
            return x * self.step

    model = Model()
    model.run(x)
    model.step, model.untouched = 0.2, 2.0
    assert calls.jitted([model.run])[0]["captured_changed"] == ["self.step"]


def test_attributes_of_objects_that_a_jitted_function_closes_over_are_captured(calls):
    class Settings:
        damping, other = 0.5, 1.0

        def __init__(self):
            self.damping = 0.5

    settings = Settings()
    function = jax.jit(lambda x: x * settings.damping)
    function(x)
    assert calls.jitted([function])[0]["captured_changed"] == []
    settings.damping, settings.other = 0.9, 2.0
    assert calls.jitted([function])[0]["captured_changed"] == ["settings.damping"]


def test_a_function_whose_tracing_was_not_seen_has_no_answer(calls):
    assert calls.jitted([jax.jit(lambda x: x + 1)])[0]["captured_changed"] is None


def test_remembering_keeps_no_function_alive(calls):
    function = jax.jit(lambda x: x - 1)
    function(x)
    (remembered,) = (one for one in calls.captured._traced.keyrefs() if one() is function.__wrapped__)
    del function
    jax.clear_caches()
    assert remembered() is None and remembered not in calls.captured._traced.keyrefs()
