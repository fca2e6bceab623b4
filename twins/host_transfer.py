"""Values go to the host and back between compiled steps."""

import functools


@functools.cache
def diffusion():
    import jax
    import jax.numpy as jnp

    def step(field):
        return field + 0.2 * (jnp.roll(field, 1) - 2.0 * field + jnp.roll(field, -1))

    return jax.jit(step), jax.jit(lambda field: jax.lax.fori_loop(0, 40, lambda _, one: step(one), field))


@functools.cache
def newton():
    import jax
    import jax.numpy as jnp

    def step(x, target):
        return x - (x * x - target) / (2.0 * x)

    def run(x, target):
        return jax.lax.while_loop(lambda one: jnp.abs(one * one - target).max() > 1e-9, lambda y: step(y, target), x)

    return jax.jit(step), jax.jit(run), jax.jit(lambda x, target: jnp.abs(x * x - target).max())


@functools.cache
def callback(twin):
    import jax
    import jax.numpy as jnp
    import numpy as np

    def shrink(x):
        if twin == "healthy":
            return jnp.tanh(x)
        return jax.pure_callback(np.tanh, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    return jax.jit(lambda x: jax.lax.fori_loop(0, 25, lambda _, one: shrink(one + 0.1), x))


def random(seed, n):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    return jax.device_put(1.0 + np.random.default_rng(seed).random(n))


class Diffusion:
    params = (["sick", "healthy"], [3000, 20_000])
    param_names = ("twin", "n")
    pitfall = ("host-transfer", "call-overhead")
    harm = "time"
    expected = "ok"
    why = "The field becomes a NumPy array after each of forty steps, and a JAX array before the next."

    def setup(self, twin, n):
        import jax

        self.field = random(44, n)
        self.step, self.run = diffusion()
        jax.block_until_ready([self.step(self.field), self.run(self.field)])

    def time_run(self, twin, n):
        import jax.numpy as jnp
        import numpy as np

        field = self.field
        if twin == "sick":
            for _ in range(40):
                field = jnp.asarray(np.array(self.step(field)))
        else:
            field = self.run(field)
        field.block_until_ready()


class Newton:
    params = (["sick", "healthy"], [500, 5000])
    param_names = ("twin", "n")
    pitfall = ("host-transfer", "call-overhead")
    harm = "time"
    expected = "ok"
    why = "Each step fetches its residual to Python to decide whether to go on."

    def setup(self, twin, n):
        import jax

        self.target = 1e6 * random(45, n)
        self.start = jax.numpy.ones_like(self.target)
        self.step, self.run, self.residual = newton()
        jax.block_until_ready([self.run(self.start, self.target), self.step(self.start, self.target)])
        float(self.residual(self.start, self.target))

    def time_run(self, twin, n):
        x = self.start
        if twin == "sick":
            while float(self.residual(x, self.target)) > 1e-9:
                x = self.step(x, self.target)
        else:
            x = self.run(x, self.target)
        x.block_until_ready()


class Callback:
    params = (["sick", "healthy"], [1000, 8000])
    param_names = ("twin", "n")
    pitfall = "host-transfer"
    harm = "time"
    expected = "ok"
    why = "A compiled loop calls back into NumPy in each iteration."

    def setup(self, twin, n):
        self.x = random(46, n)
        self.kernel = callback(twin)
        self.kernel(self.x).block_until_ready()

    def time_run(self, twin, n):
        self.kernel(self.x).block_until_ready()
