"""One look for every picture: colours for every eye, fonts by file path, repeatable bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from dcplan.report.labels import word

# Okabe and Ito's palette: distinct under the common kinds of colour blindness.
BLUE, ORANGE, GREEN, SKY = "#0072B2", "#E69F00", "#009E73", "#56B4E9"
VERMILION, PURPLE, YELLOW, BLACK = "#D55E00", "#CC79A7", "#F0E442", "#000000"
SERIES = (BLUE, SKY, ORANGE, "#F5CE85", GREEN, PURPLE, VERMILION, YELLOW)
INK, PALE, LINE = "#222222", "#D9D9D9", "#8C8C8C"
DPI = 150
PAPER: dict[str, Any] = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.5}
"""The box behind a label that stands on a fill."""

_LOOK: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "dcplan",
}


def japanese_font() -> str:
    """Register the Japanese font that matplotlib-fontja carries, by its file, and return its family name.

    The package itself is not imported: importing it changes the font of every figure of the process.
    """
    spec = find_spec("matplotlib_fontja")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "Japanese labels need the package matplotlib-fontja: pip install matplotlib-fontja"
        )
    path = Path(spec.origin).parent / "fonts" / "ipaexg.ttf"
    name = font_manager.FontProperties(fname=str(path)).get_name()
    if name not in {entry.name for entry in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(str(path))
    return name


@contextmanager
def look(lang: str) -> Iterator[None]:
    """Draw in dcplan's style; settings of the process are left as they were."""
    family = japanese_font() if lang == "ja" else "DejaVu Sans"
    weight = {"axes.titleweight": "normal"} if lang == "ja" else {}
    settings: dict[Any, Any] = {
        key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if key != "backend"
    }
    settings.update(_LOOK)
    settings.update(weight)
    settings["font.family"] = [family]
    with mpl.rc_context(settings):
        yield


def heavy() -> str:
    """Return the weight of headings in the current look; the Japanese font has no bold face."""
    return str(mpl.rcParams["axes.titleweight"])


def pale(colour: str) -> tuple[float, float, float]:
    """Return a colour mixed with white, opaque, so that no grid line shows through."""
    red, green, blue = to_rgb(colour)
    return (0.45 * red + 0.55, 0.45 * green + 0.55, 0.45 * blue + 0.55)


def ink_on(colour: str) -> str:
    """Return the text colour that is readable on a fill."""
    return "white" if colour in {BLUE, GREEN, VERMILION, PURPLE} else INK


def figure(width: float, height: float) -> Figure:
    """Return an empty figure (inches) that is drawn without a window."""
    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def marked(made: Figure, manifest: Mapping[str, Any], lang: str) -> Figure:
    """Return a figure of a plan, with a line above it where the plan's demand is soft."""
    if manifest.get("soft"):
        made.suptitle(word("soft", lang), color=VERMILION, size=9.5, weight=heavy())
    return made


def save(made: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG without dates, so that the same plan gives the same bytes."""
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    made.savefig(png, dpi=DPI, metadata={"Software": None})
    made.savefig(svg, metadata={"Date": None, "Creator": "dcplan"})
    return [png, svg]
