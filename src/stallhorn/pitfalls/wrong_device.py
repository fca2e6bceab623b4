"""JAX computes on another device than the installation or the settings promise.

`pip install jax[cuda12]` on a machine where the plug-in does not start gives the CPU, with one line of warning;
`pip install jax` over leftovers of an earlier GPU version too. And beside NumPy and Numba on the CPU, a JAX that took
the GPU is not the comparison that was meant.

Detected from recorded facts: plug-ins that are installed, the back end that runs, what was asked for, where the result
lies. A back end that was asked for by name is somebody's choice, and innocent, as is a parameter that names the device.

It cannot be seen whether a GPU that is not in /dev exists, nor whether inputs lie on another device than the result.
No machine of the project's has a GPU: the rules are tested on recorded facts.

Source: an issue of a radial-basis-function package whose JAX timings changed when a GPU version had been installed
unnoticed; docs.jax.dev, "Installation".
"""

from __future__ import annotations

from stallhorn.model import Evidence, Finding, Switch
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, Facts, counted

TITLE = "JAX on another device than meant"
NEEDS = ("jax.backend",)

ACCELERATORS = ("cuda", "gpu", "rocm", "tpu", "metal", "xpu")


def detect(case: Case) -> Finding | None:
    if case.facts.text("jax.backend") == "cpu":
        return _not_what_was_asked(case) or _plugin_unused(case) or _leftovers(case)
    return _result_elsewhere(case) or _beside_the_cpu(case)


def _asked(facts: Facts) -> str:
    return (facts.text("jax.asked_device") or "").lower()


def _first_asked(facts: Facts) -> str:
    return _asked(facts).split(",")[0].strip()


def _is_accelerator(name: str) -> bool:
    return any(word in name.lower() for word in ACCELERATORS)


def _plugins(facts: Facts) -> tuple[str, ...]:
    return tuple(name for name in facts.texts("jax.plugins") if _is_accelerator(name))


def _wheels(facts: Facts) -> dict[str, str]:
    """Distributions for GPUs, with versions."""
    found = {name: str(version) for name, version in facts.within("installation.jax_wheels").items()}
    return {name: version for name, version in sorted(found.items()) if name.startswith(("jax-", "nvidia-"))}


def _of_another_version(facts: Facts) -> dict[str, str]:
    """Plug-ins of another version than jaxlib: the usual reason why they do not start."""
    jaxlib = facts.within("installation.jax_wheels").get("jaxlib")
    wheels = {name: version for name, version in _wheels(facts).items() if name.startswith("jax-")}
    return {name: version for name, version in wheels.items() if jaxlib is not None and version != jaxlib}


def _not_what_was_asked(case: Case) -> Finding | None:
    first = _first_asked(case.facts)
    if not first or not _is_accelerator(first):
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"JAX was asked for {first} (JAX_PLATFORMS={_asked(case.facts)}), but computes on the CPU.",
        (counted("JAX's back end", "cpu", first), *_mismatch(case.facts)),
        f"Ask for {first} alone (`JAX_PLATFORMS={first}`): JAX then says why it does not start, in place of going on "
        "with the CPU.",
    )


def _plugin_unused(case: Case) -> Finding | None:
    plugins = _plugins(case.facts)
    if not plugins or _asked(case.facts):
        return None
    mismatch = _mismatch(case.facts)
    # Where the system shows no GPU nothing is lost; where that is not known, a plug-in was installed to be used.
    no_gpu = case.facts.has("installation.gpus") and not case.facts.texts("installation.gpus")
    return case.finding(
        __name__,
        CONTEXT if no_gpu else CAUSE,
        f"JAX computes on the CPU, though {_count(plugins, 'plug-in')} for another device ({', '.join(plugins)}) "
        f"{'is' if len(plugins) == 1 else 'are'} installed"
        + (": no GPU is there." if no_gpu else f": {_first(mismatch)}." if mismatch else ": it did not start."),
        (counted("JAX's back end", "cpu", ", ".join(plugins)), counted("plug-ins", ", ".join(plugins), "-"), *mismatch),
        'If the CPU is meant: `pip uninstall` what is listed and `pip install "jax[cpu]"`, or say so with '
        "`JAX_PLATFORMS=cpu`. If not: `JAX_PLATFORMS=cuda` makes JAX say why the plug-in does not start.",
        Switch("JAX_PLATFORMS=cpu", {"JAX_PLATFORMS": "cpu"}),
    )


def _first(mismatch: tuple[Evidence, ...]) -> str:
    return f"its version is {mismatch[0].value}, jaxlib's {mismatch[0].expected}"


def _mismatch(facts: Facts) -> tuple[Evidence, ...]:
    jaxlib = facts.within("installation.jax_wheels").get("jaxlib")
    return tuple(counted(f"version of {name}", version, jaxlib) for name, version in _of_another_version(facts).items())


def _leftovers(case: Case) -> Finding | None:
    """Wheels for GPUs that no plug-in uses."""
    wheels = _wheels(case.facts)
    if not any(name.startswith("jax-") for name in wheels) or _plugins(case.facts) or _asked(case.facts):
        return None
    return case.finding(
        __name__,
        CONTEXT,
        f"{_count(tuple(wheels), 'distribution')} for GPUs ({', '.join(list(wheels)[:3])}) "
        "are installed, but JAX has no plug-in that uses them.",
        tuple(counted(f"distribution {name}", version, "not installed") for name, version in list(wheels.items())[:5]),
        f'`pip uninstall {" ".join(wheels)}`, then `pip install "jax[cpu]"`.',
    )


def _count(things: tuple[str, ...], noun: str) -> str:
    return f"one {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _result_elsewhere(case: Case) -> Finding | None:
    """The default is an accelerator, but the result lies on the CPU."""
    devices = [*case.facts.texts("jax.devices"), case.facts.text("result.device") or ""]
    named = [name.lower() for name in devices if name]
    if not named or not all("cpu" in name for name in named) or _names_a_device(case):
        return None
    backend = case.facts.text("jax.backend") or ""
    return case.finding(
        __name__,
        CAUSE,
        f"JAX's back end is {backend}, but the result was computed on {named[0]}.",
        (counted("devices of the result", ", ".join(sorted(set(named))), backend),),
        "Leave out `jax.default_device` and `jax.device_put(x, cpu)`, or put the inputs where the work is meant to be: "
        "`x = jax.device_put(x, jax.devices()[0])`.",
    )


def _beside_the_cpu(case: Case) -> Finding | None:
    """An accelerator that nobody asked for, beside the same benchmark with NumPy or Numba."""
    if _asked(case.facts) or _names_a_device(case):
        return None
    others = [name for one in case.along("backend") if (name := one.parameters.get("backend")) in ("numpy", "numba")]
    if not others:
        return None
    backend = case.facts.text("jax.backend") or ""
    return case.finding(
        __name__,
        CONTEXT,
        f"JAX computed on {backend}, which nobody asked for; {' and '.join(others)} beside it on the CPU.",
        (counted("JAX's back end", backend, "cpu"),),
        'To compare on the CPU: `JAX_PLATFORMS=cpu`, or `pip install "jax[cpu]"` in an environment without the '
        "GPU's wheels.",
        Switch("JAX_PLATFORMS=cpu", {"JAX_PLATFORMS": "cpu"}),
    )


def _names_a_device(case: Case) -> bool:
    return any(
        "cpu" in value.lower() or _is_accelerator(value) or name in ("device", "platform")
        for name, value in case.run.parameters.values
    )
