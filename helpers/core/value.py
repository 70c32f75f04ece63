"""The base of every value that a notebook shows: its text and its HTML come from `show`."""


class Value:
    """A result that draws itself. `show` is imported when something is drawn, not before, so that
    every module can be used without what a notebook needs."""

    def __repr__(self) -> str:
        from helpers.view import text

        return text.of(self)

    def _repr_html_(self) -> str:
        from helpers.view import html

        return html.of(self)
