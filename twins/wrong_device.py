"""Arrays live on one device and the work is done on another; here both are devices that JAX makes of the processor."""

import functools


@functools.cache
def step():
    import jax

    return jax.jit(lambda x: 0.5 * x + 1.0)


class Second:
    params = (["sick", "healthy"], [250_000, 800_000])
    param_names = ("twin", "n")
    pitfall = ("wrong-device", "host-transfer")
    harm = "time"
    expected = "ok"
    why = "The array is on the first device, and every call moves it to the second and its result back."

    def setup(self, twin, n):
        import jax
        import numpy as np

        jax.config.update("jax_num_cpu_devices", 2)
        jax.config.update("jax_enable_x64", True)
        self.home, other = jax.devices("cpu")
        self.there = other if twin == "sick" else self.home
        self.x = jax.device_put(np.random.default_rng(65).random(n), self.home)
        self.time_run(twin, n)

    def time_run(self, twin, n):
        import jax

        for _ in range(8):
            result = step()(jax.device_put(self.x, self.there))
            self.result = jax.device_put(result, self.home)
        self.result.block_until_ready()
