"""Writes figures for people: bytes, shares, reductions, seconds, each in the same form always."""

from __future__ import annotations

NONE = "-"
"""Written where there is no figure, or none that says anything."""


def size(count: int) -> str:
    """Bytes in decimal units with three significant digits: `63 B`, `94.2 kB`, `1.14 GB`."""
    if abs(count) < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        text = _three_digits(value)
        if abs(float(text)) < 1000:
            return f"{text} {unit}"
    return f"{_three_digits(value / 1000)} TB"


def share(part: float) -> str:
    """A fraction in percent with one decimal. Only all is `100 %`, only nothing is `0 %`."""
    if part in (0, 1):
        return f"{part * 100:.0f} %"
    if 0 < part < 0.001:
        return "<0.1 %"
    if 0.999 < part < 1:
        return ">99.9 %"
    return f"{part * 100:.1f} %"


def reduction(before: int, after: int) -> str:
    """How much smaller `after` is than `before` (bytes): `93.5 %`, and `99.99 %` with two decimals
    from 99 % on. Cut, not rounded, so that it is `100 %` only where nothing is left. Where it is
    larger: `12.0 % more`."""
    if before <= 0:
        return NONE
    if after > 10 * before:
        return ">999 % more"
    if after > before:
        return f"{(after / before - 1) * 100:.1f} % more"
    whole, hundredths = divmod((before - after) * 10_000 // before, 100)
    if whole == 100:
        return "100 %"
    return f"{whole}.{hundredths:02d} %" if whole == 99 else f"{whole}.{hundredths // 10} %"


def bar(part: float, length: int = 12) -> str:
    """A share from 0 to 1 as a bar of `length` characters at most, in eighths of a character.
    However small a share is, its bar is not empty."""
    eighths = max(round(part * length * 8), 1 if part else 0)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + " ▏▎▍▌▋▊▉"[rest].strip()


def seconds(duration: float) -> str:
    """A time in seconds: `0.43 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`."""
    if duration < 59.95:
        return f"{_three_digits(duration) if duration >= 1 else f'{duration:.2f}'} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _three_digits(value: float) -> str:
    for decimals, limit in ((2, 9.995), (1, 99.95)):
        if abs(value) < limit:
            return f"{value:.{decimals}f}"
    return f"{value:.0f}"
