"""jnp without jit: each operation is handed over, run and stored on its own."""

import functools


def polynomial(x):
    value = 0.5 * x
    for k in range(20):
        value = value * x + (k % 3 - 1.0)
    return value


def accelerations(positions):
    import jax.numpy as jnp

    difference = positions[None, :, :] - positions[:, None, :]
    square = (difference**2).sum(axis=-1) + 1e-2
    return (difference / (square * jnp.sqrt(square))[:, :, None]).sum(axis=1)


def normalise(x):
    import jax.numpy as jnp

    shifted = x - x.max(axis=-1, keepdims=True)
    weights = jnp.exp(shifted)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights - 0.1 * weights * jnp.log(weights + 1e-9) + 0.01 * jnp.tanh(shifted) ** 2


@functools.cache
def compiled(function):
    import jax

    return jax.jit(function)


def random(seed, shape):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    return jax.device_put(np.random.default_rng(seed).random(shape))


class Polynomial:
    params = (["sick", "healthy"], [25_000, 250_000])
    param_names = ("twin", "n")
    pitfall = "eager-dispatch"
    harm = "time"
    expected = "ok"
    why = "Forty operations are dispatched one by one."

    def setup(self, twin, n):
        self.x = random(37, n)
        self.kernel = polynomial if twin == "sick" else compiled(polynomial)
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.x).block_until_ready()


class Bodies:
    params = (["sick", "healthy"], [40, 150])
    param_names = ("twin", "n")
    pitfall = "eager-dispatch"
    harm = "time"
    expected = "ok"
    why = "The forces between all pairs are computed with a stored array for each operation."

    def setup(self, twin, n):
        self.positions = random(38, (n, 3))
        self.kernel = accelerations if twin == "sick" else compiled(accelerations)
        self.kernel(self.positions).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.positions).block_until_ready()


class Normalise:
    params = (["sick", "healthy"], [60, 200])
    param_names = ("twin", "n")
    pitfall = "eager-dispatch"
    harm = "time"
    expected = "ok"
    why = "A softmax and its corrections are dispatched one by one."

    def setup(self, twin, n):
        self.x = random(39, (n, 32))
        self.kernel = normalise if twin == "sick" else compiled(normalise)
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.x).block_until_ready()
