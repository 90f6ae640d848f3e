"""The results as a table for people."""

from collections.abc import Iterable

from bench.compare import Comparison, Figures
from bench.fanout import FanOut
from bench.lists import DEEP_PAGE, SearchTimes
from bench.results import Results
from bench.uploads import Uploads

_WIDTHS = (22, 10, 12, 7, 9, 9, 9, 9)


def render(results: Results) -> str:
    """Everything in one text."""
    lines = [
        _line("", "requests/s", "CPU µs each", "busy", "p50 ms", "p99 ms", "ratio", "by CPU"),
        *(line for name, each in results.against_raw.items() for line in _comparison(name, "raw", each)),
        *(
            line
            for database, each in results.depth.items()
            for line in _comparison(f"page {DEEP_PAGE:,}, {database}", "page 1", each)
        ),
        "",
        "First search for a term, by its length in characters: p50 (worst) in ms",
        _line("", *(str(times.length) for times in next(iter(results.search.values()))), widths=_SEARCH_WIDTHS),
        *(_search(database, times) for database, times in results.search.items()),
        "",
        "Telling a room: deliveries/s, CPU µs each, p99 in ms, KiB per idle connection, ratio, ratio by CPU",
        *(_fan_out(readers, each) for readers, each in results.fan_out.items()),
        "",
        *_uploads(results.uploads),
        "",
        f"Start to first answer, embedded: {results.start_seconds:.2f} s",
        "Memory: " + ", ".join(f"{mib:.0f} MiB {when}" for when, mib in results.memory_mib.items()),
    ]
    return "\n".join(lines)


_SEARCH_WIDTHS = (12, *[12] * 8)


def _comparison(name: str, reference: str, each: Comparison) -> Iterable[str]:
    yield _line(name, *_cells(each.one), f"{each.ratio:.2f}", f"{each.cpu_ratio:.2f}")
    yield _line(f"  {reference}", *_cells(each.other), "1.00", "1.00")


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        f"{figures.requests_per_second:,.0f}",
        f"{figures.cpu_us:,.0f}",
        f"{figures.requests_per_second * figures.cpu_us / 1e6:.0%}",
        f"{figures.p50_ms:.2f}",
        f"{figures.p99_ms:.2f}",
    )


def _search(database: str, times: list[SearchTimes]) -> str:
    return _line(database, *(f"{each.p50_ms:.1f} ({each.worst_ms:.0f})" for each in times), widths=_SEARCH_WIDTHS)


def _fan_out(readers: int, each: FanOut) -> str:
    sides = ((each.ours, each.our_kib_per_socket), (each.raw, each.raw_kib_per_socket))
    cells = (f"{turn.deliveries_per_second:,.0f} {turn.cpu_us:.1f} {turn.p99_ms:.1f} {kib:.1f}" for turn, kib in sides)
    return f"{readers:>6} readers: {' against '.join(cells)}; {each.ratio:.2f}, {each.cpu_ratio:.2f}"


def _uploads(each: Uploads) -> Iterable[str]:
    sides = f"{each.our_mib_per_second:,.0f} against {each.raw_mib_per_second:,.0f}"
    yield f"Uploads at rest, MiB/s: {sides}; {each.ratio:.2f}"
    yield f"Thumbnails of uploaded pictures of 12 megapixels: {each.thumbnails_per_second:.1f} a second"


def _line(name: str, *cells: str, widths: tuple[int, ...] = _WIDTHS) -> str:
    padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
    return name.ljust(widths[0]) + "".join(padded)
