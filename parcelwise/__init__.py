"""The ground floor of Parcelwise: knows no shop and no parcel."""

__version__ = "0.1.0"
