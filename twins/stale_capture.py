"""A compiled function keeps what it saw of the outside when it was compiled; the outside has changed since."""

import functools

GAIN = 2.0


@functools.cache
def amplify(twin):
    import numba

    def sick(x, out, gain):
        for i in range(len(x)):
            out[i] = GAIN * x[i]

    def healthy(x, out, gain):
        for i in range(len(x)):
            out[i] = gain * x[i]

    return numba.njit(sick if twin == "sick" else healthy)


@functools.cache
def table():
    import numpy as np

    return np.ones(16)


@functools.cache
def interpolate(twin):
    import numba

    nodes = table()

    def sick(x, values, out):
        for i in range(len(x)):
            out[i] = nodes[int(x[i] * 15.0)]

    def healthy(x, values, out):
        for i in range(len(x)):
            out[i] = values[int(x[i] * 15.0)]

    return numba.njit(sick if twin == "sick" else healthy)


class Amplify:
    params = (["sick", "healthy"], [300_000, 700_000])
    param_names = ("twin", "n")
    pitfall = "stale-capture"
    harm = "result"
    expected = "ok"
    why = "The module's number was changed after the kernel had been compiled."

    def setup(self, twin, n):
        global GAIN
        import numpy as np

        self.x, self.out = np.random.default_rng(59).random(n), np.empty(n)
        self.kernel = amplify(twin)
        GAIN = 2.0
        self.kernel(self.x, self.out, GAIN)
        GAIN = 3.0

    def time_run(self, twin, n):
        self.kernel(self.x, self.out, GAIN)
        return self.out


class Interpolate:
    params = (["sick", "healthy"], [100_000, 250_000])
    param_names = ("twin", "n")
    pitfall = "stale-capture"
    harm = "result"
    expected = "ok"
    why = "The captured table was filled after the kernel had been compiled."

    def setup(self, twin, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(60).random(n), np.empty(n)
        table()[:] = 1.0
        self.kernel = interpolate(twin)
        self.kernel(self.x, table(), self.out)
        table()[:] = np.linspace(0.0, 1.0, 16)

    def time_run(self, twin, n):
        self.kernel(self.x, table(), self.out)
        return self.out


class Damping:
    params = (["sick", "healthy"], [50_000, 400_000])
    param_names = ("twin", "n")
    pitfall = "stale-capture"
    harm = "result"
    expected = "ok"
    why = "The object's attribute, which jit read while tracing, was set anew."

    def setup(self, twin, n):
        import jax
        import numpy as np

        jax.config.update("jax_enable_x64", True)
        self.x = jax.device_put(np.random.default_rng(61).random(n))
        self.damping = 0.5
        self.sick = jax.jit(lambda x: x * self.damping / (1.0 + x))
        self.healthy = jax.jit(lambda x, damping: x * damping / (1.0 + x))
        self.kernel = self.sick if twin == "sick" else lambda x: self.healthy(x, self.damping)
        self.kernel(self.x).block_until_ready()
        self.damping = 0.9

    def time_run(self, twin, n):
        return self.kernel(self.x).block_until_ready()
