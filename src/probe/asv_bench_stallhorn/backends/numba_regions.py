"""Numba's parallel regions, counted exactly: how many a call enters, how many inside another, how even they are.

All three threading layers run a region through one C function that compiled code knows as `numba_parallel_for`. When
Numba starts its threads, the symbol is given to a function of ours, before anything parallel is compiled, whatever the
kernel looks like. It is written in LLVM's own terms: installing it costs about 20 ms, once a process, and no
compilation by Numba. While nothing is counted it costs a load and a jump (about a nanosecond) a region.

While it counts, each thread's share of a region is timed by that thread's own CPU clock: what a thread waits for
others, spinning or asleep, is not in it. The layer hands a pointer of the caller's through to every share; it leads to
the region's account here, so that regions within regions and regions of several Python threads do not mix.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any, Dict, List, Optional

_ON, _REGIONS, _NESTED, _THREADS, _WALL, _BUSIEST, _MEAN, _REAL = range(8)  # places in the shared account
_HEAD = 4  # words of a region's account before the threads': function, data, the longest share, the number of shares
_SLOTS = 64  # threads of one region that are told apart; more share the last places

# clock_gettime's clocks on Linux and macOS: (monotonic, the thread's CPU time)
_CLOCKS = {"linux": (1, 3), "darwin": (6, 16)}


class Regions:
    """Counts the parallel regions of this process, when asked to. `listen` once, right after `import numba`."""

    def __init__(self) -> None:
        self._account = (ctypes.c_int64 * 8)()
        self._keep: List[Any] = []  # the compiled function must outlive everything that calls it
        self._address: Optional[int] = None
        self.installed = False  # the symbol is ours: parallel code that was compiled since is counted

    def listen(self) -> None:
        from numba.np.ufunc import parallel  # only ever called when numba is loaded already

        start = parallel._launch_threads

        @functools.wraps(start)
        def launch() -> None:
            start()
            self._take_over()

        parallel._launch_threads = launch

    def _take_over(self) -> None:
        """Put our function before the layer's. Called whenever Numba makes sure that its threads run."""
        try:
            from llvmlite import binding

            real = binding.address_of_symbol("numba_parallel_for")
            if real is None or real == self._address:
                return
            if self._address is None:
                self._address = self._compile(binding)
            self._account[_REAL] = real
            binding.add_symbol("numba_parallel_for", self._address)
            self.installed = True
        except Exception as error:  # an LLVM that reads other code: regions are not known, the benchmark runs as ever
            print("stallhorn: parallel regions are not counted: %r" % error, file=sys.stderr)

    def _compile(self, binding: Any) -> int:
        key = ctypes.c_uint32()
        if ctypes.CDLL(None).pthread_key_create(ctypes.byref(key), None) != 0:
            raise OSError("no key for a thread's own value")
        monotonic, cpu = _CLOCKS["darwin" if sys.platform == "darwin" else "linux"]
        code = _Code(key.value, ctypes.addressof(self._account), monotonic, cpu).module
        module = binding.parse_assembly(str(code))
        module.verify()
        machine = binding.Target.from_default_triple().create_target_machine()
        engine = binding.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        self._keep += [machine, engine]
        return int(engine.get_function_address("stallhorn_parallel_for"))

    def __enter__(self) -> "Regions":
        for place in range(_ON, _REAL):
            self._account[place] = 0
        self._account[_ON] = 1
        return self

    def __exit__(self, *_: Any) -> None:
        self._account[_ON] = 0

    def facts(self) -> Dict[str, Any]:
        """What was counted in the last `with`. All None where Numba is not loaded or the symbol is not ours.

        Numba that has not started its threads has entered no region.
        """
        account = self._account
        if "numba" not in sys.modules or not (self.installed or not _threads_run()):
            return dict.fromkeys(
                ("regions", "nested_regions", "region_threads", "region_seconds", "region_work_seconds", "imbalance")
            )
        mean = account[_MEAN]
        return {
            "regions": account[_REGIONS],
            "nested_regions": account[_NESTED],
            "region_threads": account[_THREADS],
            "region_seconds": account[_WALL] / 1e9,
            "region_work_seconds": account[_BUSIEST] / 1e9,
            "imbalance": account[_BUSIEST] / mean if mean > 0 else 1.0,
        }


