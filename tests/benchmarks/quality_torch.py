"""PyTorch's example VAE as it stands: its sizes, its DataLoader, its learning rate, 10 epochs. Needs PyTorch and NumPy.

    python tests/benchmarks/quality_torch.py IMAGES.npz [--epochs 10]

The file holds `images` and `labels` to train on, and `test_images`. Prints {"seconds", "test", "kl"}: what training
took, and the loss on the test images in nats per image, with one draw of the latents.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from speed_torch import PIXELS, from_loader
from torch import Tensor, nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional as F  # noqa: N812  # pyright: ignore[reportMissingImports]

HIDDEN, LATENTS, BATCH = 400, 20, 128


class ExampleVAE(nn.Module):
    """Dense encoder and decoder with one hidden layer each; it knows nothing of the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * LATENTS))
        self.decoder = nn.Sequential(nn.Linear(LATENTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, PIXELS))

    def terms(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The sums of the reconstruction and the KL term over a batch, in nats."""
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        reconstruction = F.binary_cross_entropy(torch.sigmoid(self.decoder(latents)), images, reduction="sum")
        return reconstruction, -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())


def main() -> None:
    """Train, test, and print both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("images", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    with np.load(options.images) as file:
        images, labels, test_images = file["images"], file["labels"], file["test_images"]
    torch.manual_seed(0)
    model = ExampleVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    steps = options.epochs * (len(images) // BATCH)
    start = time.perf_counter()
    for step, (batch, _) in enumerate(from_loader(images, labels, BATCH, torch.device("cpu"))):
        if step == steps:
            break
        optimizer.zero_grad()
        reconstruction, kl = model.terms(batch)
        loss = reconstruction + kl
        loss.backward()
        loss.item()  # the example adds the losses up
        optimizer.step()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        pixels = torch.from_numpy(test_images).view(-1, PIXELS).float() / 255
        reconstruction, kl = (float(term) / len(pixels) for term in model.terms(pixels))
    print(json.dumps({"seconds": seconds, "test": reconstruction + kl, "kl": kl}))


if __name__ == "__main__":
    main()
