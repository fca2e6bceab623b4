"""The input has 64 bits and the computation 32, which nobody asked for, and the digits that matter are gone."""

import functools


@functools.cache
def variance():
    import jax

    return jax.jit(lambda x: (x * x).mean(axis=1) - x.mean(axis=1) ** 2)


@functools.cache
def running(twin):
    import numba
    import numpy as np

    @numba.njit
    def sick(x):
        out = np.zeros(len(x), dtype=np.float32)
        for i in range(1, len(x)):
            out[i] = out[i - 1] + x[i]
        return out

    @numba.njit
    def healthy(x):
        out = np.zeros(len(x), dtype=np.float64)
        for i in range(1, len(x)):
            out[i] = out[i - 1] + x[i]
        return out

    return sick if twin == "sick" else healthy


class Variance:
    params = (["sick", "healthy"], [300, 3000])
    param_names = ("twin", "n")
    pitfall = "precision-mismatch"
    harm = "result"
    expected = "ok"
    why = "JAX computes with 32 bits unless it is told otherwise; the variance of large numbers cancels."

    def setup(self, twin, n):
        import jax
        import numpy as np

        jax.config.update("jax_enable_x64", twin == "healthy")
        self.x = 1e4 + np.random.default_rng(62).random((n, 64))
        variance()(self.x).block_until_ready()

    def time_run(self, twin, n):
        return variance()(self.x).block_until_ready()


class Roots:
    params = (["sick", "healthy"], [20_000, 200_000])
    param_names = ("twin", "n")
    pitfall = "precision-mismatch"
    harm = "result"
    expected = "ok"
    why = "The small differences of large numbers are taken with 32 bits, because x64 was not turned on."

    def setup(self, twin, n):
        import jax
        import jax.numpy as jnp
        import numpy as np

        jax.config.update("jax_enable_x64", twin == "healthy")
        self.values = 1e6 + np.random.default_rng(63).random(n)
        self.x = jnp.asarray(self.values)
        self.kernel = differences()
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        return self.kernel(self.x).block_until_ready()


@functools.cache
def differences():
    import jax
    import jax.numpy as jnp

    return jax.jit(lambda x: jnp.sqrt(x + 1.0) - jnp.sqrt(x))


class Running:
    params = (["sick", "healthy"], [20_000, 200_000])
    param_names = ("twin", "n")
    pitfall = "precision-mismatch"
    harm = "result"
    expected = "ok"
    why = "The running sum of 64-bit numbers is kept in a 32-bit array."

    def setup(self, twin, n):
        import numpy as np

        self.x = np.random.default_rng(64).random(n)
        self.kernel = running(twin)
        self.kernel(self.x)

    def time_run(self, twin, n):
        return self.kernel(self.x)
