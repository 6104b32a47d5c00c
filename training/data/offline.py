"""Environment of training processes; must stand before transformers or datasets is imported."""

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Asking for a GPU must not start CUDA, which a forked child could not use.
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    # Thread pools that start on import would not survive the warm parent's fork.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
