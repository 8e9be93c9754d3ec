"""The addresses that the worker wants, and who has them."""

from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from dragoman.diagnosis.findings import Finding, fine, problem
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.process.address import Address


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address, and what keeps the worker from it.

    Args:
        flag: what sets it.
        address: the address.
        problems: why it cannot be had; empty where it can.
        holder: the process that has it, such as `nginx (pid 7)`; None where it cannot be seen.
        pid: that process.
    """

    flag: str
    address: Address
    problems: tuple[str, ...]
    holder: str | None = None
    pid: int | None = None


def look(subject: Subject) -> tuple[Wanted, ...]:
    """Try to take each address, and let go of it."""
    host = subject.value("host")
    addresses = {
        "--uds" if subject.value("uds") else "--port": Address(host, subject.value("port"), subject.value("uds"))
    }
    health = subject.value("health_port")
    if health not in (None, subject.value("port")):
        addresses["--health-port"] = Address(host, health)
    return tuple(_tried(flag, address) for flag, address in addresses.items())


def free(subject: Subject, wanted: tuple[Wanted, ...]) -> Iterator[Finding]:
    """Whether the worker can listen where it is to listen."""
    for each in wanted:
        for text in each.problems:
            what = f"{text}: {each.holder} has it" if each.holder else text
            why = "The worker ends with exit code 2." + (f" (kill {each.pid} ends the other one.)" if each.pid else "")
            other = f"{each.address.uds}.2" if each.address.uds else "0"
            yield problem(what, why, subject.command("serve", each.flag, other))
        if not each.problems:
            yield fine(f"{each.address} is free")


def _tried(flag: str, address: Address) -> Wanted:
    problems = address.problems()
    pid = _listener(address.port) if problems and not address.uds else None
    return Wanted(flag, address, problems, None if pid is None else _named(pid), pid)


def _listener(port: int) -> int | None:
    """The process that listens on a port; None where this user may not know."""
    try:
        found = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return None
    listening = (each for each in found if each.status == psutil.CONN_LISTEN)
    return next((each.pid for each in listening if getattr(each.laddr, "port", None) == port), None)


def _named(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).name()} (pid {pid})"
    except psutil.Error:
        return f"process {pid}"


TOPIC = Topic(
    "the address",
    look,
    (Check("port", "Whether the port or socket is free, the health port's too, and who holds it.", free),),
)
