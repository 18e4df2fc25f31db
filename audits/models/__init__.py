"""The audit models; import them from here."""

from audits.models.pack import Pack, PackDownload, PackItem, PackLink, PackPart

__all__ = ["Pack", "PackDownload", "PackItem", "PackLink", "PackPart"]
