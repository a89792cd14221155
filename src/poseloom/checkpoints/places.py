"""Where the weights lie that poseloom ships."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
"""``TASK.safetensors`` and its card; MediaPipe's networks with one card."""
