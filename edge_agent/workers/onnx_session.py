"""onnxruntime, set up as all but the voice detector want it, whose input always has one small shape."""

from typing import Any

from numpy.typing import NDArray


def session(model: bytes | str, threads: int, *, spins: bool) -> Any:
    """Load an ONNX model, or one that lies at a path. What onnxruntime raises if it can't be run.

    Threads that spin between two products, and sleep between two runs, take a fifth less for all of them where nobody
    else is at work, and up to a third more beside another engine.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # It would plan memory anew for each length of phrase and keep every plan: 90 MB instead of 30, and nothing sooner.
    # Of one length the plan takes more, too: 10 MB of Smart Turn's.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def value(array: NDArray[Any]) -> Any:
    """Put an array where onnxruntime can leave it from one run to the next."""
    from onnxruntime import OrtValue

    return OrtValue.ortvalue_from_numpy(array)
