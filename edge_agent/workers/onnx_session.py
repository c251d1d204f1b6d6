"""onnxruntime, set up as every engine that uses it wants it: all its cores while it computes, none in between."""

from typing import Any

from numpy.typing import NDArray


def session(model: bytes, threads: int) -> Any:
    """Load an ONNX model. What onnxruntime raises if it can't be run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that sleep between two products take a fifth longer for all of them; between two runs they shall sleep.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # It would plan memory anew for each length of phrase and keep every plan: 90 MB instead of 30, and nothing sooner.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def value(array: NDArray[Any]) -> Any:
    """Put an array where onnxruntime can leave it from one run to the next."""
    from onnxruntime import OrtValue

    return OrtValue.ortvalue_from_numpy(array)
