"""``PARCELWISE["FULFILLMENT"]``."""

from __future__ import annotations

from parcelwise.conf import Section


class FulfillmentSettings(Section, key="FULFILLMENT"):
    """Orders, parcels, tracking and arrival."""

    STORES: tuple[str, ...] = ()
    """Dotted paths of adapters for the project's own order models (subclasses of ``ModelStore``)."""
    CARRIERS: dict[str, str] = {}
    """Further carrier gateways: name -> dotted path of a subclass of ``Carrier``."""
    PLATFORMS: dict[str, str] = {}
    """Further platforms of stores: kind -> dotted path of a subclass of ``fulfillment.stores.Platform``."""
    HOOK_URL: str = ""
    """Scheme, host and path under which ``fulfillment.hook_urls`` is reached from outside, if it is not
    ``LINKS["BASE_URL"]`` and the path of the URL configuration."""
    PICTURES: str = ""
    """Dotted path of a function that gives customers' pages pictures of what was bought: order lines in, a mapping from
    their keys to addresses out."""
    KEEP_DELIVERIES_DAYS: int = 30
    """Days after which the raw deliveries of platforms, which hold personal data, are deleted."""
    WARN_ABOVE: float = 0.6
    """Chance of being late from which a delay counts as expected."""
    CALM_BELOW: float = 0.3
    """Chance of being late below which an expected delay counts as over."""
    POLL_MINUTES: dict[str, int] = {}
    """Fixed minutes between two polls by status, instead of the plan."""
    POLL_PRICE: float = 2050.0
    """What one poll costs, in weighed minutes of not knowing; a higher price means fewer polls."""
    POLL_LEAST_MINUTES: float = 15.0
    """The shortest pause between two polls of a parcel."""
    POLL_MOST_MINUTES: float = 720.0
    """The longest pause between two polls of a parcel."""
    POLL_PUSHED_MINUTES: float = 1440.0
    """The pause between two polls of a parcel whose carrier tells of news unasked."""
    POLL_PER_DAY: dict[str, int] = {}
    """Parcels that an account of a carrier may be asked about in 24 hours, by carrier."""
    RECONCILE_MINUTES: int = 60
    """Minutes between two sweeps over the project's own order models."""
    STOP_AFTER_DAYS: int = 60
    """Days without any news after which a parcel is no longer polled."""
    SILENCE_BUDGET: float = 5.0
    """Healthy parcels of 1,000 that may be taken for silent ones by mistake."""
    HANDOVER_DAYS: float = 2.0
    """Working days after which a label whose parcel no carrier has seen is an exception."""
    STUCK_DAYS: dict[str, float] = {}
    """Working days that a parcel may keep one status, by status, over the built-in table."""
    STAFF_MAIL: str = ""
    """Least urgency of exceptions of which ``MANAGERS`` are mailed: ``high``, ``medium`` or ``low``; empty: no mail."""
    MAP_TILES: str = ""
    """Raster tiles under maps: ``https://tiles.example/{z}/{x}/{y}.png``; empty: maps are sketches without streets."""
    MAP_ATTRIBUTION: str = ""
    """Whom the licence of the tiles wants named under each map."""


class GpsSettings(Section, key="GPS"):
    """Own couriers and where they are."""

    KEEP_HOURS: int = 24
    """Hours after which positions of couriers are deleted; older ones that a phone sends late are refused."""
    PINGS_PER_MINUTE: int = 600
    """Positions that one device may send in a minute."""
    NEAR_METRES: float = 500.0
    """Around a stop: the courier is near."""
    DOOR_METRES: float = 60.0
    """Around a stop: who stays here has arrived."""
    HIDE_METRES: float = 150.0
    """Around the stops of others: there a customer is not shown the courier."""
    STALE_MINUTES: int = 20
    """Minutes after which a position is too old to be shown or reckoned with."""
    GEOCODER: str = ""
    """Dotted path of a function that takes an Address and returns latitude and longitude, or None; empty: by hand."""
    ROUTE_SECONDS: int = 120
    """Seconds between two questions to the routing service about one run."""
    ROUTING: dict[str, str] = {}
    """Further routing services: kind -> dotted path of a subclass of ``RoutingProvider``."""


fulfillment = FulfillmentSettings()
gps = GpsSettings()
