"""Event files of TensorBoard, written without TensorFlow: with the records and messages of the package `tensorboard`.

Numbers are float32, as TensorFlow's own writer has them: the server that TensorBoard reads files with by default passes
over float64. The bytes of a file are a function of what is written and of the times that are given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VERSION: Final = "brain.Event:2"


def event_file_name(name: str, number: int = 0) -> str:
    """Return the name of a file: TensorBoard knows event files by `tfevents`, and reads them in order of their names.

    Parameters
    ----------
    name : what sets it apart
    number : of several files of one run, the place of this one
    """
    return f"events.out.tfevents.{number:010d}.optbench.{name}"


class EventFile:
    """A file of events, in the order they are added.

    Parameters
    ----------
    file : new and empty; it is closed with the events
    clock : what it is when an event is added, in seconds since 1970; None counts from 0 the seconds that are given
    """

    def __init__(self, file: BinaryIO, clock: Callable[[], float] | None = None) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._records = RecordWriter(file)
        self._clock = clock
        self._write(0.0, file_version=_VERSION)

    def scalars(self, values: Mapping[str, float], *, step: int, seconds: float = 0.0) -> None:
        """Add numbers by name, rounded to float32; not a number and infinite are kept."""
        from tensorboard.compat.proto.tensor_pb2 import TensorProto
        from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
        from tensorboard.compat.proto.types_pb2 import DT_FLOAT
        from tensorboard.plugins.scalar.metadata import create_summary_metadata

        found = [
            self._value(
                name,
                TensorProto(dtype=DT_FLOAT, tensor_shape=TensorShapeProto(), float_val=[value]),
                create_summary_metadata(display_name="", description=""),
            )
            for name, value in values.items()
        ]
        self._summaries(found, step, seconds)

    def text(self, name: str, markdown: str) -> None:
        """Add a text, shown as Markdown."""
        from tensorboard.plugins.text.metadata import create_summary_metadata

        metadata = create_summary_metadata(display_name="", description="")
        self._summaries([self._value(name, _strings([markdown.encode()]), metadata)], 0, 0.0)

    def picture(self, name: str, png: bytes) -> None:
        """Add a picture."""
        from tensorboard.plugins.image.metadata import create_summary_metadata

        width, height = (str(int.from_bytes(png[place : place + 4], "big")).encode() for place in (16, 20))
        metadata = create_summary_metadata(display_name="", description="")
        self._summaries([self._value(name, _strings([width, height, png]), metadata)], 0, 0.0)

    def summary(self, summary: Any, *, step: int = 0) -> None:
        """Add a message that a plugin of TensorBoard has made."""
        self._write(0.0, step=step, summary=summary)

    def restart(self, step: int) -> None:
        """Say that what was written of this step and later ones does not hold any more: a run went on before it."""
        from tensorboard.compat.proto.event_pb2 import SessionLog

        self._write(0.0, step=step, session_log=SessionLog(status=SessionLog.START))

    def flush(self) -> None:
        """Let others read what has been added."""
        self._records.flush()

    def close(self) -> None:
        """Close the file."""
        self._records.close()

    def _value(self, name: str, tensor: Any, metadata: Any) -> Any:
        from tensorboard.compat.proto.summary_pb2 import Summary

        return Summary.Value(tag=name, tensor=tensor, metadata=metadata)

    def _summaries(self, values: list[Any], step: int, seconds: float) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._write(seconds, step=step, summary=Summary(value=values))

    def _write(self, seconds: float, **fields: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        event = Event(wall_time=seconds if self._clock is None else self._clock(), **fields)
        self._records.write(event.SerializeToString(deterministic=True))


def _strings(values: list[bytes]) -> Any:
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=len(values))])
    return TensorProto(dtype=DT_STRING, tensor_shape=shape, string_val=values)
