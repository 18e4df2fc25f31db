"""The memory of a process and of everything it starts, as the kernel's own high-water mark (VmHWM); Linux only."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

EVERY = 0.1
"""Seconds between two looks. The mark never falls while a process lives, so only its very last moment can be missed."""


class Peaks:
    """While it is open, the highest VmHWM (MB) of each process below ``root`` (this process: its children only)."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.by_process: dict[str, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()

    @property
    def largest(self) -> float:
        return max(self.by_process.values())

    def _watch(self) -> None:
        while not self._end.wait(EVERY):
            for pid in _family(self.root):
                self._look(pid)

    def _look(self, pid: int) -> None:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return
        facts = dict(line.split(":", 1) for line in lines if ":" in line)
        if "VmHWM" in facts:
            key = f"{facts['Name'].strip()} {pid}"
            self.by_process[key] = max(self.by_process.get(key, 0.0), int(facts["VmHWM"].split()[0]) / 1024)


def _family(root: int) -> list[int]:
    """The process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def run_watched(command: list[str], until: Callable[[], bool] | None = None) -> Peaks:
    """Run a command to its end, or, with ``until``, stop it once that is true. Raises when it fails of itself."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, Peaks(process.pid) as peaks:
        while process.poll() is None:
            if until is not None and until():
                process.terminate()
                process.wait()
                return peaks
            threading.Event().wait(EVERY)
    if process.returncode or until is not None:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return peaks
