"""A Python loop calls something small very often; the remedy is to put the loop inside."""

import functools


@functools.cache
def norms():
    import numba

    @numba.njit
    def norm(row):
        total = 0.0
        for k in range(len(row)):
            total += row[k] * row[k]
        return total**0.5

    @numba.njit
    def all_norms(rows, out):
        for i in range(len(rows)):
            out[i] = norm(rows[i])

    return norm, all_norms


@functools.cache
def oscillator():
    import jax

    def step(state):
        position, speed = state
        return position + 0.01 * speed, speed - 0.01 * position

    return jax.jit(step), jax.jit(lambda state: jax.lax.fori_loop(0, 300, lambda _, s: step(s), state))


class Norms:
    params = (["sick", "healthy"], [12_000, 40_000])
    param_names = ("twin", "n")
    pitfall = "call-overhead"
    harm = "time"
    expected = "ok"
    why = "A compiled function of three additions is called from Python for each row."

    def setup(self, twin, n):
        import numpy as np

        self.rows, self.out = np.random.default_rng(40).random((n, 3)), np.empty(n)
        self.norm, self.all_norms = norms()
        self.norm(self.rows[0])
        self.all_norms(self.rows, self.out)

    def time_run(self, twin, n):
        if twin == "sick":
            for i, row in enumerate(self.rows):
                self.out[i] = self.norm(row)
        else:
            self.all_norms(self.rows, self.out)


class Rows:
    params = (["sick", "healthy"], [2500, 9000])
    param_names = ("twin", "n")
    pitfall = "call-overhead"
    harm = "time"
    expected = "ok"
    why = "NumPy is called three times for each row of four numbers."

    def setup(self, twin, n):
        import numpy as np

        self.rows = np.random.default_rng(41).random((n, 4))

    def time_run(self, twin, n):
        import numpy as np

        if twin == "sick":
            return [np.sqrt(np.sum(np.square(row))) for row in self.rows]
        return np.sqrt(np.sum(np.square(self.rows), axis=1))


class Oscillator:
    params = (["sick", "healthy"], [60, 250])
    param_names = ("twin", "n")
    pitfall = "call-overhead"
    harm = "time"
    expected = "ok"
    why = "Three hundred compiled steps on a short vector are called from Python."

    def setup(self, twin, n):
        import jax
        import numpy as np

        jax.config.update("jax_enable_x64", True)
        self.state = tuple(jax.device_put(np.random.default_rng(seed).random(n)) for seed in (42, 43))
        self.step, self.run = oscillator()
        jax.block_until_ready([self.step(self.state), self.run(self.state)])

    def time_run(self, twin, n):
        import jax

        state = self.state
        if twin == "sick":
            for _ in range(300):
                state = self.step(state)
        else:
            state = self.run(state)
        jax.block_until_ready(state)
