"""Write what ships as a CycloneDX 1.5 list: `python tools/sbom.py out/sbom.cdx.json`.

Every Python package that is installed because edge-agent needs it, with version and licence, and every model of the
catalogue with its licence and the hash of each file. The same input gives the same bytes: there is no time in it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from write_docs import licence, runtime

from edge_agent import __version__
from edge_agent.supply import catalogue

Object = dict[str, Any]


def sbom() -> Object:
    """Return the list."""
    packages = [package(dist.name, dist.version, licence(dist)) for dist in runtime()]
    models = [model(one) for one in catalogue.load().models.values()]
    product = package("edge-agent", __version__, "Apache-2.0 AND BSD-2-Clause AND GPL-3.0-or-later")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": product | {"type": "application"}},
        "components": packages + models,
        "dependencies": [{"ref": product["bom-ref"], "dependsOn": [one["bom-ref"] for one in packages]}],
    }


def package(name: str, version: str, licence: str) -> Object:
    """Return one Python package."""
    url = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    return {
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
        "licenses": [{"license": {"name": licence}}],
    }


def model(one: catalogue.Model) -> Object:
    """Return one model; it is fetched, and not part of any package."""
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{one.name}",
        "name": one.name,
        "description": one.about,
        "scope": "optional",
        "licenses": [{"license": {"name": one.licence}}],
        "components": [
            {"type": "file", "name": file.name, "hashes": [{"alg": "SHA-256", "content": file.sha256}]}
            for file in one.files
        ],
    }


def main() -> None:
    """Write the file that the command line names."""
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(sbom(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(f"{out}\n")


if __name__ == "__main__":
    main()
