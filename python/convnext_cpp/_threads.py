"""How many threads a model has where nobody says."""
import os
import sys

from convnext_cpp import _convnext


def _openmp_threads():
    """OMP_NUM_THREADS, which schedulers set for all numeric libraries: its first number."""
    text = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(text) if text.isdigit() and int(text) > 0 else None


def _ray_cpus():
    """The num_cpus of the Ray task or actor that this is."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return None
    try:
        context = ray.get_runtime_context()
        if context.worker.mode != ray.WORKER_MODE:  # the driver has no share of its own
            return None
        cpus = context.get_assigned_resources().get("CPU")
    except Exception:  # of a Ray of another day: no bound is known
        return None
    return max(1, int(cpus)) if cpus else None


def default_threads():
    """The cores that this process may use, at most what OMP_NUM_THREADS and Ray allow."""
    bounds = [_convnext.available_cores(), _openmp_threads(), _ray_cpus()]
    return min(bound for bound in bounds if bound is not None)
