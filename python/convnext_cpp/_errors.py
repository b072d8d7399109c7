"""What is raised, with the program's messages."""
from convnext_cpp import _convnext


class ConvnextError(RuntimeError):
    """What was found, what was expected, what to do.

    code: "invalid" (wrong use or input), "unavailable" (the device is not there), "io" (the system refused), "internal" or
    "cancelled". kind: what happened, stable, for programs that count failures ("picture.damaged"); "" where nobody has said.
    """

    def __init__(self, message: str, code: str = "invalid", kind: str = "") -> None:
        super().__init__(message)
        self.code, self.kind = code, kind

    def __reduce__(self):  # workers send their errors home
        return _rebuild, (type(self), self.__dict__, self.args)


class ModelError(ConvnextError, ValueError):
    """The model cannot be loaded."""


class PictureError(ConvnextError, ValueError):
    """A picture cannot be embedded. index: its place among those given."""

    def __init__(self, message: str, code: str = "invalid", kind: str = "", index: int = 0) -> None:
        super().__init__(message, code, kind)
        self.index = index


class PictureWarning(UserWarning):
    """A picture that on_error="skip" or "nan" left out."""


def _rebuild(cls, attributes, arguments):
    error = cls.__new__(cls, *arguments)
    error.args = arguments
    error.__dict__.update(attributes)
    return error


def value_of(result):
    """`result`, or the error that it is."""
    if isinstance(result, _convnext.Failure):
        raise (ModelError if result.code == "invalid" else ConvnextError)(result.message, result.code, result.kind)
    return result


def picture_error(failure, index):
    return PictureError(f"picture {index}: {failure.message}", failure.code, failure.kind, index)
