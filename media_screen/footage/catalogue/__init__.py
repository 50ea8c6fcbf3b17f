"""The catalogue of official footage and known fakes: kept in one file, searched by fingerprint."""

from media_screen.footage.catalogue.match import MeasuredMatch
from media_screen.footage.catalogue.store import Catalogue, CatalogueError, Kind, ReferenceEntry

__all__ = ["Catalogue", "CatalogueError", "Kind", "MeasuredMatch", "ReferenceEntry"]
