"""Something is compiled within every timed call."""

import functools


def harmonic(x, total):
    """Written so that it compiles quickly."""
    for i in range(len(x)):
        total += 1.0 / (1.0 + x[i])
    return total


@functools.cache
def compiled_harmonic():
    import numba

    return numba.njit(harmonic)


def gaussian(x):
    import jax.numpy as jnp

    return jnp.exp(-(x**2)).sum() / (1.0 + x[0] ** 2)


def moment(x, order):
    return (x**order).mean()


@functools.cache
def compiled():
    import jax
    import jax.numpy as jnp

    return {
        "gaussian": jax.jit(gaussian),
        "gradient": jax.jit(jax.grad(gaussian)),
        "static": jax.jit(moment, static_argnums=1),
        "traced": jax.jit(moment),
        "running": jax.jit(jnp.cumsum),
        "first": jax.jit(lambda x, count: jnp.cumsum(jnp.where(jnp.arange(x.size) < count, x, 0.0))),
    }


def random(seed, n):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    return jax.device_put(np.random.default_rng(seed).random(n))


class Harmonic:
    params = (["sick", "healthy"], [50_000, 400_000])
    param_names = ("twin", "n")
    pitfall = ("compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "The function is decorated inside the timed function, so each call compiles it."

    def setup(self, twin, n):
        import numpy as np

        self.x = np.random.default_rng(24).random(n)
        self.kernel = compiled_harmonic()
        self.kernel(self.x, 0.0)

    def time_run(self, twin, n):
        import numba

        kernel = numba.njit(harmonic) if twin == "sick" else self.kernel
        return kernel(self.x, 0.0)


class Lambda:
    params = (["sick", "healthy"], [5000, 300_000])
    param_names = ("twin", "n")
    pitfall = ("compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "jax.jit gets a new lambda in every call and cannot know that it is the old one."

    def setup(self, twin, n):
        self.x = random(25, n)
        self.kernel = compiled()["gaussian"]
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        import jax

        kernel = jax.jit(lambda x: gaussian(x)) if twin == "sick" else self.kernel
        kernel(self.x).block_until_ready()


class Gradient:
    params = (["sick", "healthy"], [5000, 300_000])
    param_names = ("twin", "n")
    pitfall = ("compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "The gradient is taken anew, and compiled anew, in every call."

    def setup(self, twin, n):
        self.x = random(26, n)
        self.kernel = compiled()["gradient"]
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        import jax

        kernel = jax.jit(jax.grad(lambda x: gaussian(x))) if twin == "sick" else self.kernel
        kernel(self.x).block_until_ready()


class Static:
    params = (["sick", "healthy"], [4000, 60_000])
    param_names = ("twin", "n")
    pitfall = ("compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "The order of the moment is a static argument and another one in every call."

    def setup(self, twin, n):
        self.x = random(27, n)
        self.order = getattr(self, "order", 1.0)
        self.kernel = compiled()["static" if twin == "sick" else "traced"]
        self.kernel(self.x, self.order).block_until_ready()

    def time_run(self, twin, n):
        self.order += 0.01
        self.kernel(self.x, self.order).block_until_ready()


class Shape:
    params = (["sick", "healthy"], [3000, 200_000])
    param_names = ("twin", "n")
    pitfall = ("compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "Every call passes one element less, and a new shape is a new program."

    def setup(self, twin, n):
        self.x = random(28, n)
        self.count = getattr(self, "count", n)
        self.sick, self.healthy = compiled()["running"], compiled()["first"]
        self.sick(self.x).block_until_ready()
        self.healthy(self.x, n).block_until_ready()

    def time_run(self, twin, n):
        self.count -= 1
        if twin == "sick":
            self.sick(self.x[: self.count]).block_until_ready()
        else:
            self.healthy(self.x, self.count).block_until_ready()
