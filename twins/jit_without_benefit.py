"""A compiler is put around what NumPy does faster; "numpy" under `backend` is the series to compare with."""

import functools


@functools.cache
def numba_sort():
    import numba
    import numpy as np

    return numba.njit(lambda x: np.sort(x))


@functools.cache
def jax_sort():
    import jax
    import jax.numpy as jnp

    return jax.jit(jnp.sort)


class Sort:
    params = (["sick", "healthy"], ["numpy", "numba"], [20_000, 300_000])
    param_names = ("twin", "backend", "n")
    pitfall = "jit-without-benefit"
    harm = "time"
    expected = "ok"
    why = "Numba's own sort replaces NumPy's, which uses packed instructions."
    unscored = ({"twin": "sick", "backend": "numpy"},)

    def setup(self, twin, backend, n):
        import numpy as np

        self.x = np.random.default_rng(34).random(n)
        self.kernel = numba_sort() if (twin, backend) == ("sick", "numba") else np.sort
        self.kernel(self.x)

    def time_run(self, twin, backend, n):
        return self.kernel(self.x)


class JaxSort:
    params = (["sick", "healthy"], ["numpy", "jax"], [30_000, 200_000])
    param_names = ("twin", "backend", "n")
    pitfall = "jit-without-benefit"
    harm = "time"
    expected = "ok"
    why = "XLA's sort on a processor compares one pair at a time, NumPy's uses packed instructions."
    unscored = ({"twin": "sick", "backend": "numpy"},)

    def setup(self, twin, backend, n):
        import jax
        import numpy as np

        jax.config.update("jax_enable_x64", True)
        self.x = np.random.default_rng(36).random(n)
        self.kernel = np.sort
        if (twin, backend) == ("sick", "jax"):
            self.x = jax.device_put(self.x)
            self.kernel = jax_sort()
        jax.block_until_ready(self.kernel(self.x))

    def time_run(self, twin, backend, n):
        import jax

        jax.block_until_ready(self.kernel(self.x))
