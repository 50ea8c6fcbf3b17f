"""The catalogue of official footage and known fakes: kept in one file, searched by fingerprint."""

from media_screen.footage.catalogue.match import Found
from media_screen.footage.catalogue.store import Catalogue, CatalogueError, Entry, Kind

__all__ = ["Catalogue", "CatalogueError", "Entry", "Found", "Kind"]
