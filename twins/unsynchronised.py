"""JAX answers before it has computed; a timing that does not wait measures how fast work can be handed over."""

import functools


@functools.cache
def kernels():
    import jax
    import jax.numpy as jnp

    @jax.jit
    def polynomial(x):
        value = jnp.zeros_like(x)
        for k in range(24):
            value = value * x + (k % 5 - 2.0)
        return jnp.sin(value)

    @jax.jit
    def spectrum(signal):
        return jnp.abs(jnp.fft.rfft(signal)) ** 2

    @jax.jit
    def sweep(grid):
        inner = 0.25 * (grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:])
        return grid.at[1:-1, 1:-1].set(inner)

    @jax.jit
    def solve(matrix, vector):
        return jnp.linalg.solve(matrix, vector)

    return {"polynomial": polynomial, "spectrum": spectrum, "sweep": sweep, "solve": solve}


def random(seed, shape):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    return jax.device_put(np.random.default_rng(seed).random(shape))


class Polynomial:
    params = (["sick", "healthy"], [150_000, 900_000])
    param_names = ("twin", "n")
    pitfall = "unsynchronised"
    harm = "result"
    expected = "ok"
    why = "The result is not waited for."

    def setup(self, twin, n):
        self.x = random(19, n)
        self.kernel = kernels()["polynomial"]
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        result = self.kernel(self.x)
        if twin == "healthy":
            result.block_until_ready()


class Spectrum:
    params = (["sick", "healthy"], [60_000, 600_000])
    param_names = ("twin", "n")
    pitfall = "unsynchronised"
    harm = "result"
    expected = "ok"
    why = "The result is returned, and asv does not wait for what is returned."

    def setup(self, twin, n):
        self.signal = random(20, n)
        self.kernel = kernels()["spectrum"]
        self.kernel(self.signal).block_until_ready()

    def time_run(self, twin, n):
        result = self.kernel(self.signal)
        return result if twin == "sick" else result.block_until_ready()


class Sweeps:
    params = (["sick", "healthy"], [300, 800])
    param_names = ("twin", "n")
    pitfall = "unsynchronised"
    harm = "result"
    expected = "ok"
    why = "Twelve sweeps are handed over, none is waited for."

    def setup(self, twin, n):
        self.grid = random(21, (n, n))
        self.kernel = kernels()["sweep"]
        self.kernel(self.grid).block_until_ready()

    def time_run(self, twin, n):
        grid = self.grid
        for _ in range(12):
            grid = self.kernel(grid)
        if twin == "healthy":
            grid.block_until_ready()


class Solve:
    params = (["sick", "healthy"], [260, 500])
    param_names = ("twin", "n")
    pitfall = "unsynchronised"
    harm = "result"
    expected = "ok"
    why = "The solution stays in an attribute and is never waited for."

    def setup(self, twin, n):
        import jax

        self.matrix, self.vector = random(22, (n, n)), random(23, (n,))
        self.kernel = kernels()["solve"]
        self.solution = jax.block_until_ready(self.kernel(self.matrix, self.vector))

    def time_run(self, twin, n):
        self.solution = self.kernel(self.matrix, self.vector)
        if twin == "healthy":
            self.solution.block_until_ready()
