"""Every error that the app raises on purpose."""


class ExplorerError(Exception):
    """Root of this package's errors."""


class Invalid(ExplorerError):
    """What a person sent cannot be accepted; `fields` maps each bad field to its message."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields
