"""What a training process sees of this process's environment: an allow-list without secrets."""

import os
from collections.abc import Mapping

from agents.runners._processes import code

_ALLOWED = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "USER",
        "TMPDIR",
        "VIRTUAL_ENV",
        "LD_LIBRARY_PATH",
        "XDG_CACHE_HOME",
    }
)
_ALLOWED_PREFIXES = (
    "LC_", "TREX_", "HF_", "TRANSFORMERS_", "TOKENIZERS_", "OMP_", "GOMP_", "MKL_", "OPENBLAS_", "CUDA_", "NVIDIA_", "NCCL_",
    "HIP_", "ROCR_", "TORCH_", "PYTORCH_", "PYTHON",
)  # fmt: skip
_SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "CREDENTIAL", "_URL", "_DSN")


def environment(source: Mapping[str, str]) -> dict[str, str]:
    """What of `source` a training process may see: an allow-list without anything named like a secret."""
    kept = {name: value for name, value in source.items() if _is_allowed(name)}
    kept.setdefault("HF_HUB_OFFLINE", "1")
    # Threads that wait for one another soon sleep: on a busy machine, spinning takes the time of the one waited for.
    kept.setdefault("GOMP_SPINCOUNT", "1000")
    others = kept.get("PYTHONPATH", "").split(os.pathsep)
    kept["PYTHONPATH"] = os.pathsep.join([code.project_root(), *filter(None, others)])
    return kept


def _is_allowed(name: str) -> bool:
    if any(word in name.upper() for word in _SECRET_WORDS):
        return False
    return name in _ALLOWED or name.startswith(_ALLOWED_PREFIXES)
