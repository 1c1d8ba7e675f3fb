"""The machine that dependencies are installed for: a runtime of Lambda and its processor.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (their systems)
and https://docs.aws.amazon.com/lambda/latest/dg/python-package.html (platforms of wheels).
"""

import re
from dataclasses import dataclass

_RUNTIME = re.compile(r"(python|nodejs)(\d+)(?:\.(\d+|x))?")
# From these on a runtime is based on Amazon Linux 2023; older ones on Amazon Linux 2.
_FIRST_ON_AL2023 = {"python": 12, "nodejs": 20}
_GLIBC_AL2, _GLIBC_AL2023 = (2, 26), (2, 34)
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime and a processor.

    Attributes:
        runtime: As configured, "python3.13".
        architecture: As configured: "x86_64" or "arm64".
    """

    runtime: str
    architecture: str = "x86_64"

    @property
    def language(self) -> str:
        """Either "python" or "nodejs"; "" for runtimes whose dependencies Workbench does not install."""
        found = _RUNTIME.fullmatch(self.runtime)
        return found[1] if found else ""

    @property
    def python_version(self) -> str:
        """Such as "3.13" of "python3.13"; else ""."""
        return self.runtime.removeprefix("python") if self.language == "python" else ""

    @property
    def glibc(self) -> tuple[int, int]:
        """The version of the C library there: what is built for a newer one does not load."""
        found = _RUNTIME.fullmatch(self.runtime)
        if found:
            number = int(found[3] if found[1] == "python" and found[3] else found[2])
            return _GLIBC_AL2023 if number >= _FIRST_ON_AL2023[found[1]] else _GLIBC_AL2
        older = self.runtime in ("provided.al2", "java8.al2", "java11", "java17", "ruby3.2", "dotnet6")
        return _GLIBC_AL2 if older else _GLIBC_AL2023

    @property
    def machine(self) -> str:
        """The processor as Linux and wheels call it: "x86_64" or "aarch64"."""
        return _MACHINES.get(self.architecture, self.architecture)

    @property
    def platform(self) -> str:
        """As uv is told; wheels for this or any older C library are taken."""
        libc = "manylinux_2_34" if self.glibc >= _GLIBC_AL2023 else "manylinux2014"
        return f"{self.machine}-{libc}"

    def __str__(self) -> str:
        return f"{self.runtime} on {self.architecture}"
