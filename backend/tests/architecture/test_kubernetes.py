"""The manifests fit together, and with the application. scripts/kubernetes-manifests compares them with schemas."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from musubi.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy/kubernetes"
BASE = FOLDER / "base"
OVERLAYS = sorted((FOLDER / "overlays").iterdir())
# Jobs get 5 seconds after requests and connections were drained: docs/operations.md, section Stopping.
JOB_SECONDS = 5


def documents(file: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]


def kustomization(folder: Path) -> dict[str, Any]:
    [content] = documents(folder / "kustomization.yaml")
    return content


def resources(folder: Path) -> list[dict[str, Any]]:
    """What a folder and those it builds on bring into the cluster, patches not applied."""
    found = []
    for name in kustomization(folder)["resources"]:
        path = (folder / name).resolve()
        found += resources(path) if path.is_dir() else documents(path)
    return found


def find(folder: Path, kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in resources(folder) if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pod(resource: dict[str, Any]) -> dict[str, Any]:
    spec = resource["spec"]["jobTemplate"]["spec"] if resource["kind"] == "CronJob" else resource["spec"]
    template = spec["template"]
    assert isinstance(template, dict)
    return template


WORKLOADS = {
    f"{resource['kind']}/{resource['metadata']['name']}": resource
    for overlay in OVERLAYS
    for resource in resources(overlay)
    if resource["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob")
}


def settings_of(folder: Path) -> dict[str, str]:
    lines: list[str] = []
    for generator in kustomization(folder).get("configMapGenerator", []):
        if generator["name"] == "musubi-settings":
            lines += generator.get("literals", [])
            lines += [line for file in generator.get("envs", []) for line in (folder / file).read_text().splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def test_the_version_is_ours() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    [release] = [each for each in kustomization(BASE)["configMapGenerator"] if each["name"] == "musubi-release"]
    assert release["literals"] == [f"version={project['version']}"]


@pytest.mark.parametrize("folder", [BASE, *OVERLAYS], ids=lambda folder: folder.name)
def test_every_manifest_is_built(folder: Path) -> None:
    listed = {name for name in kustomization(folder)["resources"] if not name.startswith("..")}
    assert listed == {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("folder", [BASE, *OVERLAYS], ids=lambda folder: folder.name)
def test_settings_are_settings_and_no_secrets(folder: Path) -> None:
    known = set()
    for field, info in Settings.model_fields.items():
        alias = info.validation_alias
        if "Secret" not in str(info.annotation):
            names = alias.choices if isinstance(alias, AliasChoices) else [f"MUSUBI_{field.upper()}"]
            known |= {str(name) for name in names}
    assert settings_of(folder)
    assert set(settings_of(folder)) <= known


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda folder: folder.name)
def test_patches_change_what_they_mean(overlay: Path) -> None:
    for patch in kustomization(overlay)["patches"]:
        target = find(overlay, patch["target"]["kind"], patch["target"]["name"])
        for change in yaml.safe_load(patch["patch"]):
            *parents, last = change["path"].strip("/").split("/")
            place: Any = target
            for step in parents:
                place = place[int(step)] if isinstance(place, list) else place[step]
            if isinstance(place, list):
                # A number says nothing: a volume in front of it would make this another one.
                assert place[int(last)]["name"] == change["value"]["name"]
            else:
                assert last in place


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda folder: folder.name)
def test_images_of_an_overlay_are_used(overlay: Path) -> None:
    used = {
        container["image"].partition(":")[0]
        for resource in resources(overlay)
        if resource["kind"] in ("Deployment", "Job", "CronJob")
        for container in pod(resource)["spec"]["containers"]
    }
    assert used == {"musubi-backend", "musubi-gateway"}
    assert {image["name"] for image in kustomization(overlay).get("images", [])} in (used, set())


def test_a_pod_has_the_time_to_stop() -> None:
    settings = settings_of(BASE)
    needed = int(settings["MUSUBI_STOP_DELAY_SECONDS"]) + int(settings["MUSUBI_DRAIN_SECONDS"]) + JOB_SECONDS
    backend = pod(find(BASE, "Deployment", "musubi-backend"))["spec"]
    assert backend["terminationGracePeriodSeconds"] >= needed
    gateway = pod(find(BASE, "Deployment", "musubi-gateway"))["spec"]
    seconds = re.search(r"^stop_seconds=(\d+)$", (ROOT / "deploy/compose/gateway").read_text(), re.MULTILINE)
    assert seconds is not None
    waited = gateway["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert gateway["terminationGracePeriodSeconds"] > waited + int(seconds[1])


def test_pods_listen_where_they_are_asked() -> None:
    settings = settings_of(BASE)
    ports = {
        port["name"]: port["containerPort"]
        for port in pod(find(BASE, "Deployment", "musubi-backend"))["spec"]["containers"][0]["ports"]
    }
    assert ports == {"http": int(settings["PORT"]), "metrics": int(settings["MUSUBI_METRICS_PORT"])}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_may_as_little_as_can_be(name: str) -> None:
    """What Kubernetes calls the restricted standard for pods, and a little more."""
    spec = pod(WORKLOADS[name])["spec"]
    assert spec["automountServiceAccountToken"] is False
    # Its variables would be read as settings: MUSUBI_PORT, for a service called musubi.
    assert spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_pod_mounts_is_there(name: str) -> None:
    spec = pod(WORKLOADS[name])["spec"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in WORKLOADS[name]["spec"].get("volumeClaimTemplates", [])}
    mounted = {mount["name"] for container in spec["containers"] for mount in container["volumeMounts"]}
    assert mounted == volumes


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda folder: folder.name)
def test_selectors_find_pods(overlay: Path) -> None:
    pods = [
        pod(resource)["metadata"]["labels"]
        for resource in resources(overlay)
        if resource["kind"] in ("Deployment", "StatefulSet")
    ]
    for resource in resources(overlay):
        if resource["kind"] == "Service":
            wanted = resource["spec"]["selector"]
        elif resource["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
            wanted = resource["spec"]["selector"]["matchLabels"]
        else:
            continue
        assert len([labels for labels in pods if wanted.items() <= labels.items()]) == 1, resource["metadata"]
