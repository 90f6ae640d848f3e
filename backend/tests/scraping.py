"""What Prometheus would get."""

from typing import Self

import httpx
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from musubi.core.metrics import REGISTRY


class Scrape:
    """The samples of one moment."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples: list[Sample] = [sample for family in self.families for sample in family.samples]

    @classmethod
    def of(cls, port: int) -> Self:
        """From a server's port for metrics."""
        reply = httpx.get(f"http://127.0.0.1:{port}/metrics")
        assert reply.status_code == 200, reply.text
        return cls(reply.text)

    @classmethod
    def of_registry(cls, registry: CollectorRegistry) -> Self:
        """From this process."""
        return cls(generate_latest(registry).decode())

    def sum(self, name: str, **labels: str) -> float:
        """Of the samples of this name that have these labels; 0 where there are none."""
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    def values(self, name: str, label: str) -> set[str]:
        """The values that a label has in the samples of this name."""
        return {sample.labels[label] for sample in self.samples if sample.name == name}


class Recorded:
    """What this process has recorded since this was made."""

    def __init__(self) -> None:
        self._before = Scrape.of_registry(REGISTRY)

    def since(self, name: str, **labels: str) -> float:
        """By how much the samples of this name that have these labels have grown."""
        return Scrape.of_registry(REGISTRY).sum(name, **labels) - self._before.sum(name, **labels)
