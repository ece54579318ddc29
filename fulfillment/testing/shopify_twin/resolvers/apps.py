"""The app as it sees itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fulfillment.testing.shopify_twin.world.ids import Thing


@dataclass(frozen=True, slots=True)
class AccessScope:
    handle: str

    @property
    def description(self) -> str:
        return self.handle.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class App(Thing):
    type_name: ClassVar[str] = "App"
    api_key: str
    id: int = 12345
    title: str = "Parcelwise"
    handle: str = "parcelwise"


@dataclass(frozen=True, slots=True)
class Installation(Thing):
    type_name: ClassVar[str] = "AppInstallation"
    app: App
    access_scopes: list[AccessScope]
    id: int = 54321
