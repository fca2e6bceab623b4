"""What the compiler refuses; the healthy twins say the same in words that it has."""

import functools


@functools.cache
def ranges(twin):
    import numba
    import numpy as np

    @numba.njit
    def sick(x):
        return x.max(axis=0) - x.min(axis=0)

    @numba.njit
    def healthy(x):
        out = np.empty(x.shape[1])
        for j in range(x.shape[1]):
            out[j] = x[:, j].max() - x[:, j].min()
        return out

    return sick if twin == "sick" else healthy


@functools.cache
def products(twin):
    import numba
    import numpy as np

    @numba.njit
    def sick(a, b):
        return np.einsum("ij,ij->i", a, b)

    @numba.njit
    def healthy(a, b):
        out = np.zeros(len(a))
        for i in range(len(a)):
            for j in range(a.shape[1]):
                out[i] += a[i, j] * b[i, j]
        return out

    return sick if twin == "sick" else healthy


@functools.cache
def clip(twin):
    import jax
    import jax.numpy as jnp

    def sick(x):
        return x / x.sum() if x.sum() > 1.0 else x

    def healthy(x):
        return jnp.where(x.sum() > 1.0, x / x.sum(), x)

    return jax.jit(sick if twin == "sick" else healthy)


@functools.cache
def positive(twin):
    import jax
    import jax.numpy as jnp

    def sick(x):
        return x[x > 0.5].sum()

    def healthy(x):
        return jnp.where(x > 0.5, x, 0.0).sum()

    return jax.jit(sick if twin == "sick" else healthy)


@functools.cache
def head(twin):
    import jax
    import jax.numpy as jnp

    def sick(x, count):
        return x[:count].sum()

    def healthy(x, count):
        return jnp.where(jnp.arange(x.size) < count, x, 0.0).sum()

    return jax.jit(sick if twin == "sick" else healthy)


def random(seed, n):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    return jax.device_put(np.random.default_rng(seed).random(n))


class Ranges:
    params = (["sick", "healthy"], [2000, 8000])
    param_names = ("twin", "n")
    pitfall = "does-not-compile"
    harm = "none"
    expected = "failed"
    why = "Numba's max and min know no axis."

    def setup(self, twin, n):
        import numpy as np

        self.x = np.random.default_rng(52).random((n, 12))
        self.kernel = ranges(twin)
        self.kernel(self.x)

    def time_run(self, twin, n):
        return self.kernel(self.x)


class Products:
    params = (["sick", "healthy"], [4000, 12_000])
    param_names = ("twin", "n")
    pitfall = "does-not-compile"
    harm = "none"
    expected = "failed"
    why = "Numba has no einsum; the first timed call finds out."

    def setup(self, twin, n):
        import numpy as np

        self.a, self.b = np.random.default_rng(53).random((2, n, 20))
        self.kernel = products(twin)
        if twin == "healthy":
            self.kernel(self.a, self.b)

    def time_run(self, twin, n):
        return self.kernel(self.a, self.b)


class Clip:
    params = (["sick", "healthy"], [80_000])
    param_names = ("twin", "n")
    pitfall = "does-not-compile"
    harm = "none"
    expected = "failed"
    why = "An if on a traced value has no answer while the function is traced."

    def setup(self, twin, n):
        self.x, self.kernel = random(54, n), clip(twin)
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.x).block_until_ready()


class Positive:
    params = (["sick", "healthy"], [80_000])
    param_names = ("twin", "n")
    pitfall = "does-not-compile"
    harm = "none"
    expected = "failed"
    why = "A boolean mask as an index has a result whose length depends on the values."

    def setup(self, twin, n):
        self.x, self.kernel = random(55, n), positive(twin)
        if twin == "healthy":
            self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.x).block_until_ready()


class Head:
    params = (["sick", "healthy"], [80_000])
    param_names = ("twin", "n")
    pitfall = "does-not-compile"
    harm = "none"
    expected = "failed"
    why = "The end of a slice is a traced value."

    def setup(self, twin, n):
        self.x, self.kernel = random(56, n), head(twin)
        self.kernel(self.x, n // 3).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.x, n // 3).block_until_ready()
