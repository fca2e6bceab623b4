"""One file per subcommand.

A command module has a docstring (its first line is the short help, the whole is the help), `add_arguments(parser)`
and `run(args) -> ExitCode`. Heavy imports happen inside `run`, so that `stallhorn --help` is quick and a command pays
only for what it uses.
"""
