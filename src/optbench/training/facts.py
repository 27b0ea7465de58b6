"""What the training process can tell about itself: facts that could explain different bits elsewhere."""

from __future__ import annotations

import os
from typing import Any


def software_facts() -> dict[str, Any]:
    """Return TensorFlow's build, the thread pools in force, oneDNN, precision and devices, as JSON values."""
    import keras
    import tensorflow as tf

    build = tf.sysconfig.get_build_info()
    return {
        "tensorflow": {
            "version": tf.__version__,
            "git_version": tf.version.GIT_VERSION,
            "compiler": tf.version.COMPILER_VERSION,
            "cuda_build": bool(build.get("is_cuda_build", False)),
        },
        "keras": {
            "version": keras.__version__,
            "backend": keras.backend.backend(),
            "floatx": keras.config.floatx(),
            "image_data_format": keras.config.image_data_format(),
            "dtype_policy": keras.config.dtype_policy().name,
        },
        "threads": {
            "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
        },
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        "onednn_max_cpu_isa": os.environ.get("ONEDNN_MAX_CPU_ISA"),
        "op_determinism": bool(tf.config.experimental.is_op_determinism_enabled())
        if hasattr(tf.config.experimental, "is_op_determinism_enabled")
        else None,
        "devices": [device.device_type for device in tf.config.get_visible_devices()],
    }
