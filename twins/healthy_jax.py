"""Healthy code that looks sick: JAX."""

import functools


@functools.cache
def kernels():
    import jax
    import jax.numpy as jnp

    def step(x, _):
        return 0.5 * x * (3.0 - x * x), x.sum()

    def smooth(x):
        return jnp.convolve(x, jnp.ones(9) / 9.0, mode="same")

    return {
        "scan": jax.jit(lambda x: jax.lax.scan(step, x, length=30)[1]),
        "fori": jax.jit(lambda x: jax.lax.fori_loop(0, 30, lambda _, one: step(one, None)[0], x)),
        "while": jax.jit(
            lambda x: jax.lax.while_loop(lambda s: s[0] < 20, lambda s: (s[0] + 1, jnp.cos(s[1])), (0, x))[1]
        ),
        "gradient": jax.jit(jax.grad(lambda x: jnp.tanh(smooth(x)).sum())),
        "vmap": jax.jit(jax.vmap(lambda row: jnp.sort(row)[::4].sum(), in_axes=0)),
        "cond": jax.jit(lambda x: jax.lax.cond(x[0] > 0.5, jnp.sin, jnp.cos, x)),
    }


@functools.cache
def pieces():
    import jax
    import jax.numpy as jnp

    return (
        jax.jit(lambda x: jnp.fft.rfft(x)),
        jax.jit(lambda spectrum: jnp.where(jnp.arange(spectrum.size) < spectrum.size // 4, spectrum, 0.0)),
        jax.jit(lambda spectrum: jnp.fft.irfft(spectrum)),
    )


@functools.cache
def tree_step():
    import jax

    return jax.jit(lambda tree: jax.tree.map(lambda leaf: leaf / (1.0 + leaf**2), tree))


@functools.cache
def lengths():
    import jax
    import jax.numpy as jnp

    return jax.jit(lambda x: jnp.sqrt(1.0 + jnp.diff(x) ** 2).sum())


@functools.cache
def narrow():
    import jax
    import jax.numpy as jnp

    return jax.jit(lambda x: jnp.tanh(x) * jnp.float32(0.5) + x * x)


@functools.cache
def kernel_matrix():
    import jax
    import jax.numpy as jnp

    return jax.jit(lambda x, y: jnp.exp(-((x[:, None] - y[None, :]) ** 2)))


def random(seed, shape, x64=True):
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", x64)
    return jax.device_put(np.random.default_rng(seed).random(shape))


class Loops:
    params = (["healthy"], ["scan", "fori", "while", "gradient", "cond"], [20_000, 90_000])
    param_names = ("twin", "kernel", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "Loops, branches and gradients are inside what is compiled, once and before the timing."

    def setup(self, twin, kernel, n):
        self.x, self.run = random(100, n), kernels()[kernel]
        self.run(self.x).block_until_ready()

    def time_run(self, twin, kernel, n):
        self.run(self.x).block_until_ready()


class Rows:
    params = (["healthy"], [100, 700])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "vmap over rows makes nothing that is larger than the input."

    def setup(self, twin, n):
        self.x, self.run = random(101, (n, 64)), kernels()["vmap"]
        self.run(self.x).block_until_ready()

    def time_run(self, twin, n):
        return self.run(self.x).block_until_ready()


class Steps:
    params = (["healthy"], [60_000, 200_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "Three compiled steps of some length, one after the other, and a wait at the end."

    def setup(self, twin, n):
        self.x = random(102, n)
        self.time_run(twin, n)

    def time_run(self, twin, n):
        result = self.x
        for piece in pieces():
            result = piece(result)
        result.block_until_ready()


class Shapes:
    params = (["healthy"], [50_000, 150_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "Five shapes are compiled in setup, and each call uses one of them."

    def setup(self, twin, n):
        self.parts = [random(seed, n + 1000 * seed) for seed in range(5)]
        self.call = 0
        for part in self.parts:
            lengths()(part).block_until_ready()

    def time_run(self, twin, n):
        self.call += 1
        lengths()(self.parts[self.call % 5]).block_until_ready()


class Tree:
    params = (["healthy"], [20_000, 50_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A dictionary of arrays whose keys stay the same; jax.block_until_ready waits for all of them."

    def setup(self, twin, n):
        self.tree = {"position": random(103, n), "speed": random(104, n), "mass": (random(105, n),)}
        self.time_run(twin, n)

    def time_run(self, twin, n):
        import jax

        jax.block_until_ready(tree_step()(self.tree))


class Narrow:
    params = (["healthy"], [100_000, 400_000], [True, False])
    param_names = ("twin", "n", "x64")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "32 bits on purpose: the input has them too."

    def setup(self, twin, n, x64):
        import jax
        import numpy as np

        jax.config.update("jax_enable_x64", x64)
        self.x = jax.device_put(np.random.default_rng(106).random(n).astype(np.float32))
        narrow()(self.x).block_until_ready()

    def time_run(self, twin, n, x64):
        return narrow()(self.x).block_until_ready()


class Matrix:
    params = (["healthy"], [150, 350])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "The result is a matrix, so a matrix is stored."

    def setup(self, twin, n):
        self.x, self.y = random(107, n), random(108, n)
        kernel_matrix()(self.x, self.y).block_until_ready()

    def time_run(self, twin, n):
        return kernel_matrix()(self.x, self.y).block_until_ready()


class Pool:
    params = (["healthy"], [250, 500], ["jax=1", "jax=2", "jax=16"])
    param_names = ("twin", "n", "threads")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A matrix product; JAX's pool with sixteen threads is no slower than with two, so it is context at most."

    def setup(self, twin, n, threads):
        import jax

        self.x, self.run = random(109, (n, n)), jax.jit(lambda x: x @ x)
        self.run(self.x).block_until_ready()

    def time_run(self, twin, n, threads):
        self.run(self.x).block_until_ready()


class Fetched:
    params = (["healthy"], [100_000, 300_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "One number is fetched at the end, which waits for it as well."

    def setup(self, twin, n):
        self.x = random(110, n)
        float(lengths()(self.x))

    def time_run(self, twin, n):
        return float(lengths()(self.x))