def _threads_run() -> bool:
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    return bool(getattr(parallel, "_is_initialized", False))


class _Code:
    """The LLVM code of the function that takes the place of `numba_parallel_for`, and of the one that times a share.

    Written with llvmlite's builder, because the text differs between its versions (pointers with and without types).
    A region's account on the stack: the share's real function and its data, its longest share and their number, then
    for each thread its id and its CPU nanoseconds.
    """

    def __init__(self, key: int, account: int, monotonic: int, cpu: int) -> None:
        from llvmlite import ir

        self._ir = ir
        self.module = ir.Module("stallhorn_regions")
        self._word = ir.IntType(64)
        self._narrow = ir.IntType(32)
        self._pointer = ir.IntType(8).as_pointer()
        self._key = ir.Constant(self._narrow, key)
        self._account = ir.Constant(self._word, account)
        self._clocks = {"wall": ir.Constant(self._narrow, monotonic), "cpu": ir.Constant(self._narrow, cpu)}
        p, void = self._pointer, ir.VoidType()
        self._share_type = ir.FunctionType(void, [p, p, p, p])
        self._region_type = ir.FunctionType(void, [p, p, p, p, p, self._word, self._word, self._narrow])
        self._clock_gettime = self._extern("clock_gettime", self._narrow, [self._narrow, p])
        self._self = self._extern("pthread_self", self._word, [])  # an integer or a pointer: one register
        self._get = self._extern("pthread_getspecific", self._word, [self._narrow])
        self._set = self._extern("pthread_setspecific", self._narrow, [self._narrow, self._word])
        share = self._share()
        self._parallel_for(share)

    def _extern(self, name: str, result: Any, arguments: List[Any]) -> Any:
        return self._ir.Function(self.module, self._ir.FunctionType(result, arguments), name)

    def _number(self, value: int) -> Any:
        return self._ir.Constant(self._word, value)

    def _words(self, builder: Any, pointer: Any) -> Any:
        """The same address, as words."""
        return builder.bitcast(pointer, self._word.as_pointer())

    def _place(self, builder: Any, words: Any, index: Any) -> Any:
        return builder.gep(words, [self._number(index) if isinstance(index, int) else index])

    def _now(self, builder: Any, clock: str) -> Any:
        spec = builder.alloca(self._word, 2)
        builder.call(self._clock_gettime, [self._clocks[clock], builder.bitcast(spec, self._pointer)])
        seconds = builder.mul(builder.load(spec), self._number(1_000_000_000))
        return builder.add(seconds, builder.load(self._place(builder, spec, 1)))

    def _share(self) -> Any:
        """Runs one share through its real function, and adds the thread's CPU time to the region's account."""
        function = self._ir.Function(self.module, self._share_type, "stallhorn_share")
        args, dims, steps, data = function.args
        builder = self._ir.IRBuilder(function.append_basic_block("entry"))
        region = self._words(builder, data)
        real = builder.inttoptr(builder.load(region), self._share_type.as_pointer())
        real_data = builder.inttoptr(builder.load(self._place(builder, region, 1)), self._pointer)
        outer = builder.call(self._get, [self._key])
        builder.call(self._set, [self._key, builder.ptrtoint(data, self._word)])
        begun = self._now(builder, "cpu")
        builder.call(real, [args, dims, steps, real_data])
        spent = builder.sub(self._now(builder, "cpu"), begun)
        builder.call(self._set, [self._key, outer])
        me = builder.call(self._self, [])

        entry, look = builder.block, function.append_basic_block("look")
        following, add = function.append_basic_block("following"), function.append_basic_block("add")
        builder.branch(look)
        builder.position_at_end(look)
        index = builder.phi(self._word)
        index.add_incoming(self._number(0), entry)
        place = self._place(builder, region, builder.add(index, self._number(_HEAD)))
        pair = builder.cmpxchg(place, self._number(0), me, "seq_cst", "seq_cst")
        mine = builder.icmp_unsigned("==", builder.extract_value(pair, 0), me)
        last = builder.icmp_unsigned("==", index, self._number(_SLOTS - 1))
        found = builder.or_(builder.or_(builder.extract_value(pair, 1), mine), last)
        builder.cbranch(found, add, following)
        builder.position_at_end(following)
        index.add_incoming(builder.add(index, self._number(1)), following)
        builder.branch(look)
        builder.position_at_end(add)
        builder.atomic_rmw(
            "add", self._place(builder, region, builder.add(index, self._number(_HEAD + _SLOTS))), spent, "seq_cst"
        )
        builder.atomic_rmw("umax", self._place(builder, region, 2), spent, "seq_cst")
        builder.atomic_rmw("add", self._place(builder, region, 3), self._number(1), "seq_cst")
        builder.ret_void()
        return function

    def _parallel_for(self, share: Any) -> None:
        """Straight to the layer's function while nothing is counted; else with an account of the region."""
        function = self._ir.Function(self.module, self._region_type, "stallhorn_parallel_for")
        builder = self._ir.IRBuilder(function.append_basic_block("entry"))
        account = builder.inttoptr(self._account, self._word.as_pointer())
        real = builder.inttoptr(builder.load(self._place(builder, account, _REAL)), self._region_type.as_pointer())
        with builder.if_then(builder.icmp_unsigned("==", builder.load(account), self._number(0))):
            builder.call(real, list(function.args))
            builder.ret_void()
        self._counted(builder, function, account, real, share)

    def _larger(self, builder: Any, one: Any, other: Any) -> Any:
        return builder.select(builder.icmp_unsigned(">", one, other), one, other)

    def _counted(self, builder: Any, function: Any, account: Any, real: Any, share: Any) -> None:
        def add(place: int, amount: Any, how: str = "add") -> None:
            builder.atomic_rmw(how, self._place(builder, account, place), amount, "seq_cst")

        fn, args, dims, steps, data, inner, arrays, threads = function.args
        size = _HEAD + 2 * _SLOTS
        region = builder.alloca(self._word, size)
        whole = self._ir.ArrayType(self._word, size)
        builder.store(self._ir.Constant(whole, None), builder.bitcast(region, whole.as_pointer()))
        builder.store(builder.ptrtoint(fn, self._word), region)
        builder.store(builder.ptrtoint(data, self._word), self._place(builder, region, 1))
        wide = builder.zext(threads, self._word)
        add(_REGIONS, self._number(1))
        add(_THREADS, wide, "umax")
        outermost = builder.icmp_unsigned("==", builder.call(self._get, [self._key]), self._number(0))
        with builder.if_then(builder.not_(outermost)):
            add(_NESTED, self._number(1))
        begun = self._now(builder, "wall")
        opaque = [builder.bitcast(one, self._pointer) for one in (share, region)]
        builder.call(real, [opaque[0], args, dims, steps, opaque[1], inner, arrays, threads])
        wall = builder.sub(self._now(builder, "wall"), begun)
        with builder.if_then(outermost):
            largest, total, used = self._number(0), self._number(0), self._number(0)
            for slot in range(_SLOTS):
                spent = builder.load(self._place(builder, region, _HEAD + _SLOTS + slot))
                largest = self._larger(builder, spent, largest)
                total = builder.add(total, spent)
                used = builder.add(used, builder.zext(builder.icmp_unsigned("!=", spent, self._number(0)), self._word))
            mean = builder.udiv(total, wide)
            # Fewer threads came than there were shares for: one did the work of another that was late. How even the
            # shares are is then all that can be said.
            shares = builder.load(self._place(builder, region, 3))
            late = builder.and_(builder.icmp_unsigned("<", used, wide), builder.icmp_unsigned(">=", shares, wide))
            longest = self._larger(builder, builder.load(self._place(builder, region, 2)), mean)
            add(_WALL, wall)
            add(_BUSIEST, builder.select(late, longest, largest))
            add(_MEAN, mean)
        builder.ret_void()
