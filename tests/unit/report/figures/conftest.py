"""What every figure keeps: one width, a title, no small print."""

from collections.abc import Callable

import matplotlib.text
import pytest
from matplotlib.figure import Figure

from beyond_mle.report.figures import WIDTH

TITLE = "What to see?"
PALETTE = {
    "mle": "#BDBDBD",
    "mle-continued": "#595959",
    "convex-exp": "#0072B2",
    "convex-pure": "#009E73",
    "js": "#E69F00",
    "js-adversarial": "#882255",
    "reverse-kl": "#56B4E9",
}


@pytest.fixture
def readable() -> Callable[[Figure], None]:
    """Fails for a figure that is not as all are, or whose text runs out of it."""

    def check(figure: Figure) -> None:
        assert figure.get_figwidth() == WIDTH
        assert figure.get_suptitle() == TITLE
        figure.draw_without_rendering()
        shown = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in shown) >= 8
        drawn = figure.get_tightbbox()  # in inches
        assert min(drawn.x0, drawn.y0) > -0.02
        assert drawn.x1 < WIDTH + 0.02
        assert drawn.y1 < figure.get_figheight() + 0.02
        titles = [(axis.get_position().y1, axis._left_title.get_window_extent()) for axis in figure.axes]
        for height, box in titles:
            others = [other for at, other in titles if at == height and other.x0 > box.x0 and box.width]
            assert all(box.x1 < other.x0 for other in others if other.width)

    return check
