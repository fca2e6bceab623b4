"""Each call brings a type that was never seen: a new tuple, a new literal, a new shape, a new key."""

import functools

DTYPES = ("float64", "float32", "int64", "int32", "int16", "uint8")


@functools.cache
def numba_kernels():
    import numba
    import numpy as np

    @numba.njit
    def total_of_five(a, b, c, d, e):
        total = 0.0
        for i in range(len(a)):
            total += a[i] * b[i] - c[i] * d[i] + e[i]
        return total

    @numba.njit
    def total_of_tuple(parts):
        total = 0.0
        for part in parts:
            total += np.sum(part)
        return total

    @numba.njit
    def total_of_rows(parts):
        total = 0.0
        for i in range(len(parts)):
            total += np.sum(parts[i])
        return total

    return {"five": total_of_five, "tuple": total_of_tuple, "rows": total_of_rows}


@functools.cache
def jax_kernels():
    import jax
    import jax.numpy as jnp

    return {
        "sum": jax.jit(lambda batch: jnp.tanh(batch).sum()),
        "masked": jax.jit(lambda batch, count: jnp.where(jnp.arange(batch.shape[0]) < count, jnp.tanh(batch), 0).sum()),
        "step": jax.jit(lambda state: jax.tree.map(lambda leaf: 0.5 * leaf + 1.0, state)),
    }


def random(seed, n):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    return jax.device_put(np.random.default_rng(seed).random(n))


class Types:
    params = (["sick", "healthy"], [20_000, 150_000])
    param_names = ("twin", "n")
    pitfall = ("recompilation", "compile-in-timing")
    harm = "time"
    expected = "ok"
    why = "The five columns have another combination of types in every call."

    def setup(self, twin, n):
        import numpy as np

        self.columns = [np.random.default_rng(seed).integers(0, 9, n) for seed in range(5)]
        self.variants = [[column.astype(name) for name in DTYPES] for column in self.columns]
        self.call = getattr(self, "call", 0)
        self.kernel = numba_kernels()["five"]
        self.kernel(*[column[0] for column in self.variants])

    def time_run(self, twin, n):
        self.call += 1
        digits = [self.call // 6**k % 6 if twin == "sick" else 0 for k in range(5)]
        return self.kernel(*[column[digit] for column, digit in zip(self.variants, digits, strict=True)])


class Tuples:
    params = (["sick", "healthy"], [4000, 30_000])
    param_names = ("twin", "n")
    pitfall = ("recompilation", "compile-in-timing")
    harm = "time"
    expected = "ok"
    why = "The parts come as a tuple whose length is new in every call, and the length is part of the type."

    def setup(self, twin, n):
        import numpy as np

        self.rows = np.random.default_rng(29).random((12, n))
        self.call = getattr(self, "call", 1)
        self.sick, self.healthy = numba_kernels()["tuple"], numba_kernels()["rows"]
        self.sick((self.rows[0],))
        self.healthy(self.rows)

    def time_run(self, twin, n):
        self.call += 1
        if twin == "sick":
            return self.sick(tuple(self.rows[k % 12] for k in range(self.call)))
        return self.healthy(self.rows)


class Batches:
    params = (["sick", "healthy"], [6000, 100_000])
    param_names = ("twin", "n")
    pitfall = ("recompilation", "compile-in-timing")
    harm = "time"
    expected = "ok"
    why = "The batches are cut to their length instead of being filled up to a common one."

    def setup(self, twin, n):
        import numpy as np

        self.data = np.random.default_rng(30).random(n)
        self.padded = random(30, n)
        self.call = getattr(self, "call", 0)
        jax_kernels()["sum"](self.padded).block_until_ready()
        jax_kernels()["masked"](self.padded, n).block_until_ready()

    def time_run(self, twin, n):
        self.call += 1
        length = n - self.call
        if twin == "sick":
            return jax_kernels()["sum"](self.data[:length]).block_until_ready()
        return jax_kernels()["masked"](self.padded, length).block_until_ready()


class Keys:
    params = (["sick", "healthy"], [30_000, 400_000])
    param_names = ("twin", "n")
    pitfall = ("recompilation", "compile-in-timing")
    harm = "time"
    expected = "ok"
    why = "The state is a dictionary with the step's number in a key, and the keys are part of the type."

    def setup(self, twin, n):
        self.field = random(31, n)
        self.call = getattr(self, "call", 0)
        self.kernel = jax_kernels()["step"]
        self.kernel({"field": self.field})["field"].block_until_ready()

    def time_run(self, twin, n):
        self.call += 1
        key = f"field {self.call}" if twin == "sick" else "field"
        self.kernel({key: self.field})[key].block_until_ready()
