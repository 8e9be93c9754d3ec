"""What every replica of a cluster is started with, wherever it runs."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

# Variables that belong to one machine, one login or one process, and say nothing about the worker.
OF_A_MACHINE = frozenset(
    "_ COLORTERM DISPLAY HOME HOSTNAME INVOCATION_ID JOURNAL_STREAM LD_LIBRARY_PATH LD_PRELOAD LOGNAME LS_COLORS MAIL"
    " NOTIFY_SOCKET OLDPWD PATH PS1 PWD PYTHONHOME PYTHONPATH SHELL SHLVL TEMP TERM TMP TMPDIR USER VIRTUAL_ENV"
    " VLLM_HOST_IP VLLM_RPC_BASE_PATH".split()
)
FAMILIES_OF_A_MACHINE = (
    *("CONDA_", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "KUBERNETES_", "LISTEN_", "NVIDIA_", "RAY_"),
    *("ROCR_VISIBLE_DEVICES", "SSH_", "SYSTEMD_", "XDG_"),
)


@dataclass(frozen=True)
class Order:
    """The configuration of the worker, as it was given to the command that made the cluster serve.

    Args:
        arguments: the command line, the cluster's own flags among it, which a replica has no use for.
        environment: the variables that hold settings, ours, a platform's and those of libraries.
        directory: where relative paths of the command line begin; None where there was no command line.
    """

    arguments: tuple[str, ...] = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    directory: str | None = None

    @classmethod
    def of_command(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> Self:
        """The order that a command line and the environment around it make."""
        return cls(tuple(arguments), portable(environment), os.getcwd())

    def place(self) -> str | None:
        """The directory, where this machine has it too."""
        return self.directory if self.directory and os.path.isdir(self.directory) else None


def portable(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that mean the same on every machine."""
    return {name: value for name, value in environment.items() if not _is_of_a_machine(name)}


def _is_of_a_machine(name: str) -> bool:
    return name in OF_A_MACHINE or name.startswith(FAMILIES_OF_A_MACHINE)
