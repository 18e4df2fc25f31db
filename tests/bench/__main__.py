"""Make a small and a large database, measure the same pages and jobs on both, print a table of ratios with their bars.

Arguments name the parts to measure (`make bench ARGS="pages pack"`); without any, all of them.
Environment: BENCH_RECORDS (default 1,000,000); BENCH_POSTGRES, a server to use instead of the temporary one, such as
postgres://postgres@127.0.0.1:5432; BENCH_KEEP=1 uses that server's databases again. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
SMALL = 1_000
LARGE = int(os.environ.get("BENCH_RECORDS", "1000000"))
SERVER = os.environ.get("BENCH_POSTGRES") or os.environ["TEST_DATABASE_URL"].rpartition("/")[0]
PAGES = ("home", "list of 50", "record page", "evidence page")
KEEP = os.environ.get("BENCH_KEEP") == "1"


Environment = dict[str, str]


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the figure, and the bar it must hold."""

    what: str
    figure: float
    bar: float
    unit: str = "x"
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        figure, bar = f"{self.figure:,.2f} {self.unit}", f"{sign} {self.bar:,.2f} {self.unit}"
        return f"{'ok  ' if self.holds else 'MISS'}  {self.what:<72} {figure:>20} {bar:>20}"


def database(size: int) -> dict[str, str]:
    """The environment of a run against the database of that size, made and filled unless it is kept from before."""
    name = f"qms_bench_{size}"
    var = Path(tempfile.gettempdir()) / name
    env = os.environ | {
        "DATABASE_URL": f"{SERVER}/{name}", "VAR_DIR": str(var), "DEBUG": "1", "REDIS_URL": "", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    connection = psycopg2.connect(f"{SERVER}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() and KEEP:
            return env
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    started = time.perf_counter()
    for command in (["setup", "--no-static"], ["load_demo", "--records", str(size)]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL
        )
    filled = psycopg2.connect(f"{SERVER}/{name}")
    filled.autocommit = True  # VACUUM runs outside a transaction only
    filled.cursor().execute("VACUUM ANALYZE")
    filled.close()
    sys.stdout.write(f"{size:,} records made in {time.perf_counter() - started:.0f} s\n")
    sys.stdout.flush()
    return env


def copy_of(size: int, env: dict[str, str]) -> dict[str, str]:
    """The environment of a run that writes for good, against a copy of the database of that size."""
    name = f"qms_bench_{size}"
    connection = psycopg2.connect(f"{SERVER}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}_copy" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
    connection.close()
    return env | {"DATABASE_URL": f"{SERVER}/{name}_copy"}


@contextmanager
def copied(env: Environment) -> Iterator[Environment]:
    """The environment of a run against a copy of a database, which goes away at the end."""
    name = env["DATABASE_URL"].rpartition("/")[2]
    connection = psycopg2.connect(f"{SERVER}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}_copy" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
        try:
            yield env | {"DATABASE_URL": f"{SERVER}/{name}_copy"}
        finally:
            cursor.execute(f'DROP DATABASE "{name}_copy" WITH (FORCE)')
    connection.close()


def measure(module: str, env: dict[str, str]) -> dict[str, Any]:
    """Run one measuring module in a process of its own and read the JSON it prints last."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}"],
        cwd=ROOT,
        env=env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    sys.stderr.write(f"{module}: {result}\n")
    return result


def pages(small_env: Environment, large_env: Environment) -> list[Row]:
    """Pages and lists at both sizes, and logging an act."""
    small, large = measure("pages", small_env), measure("pages", large_env)
    return [
        *(Row(f"{page}: {LARGE:,} records against {SMALL:,} (median)", large[page] / small[page], 2.0)
          for page in PAGES),
        *(Row(f"{page}: queries", large[f"{page} queries"], 12, "queries") for page in PAGES),
        Row("list of 50 against a lean Django list of 50 rows", large["list of 50"] / large["lean list"], 2.0),
        Row("API list of 100 against a lean JSON list of 100 rows", large["api list of 100"] / large["lean JSON"], 2.0),
        Row("API list of 100: queries", large["api list of 100 queries"], 12, "queries"),
        Row("log an activity: p95 against a view that inserts one row", large["log p95"] / large["bare p95"], 3.0),
    ]  # fmt: skip


def trail(_small: Environment, large_env: Environment) -> list[Row]:
    """Entries of the trail checked in a second."""
    found = measure("trail", large_env)
    return [Row("trail verified", found["entries per second"], 100_000, "entries/s", at_least=True)]


def people(small_env: Environment, _large: Environment) -> list[Row]:
    """An import of people."""
    return [Row("import of 1,000 people", measure("people", small_env)["seconds"], 10, "s")]


def risk(small_env: Environment, _large: Environment) -> list[Row]:
    """The heat map."""
    found = measure("risk", small_env)
    ratio = found["heat map 100000"] / found["heat map 1000"]
    return [
        Row("heat map of 100,000 risks against 1,000 (median)", ratio, 2.0),
        Row("heat map: queries", found["heat map queries"], 12, "queries"),
    ]


def quality_cost(small_env: Environment, _large: Environment) -> list[Row]:
    """An import of postings."""
    found = measure("quality_cost", small_env)
    return [Row("import of 10,000 postings of quality costs", found["seconds"], 10, "s")]


def improvement_action(small_env: Environment, _large: Environment) -> list[Row]:
    """The boards and lists of actions."""
    return _at_two_sizes("improvement_action", "actions", small_env, 100_000)


def objective(small_env: Environment, _large: Environment) -> list[Row]:
    """The boards and lists of objectives."""
    return _at_two_sizes("objective", "objectives", small_env, 20_000)


def nonconformity(small_env: Environment, _large: Environment) -> list[Row]:
    """The lists of nonconformities and the causes that come back."""
    return _at_two_sizes("nonconformity", "nonconformities", small_env, 20_000)


def _at_two_sizes(module: str, what: str, env: Environment, size: int) -> list[Row]:
    times = measure(module, env)
    names = [name.removesuffix(" 1000") for name in times if name.endswith(" 1000")]
    return [
        *(Row(f"{what}, {name}: {size:,} against 1,000", times[f"{name} {size}"] / times[f"{name} 1000"], 2.0)
          for name in names),
        Row(f"{what}: queries", times["queries"], 12, "queries"),
    ]  # fmt: skip


def reminder(_small: Environment, large_env: Environment) -> list[Row]:
    """A day with nothing to tell, and one with much, which is written for good into a copy."""
    found = measure("reminder_idle", large_env)
    with copied(large_env) as copy_env:
        found |= measure("reminder", copy_env)
    return [
        Row("100,000 due records of 2,000 people planned and digested", found["seconds"], 60, "s"),
        Row(f"reminders, a look around with nothing to do at {LARGE:,} records", found["idle ms"], 200, "ms"),
    ]


def pack(_small: Environment, large_env: Environment) -> list[Row]:
    """Evidence packs of 1,000 and of 10,000 records."""
    found = measure("pack", large_env)
    return [
        Row("pack of 1,000 records against WeasyPrint's own CPU time", found["ratio"], 1.3),
        Row("pack of 10,000 records: largest process", found["largest MB"], 250, "MB"),
    ]


PARTS: dict[str, Callable[[Environment, Environment], list[Row]]] = {
    part.__name__: part
    for part in (
        pages, trail, people, risk, quality_cost, improvement_action, objective, nonconformity, reminder, pack,
    )
}  # fmt: skip


def main(wanted: list[str]) -> int:
    """Measure everything, or the parts that are named, and print the table."""
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.stderr.write(f"No such part: {', '.join(unknown)}. There are: {', '.join(PARTS)}.\n")
        return 2
    small_env, large_env = database(SMALL), database(LARGE)
    rows = [row for name in wanted or PARTS for row in PARTS[name](small_env, large_env)]
    sys.stdout.write("\n".join(str(row) for row in rows) + "\n")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
