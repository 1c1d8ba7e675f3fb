"""Writes Workbench's software bill of materials (SBOM): `./dev sbom`.

Usage: sbom.py PYTHON FILE. FILE becomes a CycloneDX 1.6 document in JSON. cyclonedx-py lists the Python
packages of PYTHON's environment with their licenses and dependencies; the npm packages whose code is in the
editor page are added from its package-lock.json, with their hashes too. What only builds or tests Workbench
is not in it, nor are the system's packages.

Source: https://cyclonedx.org/docs/1.6/json/
"""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

_ROOT = Path(__file__).resolve().parents[1]
_PREFIX = "node_modules/"


def write_sbom(python: Path, file: Path) -> None:
    """Writes the SBOM of this environment and of the editor page, once it is valid.

    Raises:
        SystemExit: cyclonedx-py failed, or the document does not follow CycloneDX's schema.
    """
    bom = Bom.from_json(_python_packages(python))
    lock = json.loads((_ROOT / "resources" / "editor" / "package-lock.json").read_text("utf-8"))
    _add_npm_packages(bom, lock["packages"])
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"The SBOM does not follow the schema of CycloneDX 1.6: {error}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n", "utf-8")


def _python_packages(python: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--spec-version", "1.6"]
    command += ["--pyproject", str(_ROOT / "pyproject.toml")]
    command += ["--no-validate", str(python)]  # the whole is validated
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The Python packages of {python} could not be listed.\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _add_npm_packages(bom: Bom, packages: Mapping[str, Mapping[str, Any]]) -> None:
    """Adds what a package-lock.json (version 3) names, but the tools that build the page."""
    components = {
        path: _component(path.rpartition(_PREFIX)[2], about)
        for path, about in packages.items()
        if path and not about.get("dev")
    }
    bom.components.update(components.values())
    workbench = bom.metadata.component
    for path, about in packages.items():
        if dependent := components.get(path) if path else workbench:
            needed = [components[found] for found in _needed(path, about, components)]
            bom.register_dependency(dependent, needed)


def _component(name: str, about: Mapping[str, Any]) -> Component:
    group, _, base_name = name.rpartition("/")
    algorithm, _, digest = about["integrity"].partition("-")
    return Component(
        type=ComponentType.LIBRARY,
        group=group or None,
        name=base_name,
        version=about["version"],
        bom_ref=f"npm:{name}@{about['version']}",
        purl=PackageURL("npm", group, base_name, about["version"]),
        licenses=[
            LicenseFactory().make_from_string(
                about["license"], license_acknowledgement=LicenseAcknowledgement.DECLARED
            )
        ],
        hashes=[
            HashType(
                alg=HashAlgorithm[algorithm.upper().replace("SHA", "SHA_")],
                content=base64.b64decode(digest).hex(),
            )
        ],
    )


def _needed(path: str, about: Mapping[str, Any], known: Mapping[str, Component]) -> Iterator[str]:
    """The paths of a package's dependencies: each in the nearest node_modules that has it, as Node looks."""
    for name in {**about.get("dependencies", {}), **about.get("optionalDependencies", {})}:
        folder = path
        while (found := f"{folder}/{_PREFIX}{name}".lstrip("/")) not in known and folder:
            folder = folder.rpartition(_PREFIX)[0].rstrip("/")
        if found in known:
            yield found


if __name__ == "__main__":
    write_sbom(Path(sys.argv[1]), Path(sys.argv[2]))
