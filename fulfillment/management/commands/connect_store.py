"""``manage.py connect_store KIND --url …``: connect a store, or bring it up to date. See ``docs/stores.md``."""

from __future__ import annotations

import getpass
import json
import os
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.views.decorators.debug import sensitive_variables

from fulfillment.models import Store
from fulfillment.services import connect, connection_test, hooks
from fulfillment.stores import platforms
from fulfillment.stores.credentials import credentials_of
from parcelwise.errors import ParcelwiseError

#: Option -> what it is; each may come from the environment, or from standard input where its value is "-".
SECRETS = {
    "key": "Shopify: client id; WooCommerce: consumer key",
    "secret": "Shopify: client secret; WooCommerce: consumer secret",
    "token": "Shopify: fixed admin token, instead of a client id",
    "hook_secret": "with which deliveries are signed; WooCommerce: made here when you give none",
}
_OWN = (
    "Orders of your own Django models need no connecting: name your adapter in "
    'PARCELWISE["FULFILLMENT"]["STORES"], then run manage.py sync_orders --all. docs/stores.md shows how.'
)


class Command(BaseCommand):
    help = "Connect a store on a platform, or bring its connection up to date, and print its id and hook URL."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version makes room: here it is the platform's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=f"platform: {', '.join(sorted(platforms))}")
        parser.add_argument("--url", required=True, help="where the shop is: https://shop.example, my.myshopify.com")
        for name, what in SECRETS.items():
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                default="",
                help=f"{what}. “-” reads it from standard input, one line each; else ${variable(name)}",
            )
        parser.add_argument("--api-version", "--version", dest="api_version", default="", help="of the platform's API")
        parser.add_argument("--name", default="", help="what the store is called here")
        parser.add_argument("--slug", default="", help="its short name, for commands and files")
        parser.add_argument("--no-test", action="store_true", help="connect it even when it cannot be reached now")
        parser.add_argument("--sync", action="store_true", help="read all its orders afterwards")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    @sensitive_variables()
    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["kind"]
        if kind in ("models", "oscar", "import"):
            raise CommandError(_OWN)
        if kind not in platforms:
            raise CommandError(f"There is no platform “{kind}”. Known: {', '.join(sorted(platforms))}.")
        try:
            attempt = connect.connect(
                kind,
                options["url"],
                credentials_of(kind, **{name: secret(name, options[name]) for name in SECRETS}),
                name=options["name"],
                slug=options["slug"],
                api_version=options["api_version"],
                tested=not options["no_test"],
            )
        except ParcelwiseError as error:
            raise CommandError(str(error)) from error
        self._report(attempt, options["json"])
        if options["sync"]:
            call_command("sync_store", str(attempt.store.pk), stdout=self.stderr, stderr=self.stderr)
        if not attempt.works and not options["no_test"]:
            kept = " The former credentials are still in use." if attempt.former_kept else ""
            raise CommandError(f"{attempt.store.name} is not connected: see the crosses above.{kept}")

    def _report(self, attempt: connect.Attempt, as_json: bool) -> None:
        store = attempt.store
        for tick in attempt.ticks:
            mark = "ok" if tick.good else "note" if tick.minor else "FAILED"
            self.stderr.write(f"  {mark:6} {tick.what}: {tick.found}" + (f" → {tick.remedy}" if not tick.good else ""))
        url = hook_url(store)
        if as_json:
            report = {
                "id": store.pk,
                "uuid": str(store.uuid),
                "slug": store.slug,
                "hook_url": url,
                "connected": attempt.works,
                "checks": connection_test.as_json(attempt.ticks),
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        standing = "connected" if attempt.works else "saved, not tested" if not attempt.ticks else "not connected"
        self.stdout.write(f"{store.name}: {standing}")
        self.stdout.write(f"id {store.pk} · uuid {store.uuid} · slug {store.slug}")
        self.stdout.write(f"hook URL {url or 'not known: set LINKS.BASE_URL and include fulfillment.hook_urls'}")


def variable(name: str) -> str:
    """The environment variable from which an option is taken that is not given."""
    return f"PARCELWISE_STORE_{name.upper()}"


@sensitive_variables()
def secret(name: str, given: str) -> str:
    """The value of an option, wherever it is: the process list shows what stands on the command line."""
    if given != "-":
        return given or os.environ.get(variable(name), "")
    if sys.stdin.isatty():
        return getpass.getpass(f"{name.replace('_', ' ')}: ")
    return sys.stdin.readline().strip()


def hook_url(store: Store) -> str:
    """Where deliveries of the store are taken; empty when that is not known."""
    try:
        return hooks.hook_url(store)
    except ParcelwiseError:
        return ""
