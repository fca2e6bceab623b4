"""The kernels' benchmark suite: inputs, sizes and seeds. docs/kernels.md says how a kernel is added."""
