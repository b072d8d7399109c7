"""timm's ConvNeXt CLIP image tower without torch: a picture in, its embedding out.

    import convnext_cpp
    model = convnext_cpp.load("weights/convnext_base.clip_laion2b")
    rows = model.embed(["a.jpg", "b.png"])         # float32 [2, 640]

`python -m convnext_cpp` is the program `convnext`.
"""
import atexit as _atexit
import os as _os

from convnext_cpp import _convnext
from convnext_cpp._convnext import commit as __commit__, version as __version__
from convnext_cpp._errors import ConvnextError, ModelError, PictureError, PictureWarning
from convnext_cpp._model import Model, load

__all__ = ["ConvnextError", "Model", "ModelError", "PictureError", "PictureWarning", "__commit__", "__version__", "load"]

_atexit.register(_convnext.end)
_os.register_at_fork(after_in_child=_convnext.after_fork)
