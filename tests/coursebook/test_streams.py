"""What a kernel sent is shown as it was printed."""

from __future__ import annotations

from nbformat.v4 import new_output

from coursebook.execute import join_streams


def stream(text: str, name: str = "stdout") -> dict[str, str]:
    return new_output("stream", name=name, text=text)


def test_a_line_that_came_in_two_pieces_is_one_line() -> None:
    assert join_streams([stream("RNN 24"), stream("832\nGRU"), stream("\n")]) == [
        stream("RNN 24832\nGRU\n")
    ]


def test_streams_and_results_keep_their_order() -> None:
    outputs = [
        stream("a\n"),
        stream("warning\n", "stderr"),
        stream("b\n"),
        new_output("display_data", {"text/plain": "figure"}),
        stream("c\n"),
    ]
    assert join_streams(outputs) == outputs
