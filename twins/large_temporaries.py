"""An array with one dimension more than input and result is built, only to be reduced."""

import functools


def nearest(points, centres, twin):
    """Index of the nearest centre; the healthy twin multiplies the square out."""
    import numpy as np

    if twin == "sick":
        return ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    best = np.full(len(points), np.inf)
    index = np.zeros(len(points), dtype=np.int64)
    for c, centre in enumerate(centres):
        distance = (centre @ centre) - 2.0 * (points @ centre)
        index[distance < best] = c
        np.minimum(best, distance, out=best)
    return index


@functools.cache
def kernel_density(twin):
    import math

    import numba
    import numpy as np

    @numba.njit
    def sick(x, samples):
        return np.exp(-((x.reshape(-1, 1) - samples.reshape(1, -1)) ** 2)).sum(axis=1)

    @numba.njit
    def healthy(x, samples):
        out = np.zeros(len(x))
        for i in range(len(x)):
            for j in range(len(samples)):
                out[i] += math.exp(-((x[i] - samples[j]) ** 2))
        return out

    return sick if twin == "sick" else healthy


@functools.cache
def closest(twin):
    """Mean distance to the three nearest others; the sick twin sorts a whole row for each point at once."""
    import jax
    import jax.numpy as jnp

    def one(x, all_points):
        return jnp.sort(jnp.abs(x - all_points))[1:4].mean()

    def sick(points):
        return jax.vmap(lambda x: one(x, points))(points)

    def healthy(points):
        return jax.lax.map(lambda x: one(x, points), points)

    return jax.jit(sick if twin == "sick" else healthy)


class Nearest:
    params = (["sick", "healthy"], [4000, 16_000])
    param_names = ("twin", "n")
    pitfall = "large-temporaries"
    harm = "memory"
    expected = "ok"
    why = "Differences of all points to all centres in all dimensions are stored to find one index for each point."

    def setup(self, twin, n):
        import numpy as np

        generator = np.random.default_rng(49)
        self.points, self.centres = generator.random((n, 16)), generator.random((24, 16))

    def time_run(self, twin, n):
        return nearest(self.points, self.centres, twin)


class Density:
    params = (["sick", "healthy"], [800, 2500])
    param_names = ("twin", "n")
    pitfall = "large-temporaries"
    harm = "memory"
    expected = "ok"
    why = "An array expression inside a compiled function stores the square of what it needs."

    def setup(self, twin, n):
        import numpy as np

        generator = np.random.default_rng(50)
        self.x, self.samples = generator.random(n), generator.random(n)
        self.kernel = kernel_density(twin)
        self.kernel(self.x, self.samples)

    def time_run(self, twin, n):
        return self.kernel(self.x, self.samples)


class Closest:
    params = (["sick", "healthy"], [500, 900])
    param_names = ("twin", "n")
    pitfall = "large-temporaries"
    harm = "memory"
    expected = "ok"
    why = "vmap over all points makes one array of all distances; a map over points needs one row."

    def setup(self, twin, n):
        import jax
        import numpy as np

        jax.config.update("jax_enable_x64", True)
        self.points = jax.device_put(np.random.default_rng(51).random(n))
        self.kernel = closest(twin)
        self.kernel(self.points).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.points).block_until_ready()
